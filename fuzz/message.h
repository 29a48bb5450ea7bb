/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_MESSAGE_H
#define FUZZ_MESSAGE_H

/* Messages in fuzz targets: how an input chooses one, and checks for every decode and encode. */

#include <kwire/message.h>

#include "fuzz.h"

/* An input of the targets that take any message starts with a choice: the hash of its name (16 bits), its version (8
 * bits) and flags of the target (8 bits); then comes the body. Hashes and versions that do not exist choose
 * something too, so that no input is wasted. */
enum { CHOICE_SIZE = 4 };

typedef struct choice {
    const kw_message *message;
    int16_t version;
    uint8_t flags;
} choice;

choice choice_take(fuzz_input *in);

/* The CHOICE_SIZE bytes that choice_take() turns into this. */
void choice_put(choice c, uint8_t *out);

/* One attempt to read a message. */
typedef struct reading {
    kw_status status;
    size_t error_at; /* 0 without an error */
    size_t left;     /* bytes after the message */
    void *value;     /* in the arena; NULL only if that was full */
} reading;

/* Decodes, and checks that an error lies within the input and has a path. */
reading decode_message(const kw_message *m, int16_t version, const uint8_t *body, size_t size, uint32_t flags,
                       kw_arena *arena);

/* Encodes to a growing writer that the caller has initialised, and checks that the size is the counted one and that
 * kw_encode_error_path() gives the same verdict. */
kw_status encode_message(const kw_message *m, int16_t version, const void *value, kw_writer *out);

#endif
