/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../text/decimal.h"
#include "../text/printable.h"
#include "note.h"

void note_put(note *n, const char *text, size_t size)
{
    size_t space = sizeof n->text - 1 - n->len;
    size_t taken = size < space ? size : space;
    memcpy(n->text + n->len, text, taken);
    n->len += taken;
    n->text[n->len] = '\0';
}

void note_text(note *n, const char *text)
{
    note_put(n, text, strlen(text));
}

void note_number(note *n, int64_t number)
{
    char digits[DECIMAL_SIZE];
    size_t at = decimal_put(digits, number);
    note_put(n, digits + at, sizeof digits - at);
}

void note_format(note *n, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(n->text + n->len, sizeof n->text - n->len, format, list);
    va_end(list);
    if (size > 0)
        n->len = n->len + (size_t)size < sizeof n->text ? n->len + (size_t)size : sizeof n->text - 1;
}

void note_quoted(note *n, kw_string text, size_t most)
{
    size_t size = text.len > 0 ? (size_t)text.len : 0;
    note_put(n, "\"", 1);
    for (size_t at = 0; at < size && at < most;) {
        char piece[PRINTABLE_SIZE];
        size_t taken;
        size_t made = printable_next((const uint8_t *)text.data + at, size - at, piece, &taken);
        note_put(n, piece, made);
        at += taken;
    }
    note_text(n, size > most ? "\"..." : "\"");
}
