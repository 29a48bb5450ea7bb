/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_WALK_H
#define KWIRE_WALK_H

/* Walks through messages by their descriptions: a second, slower reader of every message, which reports each field
 * with its place. It shares no code with the typed codec, so each checks the other. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>

/* The kinds of steps. */
typedef enum kw_event {
    KW_EVENT_VALUE,        /* a primitive, or null of any kind */
    KW_EVENT_STRUCT_BEGIN, /* fields follow */
    KW_EVENT_STRUCT_END,
    KW_EVENT_ARRAY_BEGIN, /* `count` elements follow */
    KW_EVENT_ARRAY_END,
    KW_EVENT_UNKNOWN_TAG, /* a tagged field that the schema does not know; raw */
    KW_EVENT_ERROR        /* dissecting: this could not be read, or its tagged fields; the last step */
} kw_event;

/* One step of a walk, the argument of the visitor. Valid during the call. */
typedef struct kw_step {
    kw_event event;
    const kw_field *field;        /* NULL for the message itself and for unknown tags */
    const kw_struct *type;        /* at STRUCT_BEGIN and STRUCT_END */
    const struct kw_step *parent; /* the array or struct around this; NULL for the message itself */
    int32_t index;                /* in the array around it; -1 if it is not an element */
    int32_t count;                /* ARRAY_BEGIN: elements */
    bool is_null;                 /* VALUE */
    const void *value;            /* VALUE: the C value; STRUCT: the C struct; UNKNOWN_TAG: kw_raw_tag */
    size_t offset;                /* dissecting: its first byte in the input, length prefix included; ERROR: the
                                   * reader's error_at */
    size_t size;                  /* dissecting: bytes on the wire; 0 at BEGIN and ERROR, where it is unknown */
} kw_step;

/* Called for every step in wire order; false ends the walk. */
typedef bool (*kw_visitor)(void *context, const kw_step *step);

KW_BEGIN_DECLS

/* Walks through the fields that a struct has in this version; tagged fields at their default are left out, as on the
 * wire. Returns false if the visitor ended it. */
KW_API bool kw_message_walk(const kw_message *m, int16_t version, const void *value, kw_visitor visitor, void *context);

/* Decodes by the descriptions only, with the same result as kw_message_decode(), and calls the visitor (may be NULL)
 * for every field as it is read, with offset and size, and for the one that could not be read. A visitor that
 * returned false is not called again. */
KW_API KW_NODISCARD kw_status kw_message_dissect(const kw_message *m, int16_t version, kw_reader *in, kw_arena *arena,
                                                 void **out, kw_visitor visitor, void *context);

/* The path of a field in Kafka's JSON names, e.g. "topics[3].partitions[0].leaderId", as text of at most `size`
 * bytes with its zero byte; longer paths are truncated. Returns the full length without the zero byte. The message
 * itself is "". */
KW_API size_t kw_step_path(const kw_step *step, char *text, size_t size);

/* The path of the field at which decoding `input` fails, "" if it does not fail. Decodes into the arena. */
KW_API size_t kw_decode_error_path(const kw_message *m, int16_t version, const void *input, size_t input_size,
                                   uint32_t flags, kw_arena *arena, char *text, size_t size);

/* The first reason why a struct cannot be encoded in this version, for any buffer, and the path of the field; KW_OK
 * and "" if it can be encoded. */
KW_API kw_status kw_encode_error_path(const kw_message *m, int16_t version, const void *value, char *text, size_t size);

KW_END_DECLS
#endif
