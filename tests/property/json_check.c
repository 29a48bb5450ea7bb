/* SPDX-License-Identifier: Apache-2.0 */
#include "json_check.h"

#include <stdint.h>
#include <string.h>

/* The rest of the text. The functions skip what they accept and return whether they did. */
typedef struct text {
    const char *at;
    const char *end;
} text;

static bool value(text *t);

static bool one_of(text *t, const char *set)
{
    if (t->at == t->end || *t->at == '\0' || strchr(set, *t->at) == NULL)
        return false;
    t->at++;
    return true;
}

static bool word(text *t, const char *expected)
{
    size_t n = strlen(expected);
    if ((size_t)(t->end - t->at) < n || memcmp(t->at, expected, n) != 0)
        return false;
    t->at += n;
    return true;
}

static bool digits(text *t)
{
    const char *before = t->at;
    while (one_of(t, "0123456789"))
        continue;
    return t->at != before;
}

static bool number(text *t)
{
    (void)one_of(t, "-");
    if (!one_of(t, "0") && !digits(t))
        return false;
    if (one_of(t, ".") && !digits(t))
        return false;
    if (one_of(t, "eE")) {
        (void)one_of(t, "+-");
        return digits(t);
    }
    return true;
}

static bool escape(text *t)
{
    if (!one_of(t, "u"))
        return one_of(t, "\"\\/bfnrt");
    for (int i = 0; i < 4; i++)
        if (!one_of(t, "0123456789abcdefABCDEF"))
            return false;
    return true;
}

/* One character of at least two bytes: no overlong form, no surrogate, nothing above U+10FFFF. */
static bool multi_byte(text *t)
{
    const uint8_t *p = (const uint8_t *)t->at;
    size_t n = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
    if (*p < 0xc2 || *p > 0xf4 || (size_t)(t->end - t->at) < n)
        return false;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return false;
    bool is_valid = !(*p == 0xe0 && p[1] < 0xa0) && !(*p == 0xed && p[1] > 0x9f) && !(*p == 0xf0 && p[1] < 0x90) &&
                    !(*p == 0xf4 && p[1] > 0x8f);
    t->at += n;
    return is_valid;
}

static bool string(text *t)
{
    if (!one_of(t, "\""))
        return false;
    while (t->at < t->end) {
        if (one_of(t, "\""))
            return true;
        if (one_of(t, "\\")) {
            if (!escape(t))
                return false;
        } else if ((uint8_t)*t->at >= 0x80) {
            if (!multi_byte(t))
                return false;
        } else if ((uint8_t)*t->at < 0x20) {
            return false;
        } else {
            t->at++;
        }
    }
    return false;
}

static bool member(text *t)
{
    return string(t) && one_of(t, ":") && value(t);
}

/* The library puts no white space between tokens, so none is accepted. */
static bool list(text *t, const char *open, const char *close, bool (*item)(text *))
{
    if (!one_of(t, open))
        return false;
    if (one_of(t, close))
        return true;
    do {
        if (!item(t))
            return false;
    } while (one_of(t, ","));
    return one_of(t, close);
}

static bool value(text *t)
{
    if (t->at == t->end)
        return false;
    switch (*t->at) {
    case '{':
        return list(t, "{", "}", member);
    case '[':
        return list(t, "[", "]", value);
    case '"':
        return string(t);
    case 't':
        return word(t, "true");
    case 'f':
        return word(t, "false");
    case 'n':
        return word(t, "null");
    default:
        return number(t);
    }
}

bool is_json_object(const char *data, size_t size)
{
    text t = {data, data + size};
    return list(&t, "{", "}", member) && t.at == t.end;
}
