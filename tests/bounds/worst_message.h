/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORST_MESSAGE_H
#define WORST_MESSAGE_H

/* The messages that take the most memory for the fewest bytes, built from the public descriptors alone.
 *
 * Each byte has a price: a part of a message is worth its arena bytes minus `price` for each of its bytes. Arrays,
 * lists of unknown tags and repeated tags may be much longer than the rest, so the worst ratio of a message is the
 * lowest price at which none of their elements is worth anything. An element in its worst shape may contain others: a
 * nullable struct, an array of one, an unknown tag. */

#include <kwire/message.h>

/* The part by which a message grows. */
typedef enum sink_kind { SINK_NONE, SINK_ARRAY, SINK_UNKNOWN_TAGS, SINK_REPEATED_TAG } sink_kind;

typedef struct sink {
    sink_kind kind;
    const kw_struct *owner;
    const kw_field *field; /* NULL for unknown tags */
} sink;

typedef struct worst_message {
    const kw_message *message;
    int16_t version;
    double price; /* just below the worst ratio of arena bytes to bytes */
    sink sink;    /* the part that reaches it; SINK_NONE in a message of bounded size */
} worst_message;

/* Finds the worst shape of a message. */
worst_message worst_message_find(const kw_message *m, int16_t version);

/* Appends about `size` bytes of it, or its only size if it does not grow. They decode. */
void worst_message_write(const worst_message *w, size_t size, kw_writer *out);

/* Arena bytes that a message can make the decoder allocate, for each remaining byte, by false counts that fit the
 * remaining bytes: each array of a chain of nested ones announces as many elements as possible. */
double greedy_message_ratio(const kw_message *m, int16_t version);

/* Appends such a message of about `size` bytes. It does not decode. */
void greedy_message_write(const kw_message *m, int16_t version, size_t size, kw_writer *out);

/* Levels of nested structs; 1 for a message without any. */
size_t message_depth(const kw_struct *type);

/* Levels of nested tagged structs: each doubles the work of encoding its content, as its size comes first. */
size_t tagged_depth(const kw_struct *type);

#endif
