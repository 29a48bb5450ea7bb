/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

enum { DEEPEST = 8 };

static void skip_space(kwi_text *t)
{
    while (t->pos < t->size && (kwi_is_blank(t->data[t->pos]) || kwi_is_eol(t->data[t->pos])))
        t->pos++;
}

static bool skip_char(kwi_text *t, char c)
{
    skip_space(t);
    if (t->pos == t->size || t->data[t->pos] != c)
        return false;
    t->pos++;
    return true;
}

bool kwi_json_string(kwi_text *t, kw_string *out)
{
    if (!skip_char(t, '"'))
        return false;
    size_t start = t->pos;
    while (t->pos < t->size && t->data[t->pos] != '"')
        t->pos += t->data[t->pos] == '\\' ? 2 : 1;
    if (t->pos >= t->size) {
        t->pos = t->size;
        return false;
    }
    out->data = t->data + start;
    out->len = (int32_t)(t->pos++ - start);
    return true;
}

bool kwi_json_integer(kwi_text *t, int64_t max, int64_t *out)
{
    skip_space(t);
    return kwi_read_number(t, max, out);
}

/* A number, true, false or null, or anything else without quotes and brackets. */
static bool skip_bare(kwi_text *t)
{
    size_t start = t->pos;
    while (t->pos < t->size && memchr(",]}\"[{ \t\r\n", t->data[t->pos], 10) == NULL)
        t->pos++;
    return t->pos != start;
}

/* Brackets are counted and not paired. */
bool kwi_json_skip(kwi_text *t)
{
    int depth = 0;
    kw_string text;
    do {
        skip_space(t);
        char c = kwi_peek(t);
        if (c == '"') {
            if (!kwi_json_string(t, &text))
                return false;
        } else if (c == '[' || c == '{') {
            t->pos++;
            if (++depth > DEEPEST)
                return false;
        } else if (depth > 0 && (c == ']' || c == '}')) {
            t->pos++;
            depth--;
        } else if (depth > 0 && (c == ',' || c == ':')) {
            t->pos++;
        } else if (!skip_bare(t)) {
            return false;
        }
    } while (depth > 0);
    return true;
}

bool kwi_json_object(kwi_text *t, kwi_json_member member, void *context)
{
    if (!skip_char(t, '{'))
        return false;
    if (skip_char(t, '}'))
        return true;
    do {
        kw_string key;
        if (!kwi_json_string(t, &key) || !skip_char(t, ':') || !member(t, key, context))
            return false;
    } while (skip_char(t, ','));
    return skip_char(t, '}');
}

bool kwi_json_array(kwi_text *t, bool (*element)(kwi_text *t, void *context), void *context)
{
    if (!skip_char(t, '['))
        return false;
    if (skip_char(t, ']'))
        return true;
    do {
        if (!element(t, context))
            return false;
    } while (skip_char(t, ','));
    return skip_char(t, ']');
}
