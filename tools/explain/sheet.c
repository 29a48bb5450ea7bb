/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../command/output.h"
#include "../text/decimal.h"
#include "../text/float_text.h"
#include "sheet.h"

static void write_output(void *context, const void *data, size_t size)
{
    (void)context;
    output_write(data, size);
}

void sheet_init(sheet *s, void (*write)(void *context, const void *data, size_t size), void *context)
{
    s->write = write != NULL ? write : write_output;
    s->context = context;
    s->column = 0;
    s->len = 0;
}

void sheet_flush(sheet *s)
{
    if (s->len != 0)
        s->write(s->context, s->data, s->len);
    s->len = 0;
}

/* Text that does not fit in the block. */
static void append_slowly(sheet *s, const char *text, size_t size)
{
    sheet_flush(s);
    if (size > sizeof s->data) {
        s->write(s->context, text, size);
        return;
    }
    memcpy(s->data, text, size);
    s->len = size;
}

static inline void append(sheet *s, const char *text, size_t size)
{
    if (size > sizeof s->data - s->len) {
        append_slowly(s, text, size);
        return;
    }
    memcpy(s->data + s->len, text, size);
    s->len += size;
}

void sheet_put(sheet *s, const char *text, size_t size)
{
    append(s, text, size);
    for (size_t i = 0; i < size; i++)
        s->column += ((unsigned char)text[i] & 0xc0) != 0x80; /* continuation bytes of UTF-8 */
}

void sheet_ascii(sheet *s, const char *text, size_t size)
{
    append(s, text, size);
    s->column += size;
}

void sheet_text(sheet *s, const char *text)
{
    sheet_put(s, text, strlen(text));
}

static const char hex_digits[] = "0123456789abcdef";

void sheet_bytes(sheet *s, const uint8_t *data, size_t size)
{
    char text[3 * 16];
    size_t n = 0;
    for (size_t i = 0; i < size; i++) {
        text[n++] = hex_digits[data[i] >> 4];
        text[n++] = hex_digits[data[i] & 15];
        text[n++] = ' ';
    }
    if (n != 0)
        sheet_ascii(s, text, n - 1);
}

void sheet_number(sheet *s, int64_t number)
{
    char digits[DECIMAL_SIZE];
    size_t at = decimal_put(digits, number);
    sheet_ascii(s, digits + at, sizeof digits - at);
}

void sheet_float(sheet *s, double number)
{
    char text[FLOAT_TEXT_SIZE];
    float_text(number, text);
    sheet_text(s, text);
}

void sheet_hex(sheet *s, uint64_t number, unsigned digits)
{
    char text[16];
    size_t at = sizeof text;
    while (at > 0 && (number != 0 || sizeof text - at < digits)) {
        text[--at] = hex_digits[number & 15];
        number >>= 4;
    }
    sheet_ascii(s, text + at, sizeof text - at);
}

void sheet_repeat(sheet *s, char c, size_t count)
{
    char run[64];
    memset(run, c, count < sizeof run ? count : sizeof run);
    while (count != 0) {
        size_t n = count < sizeof run ? count : sizeof run;
        sheet_ascii(s, run, n);
        count -= n;
    }
}

void sheet_to(sheet *s, size_t column, size_t least)
{
    size_t count = column > s->column ? column - s->column : 0;
    sheet_repeat(s, ' ', count > least ? count : least);
}

void sheet_escape(sheet *s, const char *text)
{
    append(s, text, strlen(text));
}

void sheet_end_line(sheet *s)
{
    append(s, "\n", 1);
    s->column = 0;
}
