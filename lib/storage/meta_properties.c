/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/meta_properties.h>

#include "text.h"

/* Past empty lines and comments. */
static void skip_to_line(kw_properties *p)
{
    for (;;) {
        while (p->pos < p->size && (kwi_is_blank(p->text[p->pos]) || kwi_is_eol(p->text[p->pos])))
            p->pos++;
        if (p->pos == p->size || (p->text[p->pos] != '#' && p->text[p->pos] != '!'))
            return;
        while (p->pos < p->size && !kwi_is_eol(p->text[p->pos]))
            p->pos++;
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

/* Where a token goes: counted, and written if there is room for it. */
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

/* A UTF-16 unit as UTF-8; halves of a pair stay as they are, three bytes each. */
static void put_unit(sink *to, unsigned unit)
{
    if (unit < 0x80) {
        put(to, unit);
        return;
    }
    if (unit < 0x800) {
        put(to, 0xc0 | unit >> 6);
    } else {
        put(to, 0xe0 | unit >> 12);
        put(to, 0x80 | (unit >> 6 & 0x3f));
    }
    put(to, 0x80 | (unit & 0x3f));
}

static bool read_unit(kw_properties *p, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, p->pos++) {
        int digit = p->pos < p->size ? hex_value(p->text[p->pos]) : -1;
        if (digit < 0)
            return false;
        *unit = *unit << 4 | (unsigned)digit;
    }
    return true;
}

/* An escaped end of line, and the blanks that begin the next, stand for nothing. */
static void skip_continuation(kw_properties *p)
{
    if (p->text[p->pos] == '\r' && p->pos + 1 < p->size && p->text[p->pos + 1] == '\n')
        p->pos++;
    p->pos++;
    while (p->pos < p->size && kwi_is_blank(p->text[p->pos]))
        p->pos++;
}

/* What follows a backslash. */
static bool read_escape(kw_properties *p, sink *to)
{
    static const char letters[] = "tnrf";
    static const char meanings[] = "\t\n\r\f";
    if (p->pos == p->size)
        return true;
    char c = p->text[p->pos];
    if (kwi_is_eol(c)) {
        skip_continuation(p);
        return true;
    }
    p->pos++;
    if (c == 'u') {
        unsigned unit;
        bool ok = read_unit(p, &unit);
        put_unit(to, unit);
        return ok;
    }
    const char *letter = c != '\0' ? strchr(letters, c) : NULL;
    put(to, (unsigned char)(letter != NULL ? meanings[letter - letters] : c));
    return true;
}

static bool ends_token(char c, bool key)
{
    return kwi_is_eol(c) || (key && (kwi_is_blank(c) || c == '=' || c == ':'));
}

/* Up to the end of a key or value; false at an escape that is malformed. */
static bool read_into(kw_properties *p, bool key, sink *to)
{
    while (p->pos < p->size && !ends_token(p->text[p->pos], key)) {
        char c = p->text[p->pos++];
        if (c != '\\')
            put(to, (unsigned char)c);
        else if (!read_escape(p, to))
            return false;
    }
    return true;
}

static bool fail(kw_properties *p, kw_status status, size_t at)
{
    p->status = status;
    p->error_at = at;
    p->pos = p->size;
    return false;
}

/* A key or a value from the cursor on: a view if it has no escapes. */
static bool read_token(kw_properties *p, bool key, kw_string *out)
{
    size_t begin = p->pos;
    sink counted = {NULL, 0};
    if (!read_into(p, key, &counted))
        return fail(p, KW_ERR_FILE_FORMAT, begin);
    out->data = p->text + begin;
    out->len = (int32_t)counted.len;
    if (counted.len == p->pos - begin)
        return true;

    sink copy = {kw_arena_alloc(p->arena, counted.len), 0};
    if (copy.data == NULL)
        return fail(p, kw_arena_status(p->arena), begin);
    p->pos = begin;
    (void)read_into(p, key, &copy);
    out->data = copy.data;
    return true;
}

void kw_properties_init(kw_properties *p, kw_string text, kw_arena *arena)
{
    p->text = text.data;
    p->size = text.len > 0 ? (size_t)text.len : 0;
    p->pos = 0;
    p->arena = arena;
    p->at = 0;
    p->error_at = 0;
    p->status = KW_OK;
}

static void skip_blanks(kw_properties *p)
{
    while (p->pos < p->size && kwi_is_blank(p->text[p->pos]))
        p->pos++;
}

bool kw_properties_next(kw_properties *p, kw_string *key, kw_string *value)
{
    skip_to_line(p);
    p->at = p->pos;
    if (p->pos == p->size || !read_token(p, true, key))
        return false;
    skip_blanks(p);
    if (p->pos < p->size && (p->text[p->pos] == '=' || p->text[p->pos] == ':')) {
        p->pos++;
        skip_blanks(p);
    }
    return read_token(p, false, value);
}

static bool is_named(kw_string key, const char *name)
{
    return kw_string_equal(key, kw_string_of(name));
}

/* A value that is a number of at least `min` and nothing else; Java trims neither. */
static bool parse_int32(kw_string text, int32_t min, int32_t *out)
{
    kwi_text t = kwi_text_of(text);
    int64_t value;
    if (!kwi_read_number(&t, INT32_MAX, &value) || t.pos != t.size || value < min)
        return false;
    *out = (int32_t)value;
    return true;
}

static kw_string trimmed(kw_string s)
{
    while (s.len > 0 && kwi_is_blank(s.data[s.len - 1]))
        s.len--;
    return s;
}

static kw_status read_property(kw_meta_properties *out, kw_string key, kw_string value)
{
    bool ok = true;
    value = trimmed(value);
    if (is_named(key, "version")) {
        ok = parse_int32(value, 0, &out->version);
        if (ok && out->version > 1)
            return KW_ERR_VERSION;
    } else if (is_named(key, "node.id") || is_named(key, "broker.id")) {
        ok = parse_int32(value, 0, &out->node_id);
    } else if (is_named(key, "cluster.id")) {
        out->cluster_id = value;
    } else if (is_named(key, "directory.id")) {
        ok = kw_uuid_parse(value, &out->directory_id);
    }
    return ok ? KW_OK : KW_ERR_FILE_FORMAT;
}

kw_status kw_meta_properties_parse(kw_meta_properties *out, kw_string text, kw_arena *arena, size_t *error_at)
{
    memset(out, 0, sizeof *out);
    out->version = -1;
    out->node_id = -1;
    out->cluster_id.len = -1;
    *error_at = 0;

    kw_properties p;
    kw_string key;
    kw_string value;
    kw_status status = KW_OK;
    for (kw_properties_init(&p, text, arena); kw_properties_next(&p, &key, &value);) {
        kw_status found = read_property(out, key, value);
        if (found != KW_OK && status == KW_OK) {
            status = found;
            *error_at = p.at;
        }
    }
    if (status == KW_OK && p.status != KW_OK) {
        status = p.status;
        *error_at = p.error_at;
    }
    if (status == KW_OK && out->version < 0) {
        status = KW_ERR_FILE_FORMAT;
        *error_at = p.size;
    }
    return status;
}

/* Past `word`; false if something else is there. */
static bool skip_word(kwi_text *t, const char *word)
{
    size_t size = strlen(word);
    kwi_skip_blanks(t);
    if (t->size - t->pos < size || memcmp(t->data + t->pos, word, size) != 0)
        return false;
    t->pos += size;
    return true;
}

kw_status kw_partition_metadata_parse(kw_uuid *topic_id, kw_string text, size_t *error_at)
{
    kwi_text t = kwi_text_of(text);
    int64_t version;
    kw_string id;
    memset(topic_id, 0, sizeof *topic_id);
    kw_status status = KW_ERR_FILE_FORMAT;
    if (skip_word(&t, "version:") && kwi_read_number(&t, INT32_MAX, &version)) {
        if (version != 0)
            status = KW_ERR_VERSION;
        else if (t.pos < t.size && kwi_end_line(&t) && skip_word(&t, "topic_id:") && kwi_read_word(&t, &id)) {
            t.pos -= (size_t)id.len;
            if (kw_uuid_parse(id, topic_id) && !kw_uuid_is_zero(*topic_id))
                status = KW_OK;
        }
    }
    *error_at = status == KW_OK ? 0 : t.pos;
    return status;
}
