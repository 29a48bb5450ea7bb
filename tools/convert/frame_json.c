/* SPDX-License-Identifier: Apache-2.0 */
#include "frame_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/endian.h>

#include "../command/message.h"
#include "../command/names.h"
#include "../text/hex.h"

enum { SIZE_FIELD = 4, KEY_AND_VERSION = 4 };

static const kw_message *header_message(kw_message_kind kind)
{
    return kw_message_by_name(kw_string_of(kind == KW_MESSAGE_REQUEST ? "RequestHeader" : "ResponseHeader"));
}

/* Says in which part of the frame the field is. */
static bool within(report *r, const char *part)
{
    report inner = *r;
    return report_set(r, inner.code, inner.offset, "%s: %s", part, inner.detail);
}

static bool refuse_version(const kw_api *api, int64_t version, report *r)
{
    return report_set(r, kw_status_name(KW_ERR_VERSION), 0, "%s has versions %d to %d, not %" PRId64, api->name,
                      api->versions.first, api->versions.last, version);
}

/* ---- decoding ---- */

/* The API and version in the first bytes of a request. */
static bool read_key(const uint8_t *payload, size_t size, frame_of *out, report *r)
{
    if (size < KEY_AND_VERSION)
        return report_set(r, kw_status_name(KW_ERR_TRUNCATED), size, "the frame ends inside API key and version");
    int16_t key = (int16_t)kw_load_be16(payload);
    out->api = kw_api_find(key);
    out->version = (int16_t)kw_load_be16(payload + 2);
    if (out->api == NULL)
        return report_set(r, kw_status_name(KW_ERR_UNKNOWN_MESSAGE), 0, "no API has the key %d", key);
    return kw_versions_have(out->api->versions, out->version) || refuse_version(out->api, out->version, r);
}

static void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

static void put_start(kw_writer *json, size_t size, kw_message_kind kind, const frame_of *of)
{
    char text[160];
    snprintf(text, sizeof text, "{\"size\":%zu,\"kind\":\"%s\",\"api\":\"%s\",\"version\":%d", size,
             kind == KW_MESSAGE_REQUEST ? "request" : "response", of->api->name, of->version);
    put(json, text);
}

static void put_count(kw_writer *json, const char *name, size_t count)
{
    char text[64];
    snprintf(text, sizeof text, ",\"%s\":%zu", name, count);
    if (count != 0)
        put(json, text);
}

/* Appends header or body from in->pos on, and counts what was ignored. */
static bool put_part(codec *c, const kw_message *m, int16_t version, kw_reader *in, const char *name, kw_writer *json,
                     size_t *unknown_tags, report *r)
{
    size_t start = kw_reader_offset(in);
    kw_reader rest;
    void *value;
    size_t count = 0;
    kw_reader_init(&rest, in->pos, kw_reader_remaining(in));
    rest.flags = in->flags;
    kw_arena_reset(&c->arena);
    if (!message_decode(m, version, &rest, &c->arena, &value, r)) {
        r->offset += start;
        return within(r, name);
    }
    put(json, ",\"");
    put(json, name);
    put(json, "\":");
    kw_status status = json_form_put(&c->json, m, version, value, &count, json);
    in->pos += kw_reader_offset(&rest);
    *unknown_tags += count;
    return status == KW_OK || report_status(r, status, 0, name);
}

bool frame_decode(codec *c, frame_of of, const uint8_t *payload, size_t size, kw_writer *json, report *r)
{
    kw_message_kind kind = of.api != NULL ? KW_MESSAGE_RESPONSE : KW_MESSAGE_REQUEST;
    size_t unknown_tags = 0;
    kw_reader in;
    kw_reader_init(&in, payload, size);
    in.flags = c->strict ? KW_READ_STRICT_TAGS : 0;
    if (kind == KW_MESSAGE_REQUEST && !read_key(payload, size, &of, r))
        return false;
    put_start(json, size, kind, &of);
    if (!put_part(c, header_message(kind), kw_header_version(of.api->key, of.version, kind), &in, "header", json,
                  &unknown_tags, r) ||
        !put_part(c, kw_message_find(of.api->key, kind), of.version, &in, "body", json, &unknown_tags, r))
        return false;
    size_t trailing = kw_reader_remaining(&in);
    if (trailing != 0 && c->strict)
        return report_set(r, kw_status_name(KW_ERR_TRAILING), kw_reader_offset(&in), "%s: %zu of them",
                          kw_status_text(KW_ERR_TRAILING), trailing);
    put_count(json, "trailing", trailing);
    put_count(json, "unknownTags", unknown_tags);
    put(json, "}");
    return kw_writer_ok(json) || report_status(r, json->status, 0, "");
}

/* ---- encoding ---- */

static bool refuse_member(report *r, const char *what)
{
    return report_set(r, CODE_VALUE, 0, "%s", what);
}

static bool read_kind(json_t *frame, kw_message_kind *out, report *r)
{
    const char *kind = json_string_value(json_object_get(frame, "kind"));
    *out = KW_MESSAGE_REQUEST;
    if (json_object_get(frame, "kind") == NULL || (kind != NULL && strcmp(kind, "request") == 0))
        return true;
    *out = KW_MESSAGE_RESPONSE;
    return (kind != NULL && strcmp(kind, "response") == 0) || refuse_member(r, "kind is \"request\" or \"response\"");
}

const kw_api *frame_api(json_t *name_or_key)
{
    if (json_is_integer(name_or_key) && json_integer_value(name_or_key) >= 0 &&
        json_integer_value(name_or_key) <= INT16_MAX)
        return kw_api_find((int16_t)json_integer_value(name_or_key));
    for (size_t i = 0; json_is_string(name_or_key) && i < kw_api_count(); i++)
        if (name_is(kw_api_at(i)->name, json_string_value(name_or_key), json_string_length(name_or_key)))
            return kw_api_at(i);
    return NULL;
}

/* The member of the frame, or of the header of a request. */
static json_t *member(json_t *frame, json_t *header, const char *name, const char *name_in_header)
{
    json_t *found = json_object_get(frame, name);
    return found != NULL ? found : json_object_get(header, name_in_header);
}

static bool read_api(json_t *frame, json_t *header, frame_of *out, report *r)
{
    json_t *api = member(frame, header, "api", "requestApiKey");
    json_t *version = member(frame, header, "version", "requestApiVersion");
    out->api = frame_api(api);
    if (out->api == NULL)
        return refuse_member(r, api == NULL ? "\"api\" is missing: the name or the key of an API"
                                            : "\"api\" is not the name or the key of an API");
    if (!json_is_integer(version))
        return refuse_member(r, "\"version\" is missing, or not an integer");
    json_int_t n = json_integer_value(version);
    if (n < out->api->versions.first || n > out->api->versions.last)
        return refuse_version(out->api, n, r);
    out->version = (int16_t)n;
    return true;
}

/* The header of a request names its API; the JSON need not. */
static bool complete_header(json_t *header, const frame_of *of)
{
    return (json_object_get(header, "requestApiKey") != NULL ||
            json_object_set_new(header, "requestApiKey", json_integer(of->api->key)) == 0) &&
           (json_object_get(header, "requestApiVersion") != NULL ||
            json_object_set_new(header, "requestApiVersion", json_integer(of->version)) == 0);
}

static bool encode_part(codec *c, const kw_message *m, int16_t version, json_t *json, json_missing missing,
                        const char *name, report *r)
{
    void *value;
    if (message_from_json(m, version, json, missing, &c->arena, &value, r) &&
        message_encode(m, version, value, &c->bytes, r))
        return true;
    return within(r, name);
}

static bool encode_parts(codec *c, json_t *frame, json_t *header, kw_message_kind kind, report *r)
{
    static const uint8_t no_size[SIZE_FIELD] = {0};
    frame_of of = {NULL, -1};
    json_t *body = json_object_get(frame, "body");
    if (!read_api(frame, kind == KW_MESSAGE_REQUEST ? header : NULL, &of, r))
        return false;
    if (body == NULL)
        return refuse_member(r, "\"body\" is missing");
    if (kind == KW_MESSAGE_REQUEST && !complete_header(header, &of))
        return report_status(r, KW_ERR_MEMORY_LIMIT, 0, "header");
    kw_write_raw(&c->bytes, no_size, sizeof no_size);
    return encode_part(c, header_message(kind), kw_header_version(of.api->key, of.version, kind), header,
                       JSON_MISSING_DEFAULT, "header", r) &&
           encode_part(c, kw_message_find(of.api->key, kind), of.version, body, c->missing, "body", r);
}

static bool check_members(json_t *frame, report *r)
{
    static const char *const names[] = {"size", "kind", "api", "version", "header", "body", "trailing", "unknownTags"};
    const char *key;
    json_t *value;
    if (!json_is_object(frame))
        return refuse_member(r, "a frame is an object");
    json_object_foreach (frame, key, value) {
        bool known = false;
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            known = known || strcmp(names[i], key) == 0;
        char text[QUOTED_SIZE];
        if (!known)
            return report_set(r, CODE_VALUE, 0, "a frame has no %s", quoted(text, key, strlen(key)));
    }
    return true;
}

bool frame_encode(codec *c, json_t *frame, kw_writer *hex, report *r)
{
    kw_message_kind kind;
    if (!check_members(frame, r) || !read_kind(frame, &kind, r))
        return false;
    json_t *given = json_object_get(frame, "header");
    if (given != NULL && !json_is_object(given))
        return refuse_member(r, "\"header\" is not an object");
    kw_arena_reset(&c->arena);
    kw_writer_reset(&c->bytes);
    json_t *header = given != NULL ? json_copy(given) : json_object();
    bool done = encode_parts(c, frame, header, kind, r);
    if (done) {
        kw_span bytes = kw_writer_data(&c->bytes);
        uint8_t size[SIZE_FIELD];
        kw_store_be32(size, (uint32_t)(bytes.size - SIZE_FIELD));
        hex_encode(hex, size, sizeof size);
        hex_encode(hex, (const uint8_t *)bytes.data + SIZE_FIELD, bytes.size - SIZE_FIELD);
        done = kw_writer_ok(hex) || report_status(r, kw_writer_fail(hex, KW_ERR_MEMORY_LIMIT), 0, "");
    }
    json_decref(header); /* after encoding: strings are views of it */
    return done;
}
