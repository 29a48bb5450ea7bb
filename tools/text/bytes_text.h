/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BYTES_TEXT_H
#define TOOLS_BYTES_TEXT_H

/* Reads bytes written as text, part by part. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

#include "bytes_shape.h"
#include "dump_text.h"

typedef struct bytes_text {
    bytes_shape shape;
    size_t line;      /* from 1, of the next character */
    size_t column;    /* from 1, in bytes */
    char error[160];  /* after an error: the reason */
    dump_text dump;   /* of BYTES_DUMP */
    unsigned state;   /* private: what is being read, */
    unsigned depth;   /* in how many brackets, */
    bool negative;    /* after a minus, */
    bool erlang;      /* in a binary of Erlang, */
    char before;      /* after this character, */
    char quote;       /* in these quotes, */
    uint32_t bits;    /* with these bits of a byte or group so far, */
    unsigned count;   /* from this many characters, */
    size_t token_len; /* and with this token */
    char token[64];
} bytes_text;

void bytes_text_init(bytes_text *t, bytes_shape shape);

/* Appends the bytes of the next part of the text, and with the last part those held back. False with an error at line
 * and column; bytes before it were appended. The caller checks the writer's own failures. */
bool bytes_text_read(bytes_text *t, const char *text, size_t size, bool is_last, kw_writer *out);

#endif
