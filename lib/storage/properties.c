/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/properties.h>

#include "text.h"

static void skip_eol(kw_properties *p)
{
    if (p->pos < p->size && p->text[p->pos] == '\r' && p->pos + 1 < p->size && p->text[p->pos + 1] == '\n')
        p->pos++;
    if (p->pos < p->size)
        p->pos++;
}

static void skip_blanks(kw_properties *p)
{
    while (p->pos < p->size && kwi_is_blank(p->text[p->pos]))
        p->pos++;
}

/* A backslash that is not escaped itself, at the end of a line or of the text. */
static bool at_continuation(const kw_properties *p)
{
    return p->pos < p->size && p->text[p->pos] == '\\' && (p->pos + 1 == p->size || kwi_is_eol(p->text[p->pos + 1]));
}

/* Moves past line ends that are escaped, each with the blanks after it. */
static void skip_continuations(kw_properties *p)
{
    while (at_continuation(p)) {
        p->pos++;
        skip_eol(p);
        skip_blanks(p);
    }
}

static void skip_space(kw_properties *p)
{
    size_t before;
    do {
        before = p->pos;
        skip_blanks(p);
        skip_continuations(p);
    } while (p->pos != before);
}

static void skip_comment(kw_properties *p)
{
    while (p->pos < p->size && !kwi_is_eol(p->text[p->pos]))
        p->pos++;
}

/* Moves past empty lines, comments, and continuations without content; one at the very end is an empty property in
 * Java. */
static void skip_to_property(kw_properties *p)
{
    while (p->pos < p->size) {
        char c = p->text[p->pos];
        if (kwi_is_blank(c) || kwi_is_eol(c))
            p->pos++;
        else if (c == '#' || c == '!')
            skip_comment(p);
        else if (at_continuation(p) && p->pos + 2 < p->size)
            p->pos += 2;
        else
            return;
    }
}

static void count_lines(kw_properties *p)
{
    for (; p->counted < p->at; p->counted++) {
        char c = p->text[p->counted];
        bool is_second = c == '\n' && p->counted > 0 && p->text[p->counted - 1] == '\r';
        if (kwi_is_eol(c) && !is_second)
            p->line++;
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Output of a token: it is counted, and written if `data` is set. */
typedef struct sink {
    char *data;
    size_t len;
} sink;

static void put(sink *to, unsigned byte)
{
    if (to->data != NULL)
        to->data[to->len] = (char)byte;
    to->len++;
}

static void put_utf8(sink *to, unsigned code)
{
    if (code < 0x80) {
        put(to, code);
        return;
    }
    if (code < 0x800) {
        put(to, 0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            put(to, 0xe0 | code >> 12);
        } else {
            put(to, 0xf0 | code >> 18);
            put(to, 0x80 | (code >> 12 & 0x3f));
        }
        put(to, 0x80 | (code >> 6 & 0x3f));
    }
    put(to, 0x80 | (code & 0x3f));
}

/* The four digits of \uXXXX. */
static bool read_unit(kw_properties *p, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, p->pos++) {
        skip_continuations(p);
        int digit = p->pos < p->size ? hex_value(p->text[p->pos]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (unsigned)digit;
    }
    return true;
}

/* The second half of a surrogate pair; does not move if something else follows. */
static bool read_low_surrogate(kw_properties *p, unsigned *unit)
{
    size_t before = p->pos;
    skip_continuations(p);
    if (p->size - p->pos >= 2 && p->text[p->pos] == '\\' && p->text[p->pos + 1] == 'u') {
        p->pos += 2;
        if (read_unit(p, unit) && (*unit & 0xfc00) == 0xdc00)
            return true;
    }
    p->pos = before;
    return false;
}

static bool read_code(kw_properties *p, sink *to)
{
    unsigned unit;
    unsigned low;
    if (!read_unit(p, &unit))
        return false;
    if ((unit & 0xf800) != 0xd800)
        put_utf8(to, unit);
    else if ((unit & 0xfc00) == 0xd800 && read_low_surrogate(p, &low))
        put_utf8(to, 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff)));
    else
        put(to, '?');
    return true;
}

/* The rest of an escape, which is not the end of a line, after the backslash. */
static bool read_escape(kw_properties *p, sink *to)
{
    static const char letters[] = "tnrf";
    static const char meanings[] = "\t\n\r\f";
    char c = p->text[p->pos++];
    if (c == 'u')
        return read_code(p, to);
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;
    put(to, (unsigned char)(letter != NULL ? meanings[letter - letters] : c));
    return true;
}

static bool ends_token(char c, bool key)
{
    return kwi_is_eol(c) || (key && (kwi_is_blank(c) || c == '=' || c == ':'));
}

/* Up to the end of a key or value; false at a malformed escape. */
static bool read_into(kw_properties *p, bool key, sink *to)
{
    for (;;) {
        skip_continuations(p);
        if (p->pos == p->size || ends_token(p->text[p->pos], key))
            return true;
        char c = p->text[p->pos++];
        if (c != '\\')
            put(to, (unsigned char)c);
        else if (!read_escape(p, to))
            return false;
    }
}

static bool fail(kw_properties *p, kw_status status, size_t at)
{
    p->status = status;
    p->error_at = at;
    p->pos = p->size;
    return false;
}

/* A key or a value from the cursor on: a view if it has no escapes, which make it shorter. */
static bool read_token(kw_properties *p, bool key, kw_string *out)
{
    size_t start = p->pos;
    sink counted = {NULL, 0};
    if (!read_into(p, key, &counted))
        return fail(p, KW_ERR_FILE_FORMAT, start);
    out->data = p->text + start;
    out->len = (int32_t)counted.len;
    if (counted.len == 0 || counted.len == p->pos - start)
        return true;

    sink copy = {kw_arena_alloc(p->arena, counted.len), 0};
    if (copy.data == NULL)
        return fail(p, kw_arena_status(p->arena), start);
    p->pos = start;
    (void)read_into(p, key, &copy);
    out->data = copy.data;
    return true;
}

void kw_properties_init(kw_properties *p, kw_string text, kw_arena *arena)
{
    p->text = text.data;
    p->size = text.len > 0 ? (size_t)text.len : 0;
    p->pos = 0;
    p->counted = 0;
    p->arena = arena;
    p->at = 0;
    p->error_at = 0;
    p->line = 1;
    p->status = KW_OK;
}

bool kw_properties_next(kw_properties *p, kw_string *key, kw_string *value)
{
    if (p->status != KW_OK)
        return false;
    skip_to_property(p);
    if (p->pos == p->size)
        return false;
    p->at = p->pos;
    count_lines(p);
    if (!read_token(p, true, key))
        return false;
    skip_space(p);
    if (p->pos < p->size && (p->text[p->pos] == '=' || p->text[p->pos] == ':')) {
        p->pos++;
        skip_space(p);
    }
    return read_token(p, false, value);
}

static void write_token(kw_writer *w, kw_string token, bool key)
{
    static const char escaped[] = "\t\n\r\f\\=:#!";
    static const char letters[] = "tnrf\\=:#!";
    for (int32_t i = 0; i < token.len; i++) {
        char c = token.data[i];
        const char *at = c != '\0' ? strchr(escaped, c) : NULL;
        if (at != NULL || (c == ' ' && (key || i == 0)))
            kw_write_int8(w, '\\');
        kw_write_int8(w, (int8_t)(at != NULL ? letters[at - escaped] : c));
    }
}

kw_status kw_property_write(kw_writer *w, kw_string key, kw_string value)
{
    write_token(w, key, true);
    kw_write_int8(w, '=');
    write_token(w, value, false);
    kw_write_int8(w, '\n');
    return w->status;
}
