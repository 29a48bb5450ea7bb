/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SHEET_H
#define TOOLS_SHEET_H

/* Buffered text output that tracks its column. */

#include <stddef.h>
#include <stdint.h>

typedef struct sheet {
    void (*write)(void *context, const void *data, size_t size);
    void *context;
    size_t column; /* characters since the last line feed, escape sequences not counted */
    size_t len;
    char data[(size_t)32 * 1024];
} sheet;

/* `write` NULL: standard output. */
void sheet_init(sheet *s, void (*write)(void *context, const void *data, size_t size), void *context);

/* Writes the buffered text. */
void sheet_flush(sheet *s);

/* Text without line feeds, in UTF-8. */
void sheet_put(sheet *s, const char *text, size_t size);

/* The same of ASCII, which is faster. */
void sheet_ascii(sheet *s, const char *text, size_t size);
void sheet_text(sheet *s, const char *text);

/* Bytes in two digits each, with a blank between them; at most 16. */
void sheet_bytes(sheet *s, const uint8_t *data, size_t size);
void sheet_number(sheet *s, int64_t number);

/* As float_text(). */
void sheet_float(sheet *s, double number);

/* Lower-case digits, with zeros to fill `digits`. */
void sheet_hex(sheet *s, uint64_t number, unsigned digits);

/* Spaces up to a column, and at least `least` of them. */
void sheet_to(sheet *s, size_t column, size_t least);
void sheet_repeat(sheet *s, char c, size_t count);

/* Text that takes no column, e.g. an escape sequence. */
void sheet_escape(sheet *s, const char *text);
void sheet_end_line(sheet *s);

#endif
