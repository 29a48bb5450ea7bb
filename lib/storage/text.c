/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>

bool kwi_read_number(kwi_text *t, int64_t max, int64_t *out)
{
    kwi_skip_blanks(t);
    size_t p = t->pos;
    bool negative = p < t->size && t->data[p] == '-';
    p += negative;
    size_t digits = p;
    int64_t value = 0;
    for (; p < t->size && t->data[p] >= '0' && t->data[p] <= '9'; p++) {
        int digit = t->data[p] - '0';
        if (value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (p == digits)
        return false;
    t->pos = p;
    *out = negative ? -value : value;
    return true;
}

bool kwi_read_word(kwi_text *t, kw_string *out)
{
    kwi_skip_blanks(t);
    size_t start = t->pos;
    while (t->pos < t->size && !kwi_is_blank(t->data[t->pos]) && !kwi_is_eol(t->data[t->pos]))
        t->pos++;
    size_t size = t->pos - start;
    out->data = t->data + start;
    out->len = (int32_t)size;
    return size != 0;
}

bool kwi_parse_id(kw_string text, int32_t *out)
{
    if (text.len > 0 && text.data[0] == '+') {
        text.data++;
        text.len--;
    }
    kwi_text t = kwi_text_of(text);
    int64_t value;
    bool is_number = t.size != 0 && (kwi_peek(&t) == '-' || (kwi_peek(&t) >= '0' && kwi_peek(&t) <= '9'));
    if (!is_number || !kwi_read_number(&t, INT32_MAX, &value) || t.pos != t.size || value < 0)
        return false;
    *out = (int32_t)value;
    return true;
}

bool kwi_parse_uuid(kw_string text, kw_uuid *out)
{
    enum { DIGITS = 22, PADDED = 24 };
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char canonical[DIGITS];
    if (text.len == PADDED && memcmp(text.data + DIGITS, "==", 2) == 0)
        text.len = DIGITS;
    if (text.len != DIGITS || text.data[DIGITS - 1] == '\0')
        return false;
    const char *last = strchr(alphabet, text.data[DIGITS - 1]);
    if (last == NULL)
        return false;
    memcpy(canonical, text.data, DIGITS);
    canonical[DIGITS - 1] = alphabet[(last - alphabet) & 0x30];
    text.data = canonical;
    return kw_uuid_parse(text, out);
}

void kwi_write_text(kw_writer *w, const char *text)
{
    kw_write_raw(w, text, strlen(text));
}

void kwi_write_padded(kw_writer *w, int64_t value, int digits)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%0*" PRId64, digits, value);
    kw_write_raw(w, text, length > 0 ? (size_t)length : 0);
}

void kwi_write_number(kw_writer *w, int64_t value)
{
    kwi_write_padded(w, value, 1);
}

void kwi_write_unsigned(kw_writer *w, uint64_t value)
{
    char text[32];
    int length = snprintf(text, sizeof text, "%" PRIu64, value);
    kw_write_raw(w, text, length > 0 ? (size_t)length : 0);
}

void kwi_write_uuid(kw_writer *w, kw_uuid id)
{
    char text[23];
    kw_uuid_format(id, text);
    kwi_write_text(w, text);
}
