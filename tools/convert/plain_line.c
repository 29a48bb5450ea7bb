/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "plain_line.h"

typedef struct scan {
    const char *pos;
    const char *end;
} scan;

static char skip_space(scan *s)
{
    while (s->pos < s->end && (*s->pos == ' ' || *s->pos == '\t' || *s->pos == '\r' || *s->pos == '\n'))
        s->pos++;
    return s->pos < s->end ? *s->pos : '\0';
}

/* Takes the next character that is not white space if it is `c`. */
static bool take(scan *s, char c)
{
    if (skip_space(s) != c || s->pos == s->end)
        return false;
    s->pos++;
    return true;
}

/* The text between two quotes, whatever it is. */
static bool take_quoted(scan *s, const char **text, size_t *size)
{
    if (!take(s, '"'))
        return false;
    const char *quote = memchr(s->pos, '"', (size_t)(s->end - s->pos));
    if (quote == NULL)
        return false;
    *text = s->pos;
    *size = (size_t)(quote - s->pos);
    s->pos = quote + 1;
    return true;
}

static bool take_text(scan *s, kw_string *text)
{
    enum { LONGEST = 256 };
    size_t size;
    if (!take_quoted(s, &text->data, &size) || size > LONGEST)
        return false;
    text->len = (int32_t)size;
    for (size_t i = 0; i < size; i++)
        if (text->data[i] < ' ' || text->data[i] > '~' || text->data[i] == '\\')
            return false;
    return true;
}

/* Versions have few digits; a leading zero is not JSON. */
static bool take_version(scan *s, int64_t *version)
{
    enum { MOST_DIGITS = 9 };
    bool negative = take(s, '-');
    const char *first = s->pos;
    int64_t n = 0;
    while (s->pos < s->end && *s->pos >= '0' && *s->pos <= '9' && s->pos - first < MOST_DIGITS)
        n = n * 10 + (*s->pos++ - '0');
    *version = negative ? -n : n;
    return s->pos > first && (*first != '0' || s->pos - first == 1);
}

static bool is_key(const char *key, size_t size, const char *name)
{
    return size == strlen(name) && memcmp(key, name, size) == 0;
}

enum { HAS_MESSAGE = 1, HAS_VERSION = 2, HAS_HEX = 4, HAS_ALL = 7 };

/* Returns which member it was; 0 if it is not plain. */
static unsigned take_member(scan *s, plain_line *out)
{
    const char *key;
    size_t size;
    if (!take_quoted(s, &key, &size) || !take(s, ':'))
        return 0;
    if (is_key(key, size, "message"))
        return take_text(s, &out->message) ? HAS_MESSAGE : 0;
    if (is_key(key, size, "version")) {
        skip_space(s);
        return take_version(s, &out->version) ? HAS_VERSION : 0;
    }
    return is_key(key, size, "hex") && take_quoted(s, &out->hex, &out->hex_size) ? HAS_HEX : 0;
}

bool plain_line_read(plain_line *out, const char *line, size_t size)
{
    scan s = {line, line + size};
    unsigned have = 0;
    if (!take(&s, '{'))
        return false;
    do {
        unsigned member = take_member(&s, out);
        if (member == 0 || (have & member) != 0)
            return false;
        have |= member;
    } while (take(&s, ','));
    return have == HAS_ALL && take(&s, '}') && skip_space(&s) == '\0' && s.pos == s.end;
}
