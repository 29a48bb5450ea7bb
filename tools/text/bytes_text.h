/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BYTES_TEXT_H
#define TOOLS_BYTES_TEXT_H

/* Reads bytes written as text, part by part:
 *
 *     hex        0000 0023 00:12:00-04, 0x00000023
 *     dump       lines of offset and bytes, as xxd, hexdump, od, tcpdump and Wireshark print them
 *     array      of C, Java, Go, Python...: { 0x00, 35, 'k', -1 }, [0, 0, 0, 35]
 *     string     with escapes: "\x00\x00\x00#", b'\x00'
 *     base64
 *
 * or, "binary", not as text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

#include "dump_text.h"

typedef enum bytes_shape { BYTES_BINARY, BYTES_HEX, BYTES_DUMP, BYTES_ARRAY, BYTES_STRING, BYTES_BASE64 } bytes_shape;

/* Recognises the shape from the start of an input. */
bytes_shape bytes_shape_of(const char *text, size_t size);

/* E.g. "base64"; static storage. The second is the reverse; false if there is no such shape. */
const char *bytes_shape_name(bytes_shape shape);
bool bytes_shape_named(const char *name, bytes_shape *out);

typedef struct bytes_text {
    bytes_shape shape;
    size_t line;      /* from 1, of the next character */
    size_t column;    /* from 1, in bytes */
    char error[160];  /* after an error: the reason */
    dump_text dump;   /* of BYTES_DUMP */
    unsigned state;   /* private: what is being read, */
    unsigned depth;   /* in how many brackets, */
    bool negative;    /* after a minus, */
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
