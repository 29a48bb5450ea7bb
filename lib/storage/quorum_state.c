/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/quorum_state.h>

#include <stdbool.h>

#include "text.h"

/* Kafka writes one flat object; version 0 has an array of objects in it, which is skipped. */
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

/* What is between the quotes, escapes as they are: none of the known keys and values has any. */
static bool read_quoted(kwi_text *t, kw_string *out)
{
    if (!skip_char(t, '"'))
        return false;
    size_t begin = t->pos;
    while (t->pos < t->size && t->data[t->pos] != '"')
        t->pos += t->data[t->pos] == '\\' ? 2 : 1;
    if (t->pos >= t->size) {
        t->pos = t->size;
        return false;
    }
    out->data = t->data + begin;
    out->len = (int32_t)(t->pos++ - begin);
    return true;
}

/* A number, true, false or null, or what else has no quotes and brackets. */
static bool skip_bare(kwi_text *t)
{
    size_t begin = t->pos;
    while (t->pos < t->size && memchr(",]}\"[{ \t\r\n", t->data[t->pos], 10) == NULL)
        t->pos++;
    return t->pos != begin;
}

/* Any value, brackets counted and not paired. */
static bool skip_value(kwi_text *t)
{
    int depth = 0;
    kw_string text;
    do {
        skip_space(t);
        char c = kwi_peek(t);
        if (c == '"') {
            if (!read_quoted(t, &text))
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

static bool read_int32(kwi_text *t, int32_t *out)
{
    int64_t value;
    skip_space(t);
    if (!kwi_read_number(t, INT32_MAX, &value))
        return false;
    *out = (int32_t)value;
    return true;
}

static bool is_named(kw_string key, const char *name)
{
    return kw_string_equal(key, kw_string_of(name));
}

static bool read_member(kwi_text *t, kw_string key, kw_quorum_state *out)
{
    if (is_named(key, "data_version"))
        return read_int32(t, &out->data_version);
    if (is_named(key, "leaderId"))
        return read_int32(t, &out->leader_id);
    if (is_named(key, "leaderEpoch"))
        return read_int32(t, &out->leader_epoch);
    if (is_named(key, "votedId"))
        return read_int32(t, &out->voted_id);
    if (!is_named(key, "votedDirectoryId"))
        return skip_value(t);
    kw_string id;
    return read_quoted(t, &id) && kw_uuid_parse(id, &out->voted_directory_id);
}

static bool read_object(kwi_text *t, kw_quorum_state *out)
{
    if (!skip_char(t, '{'))
        return false;
    if (skip_char(t, '}'))
        return true;
    do {
        kw_string key;
        if (!read_quoted(t, &key) || !skip_char(t, ':') || !read_member(t, key, out))
            return false;
    } while (skip_char(t, ','));
    return skip_char(t, '}');
}

kw_status kw_quorum_state_parse(kw_quorum_state *out, kw_string text, size_t *error_at)
{
    memset(out, 0, sizeof *out);
    out->data_version = -1;
    out->leader_id = -1;
    out->leader_epoch = -1;
    out->voted_id = -1;
    kwi_text t = kwi_text_of(text);
    kw_status status = KW_OK;
    if (!read_object(&t, out) || out->data_version < 0)
        status = KW_ERR_FILE_FORMAT;
    else if (out->data_version > 1)
        status = KW_ERR_VERSION;
    *error_at = status == KW_OK ? 0 : t.pos;
    return status;
}
