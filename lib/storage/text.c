/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

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
    size_t begin = t->pos;
    while (t->pos < t->size && !kwi_is_blank(t->data[t->pos]) && !kwi_is_eol(t->data[t->pos]))
        t->pos++;
    size_t size = t->pos - begin;
    out->data = t->data + begin;
    out->len = (int32_t)size;
    return size != 0;
}
