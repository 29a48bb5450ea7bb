/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include "../command/message.h"
#include "../command/names.h"
#include "../command/nearest.h"
#include "../text/hex.h"

void codec_init(codec *c, size_t max_memory, bool strict)
{
    kw_arena_init_growing(&c->arena, NULL, 0, kw_allocator_libc(), max_memory);
    kw_writer_init_growing(&c->bytes, kw_allocator_libc(), max_memory);
    c->max_memory = max_memory;
    c->strict = strict;
    json_form_init(&c->json, max_memory);
    c->missing = JSON_MISSING_REFUSED;
}

void codec_finish(codec *c)
{
    kw_arena_finish(&c->arena);
    kw_writer_finish(&c->bytes);
    json_form_finish(&c->json);
}

static bool refuse_name(kw_string name, report *r)
{
    nearest near;
    nearest_init(&near, name.data, (size_t)name.len);
    for (size_t i = 0; i < kw_message_count(); i++)
        nearest_offer(&near, kw_message_at(i)->name);
    char text[QUOTED_SIZE];
    char hint[HINT_SIZE];
    return report_set(r, kw_status_name(KW_ERR_UNKNOWN_MESSAGE), 0, "unknown message %s%s",
                      quoted(text, name.data, (size_t)name.len), nearest_hint(&near, hint));
}

const kw_message *codec_message(kw_string name, report *r)
{
    const kw_message *m = kw_message_by_name(name);
    for (size_t i = 0; m == NULL && i < kw_message_count(); i++)
        if (name_is(kw_message_at(i)->name, name.data, (size_t)name.len))
            m = kw_message_at(i);
    if (m == NULL)
        refuse_name(name, r);
    return m;
}

const kw_message *codec_find(kw_string name, int64_t version, report *r)
{
    const kw_message *m = codec_message(name, r);
    if (m == NULL)
        return NULL;
    if (version < m->versions.first || version > m->versions.last) {
        report_set(r, kw_status_name(KW_ERR_VERSION), 0, "%s has versions %d to %d, not %lld", m->name,
                   m->versions.first, m->versions.last, (long long)version);
        return NULL;
    }
    return m;
}

bool codec_decode(codec *c, const kw_message *m, int16_t version, const uint8_t *body, size_t size, kw_writer *json,
                  ignored *rest, report *r)
{
    kw_arena_reset(&c->arena);
    kw_reader in;
    kw_reader_init(&in, body, size);
    in.flags = c->strict ? KW_READ_STRICT_TAGS : 0;
    void *value;
    if (!message_decode(m, version, &in, &c->arena, &value, r))
        return false;
    rest->trailing = kw_reader_remaining(&in);
    if (rest->trailing != 0 && c->strict)
        return report_set(r, kw_status_name(KW_ERR_TRAILING), kw_reader_offset(&in), "%s: %zu of them",
                          kw_status_text(KW_ERR_TRAILING), rest->trailing);
    kw_status status = json_form_put(&c->json, m, version, value, &rest->unknown_tags, json);
    return status == KW_OK || report_status(r, status, 0, "");
}

bool codec_encode(codec *c, const kw_message *m, int16_t version, json_t *value, kw_writer *hex, report *r)
{
    kw_arena_reset(&c->arena);
    kw_writer_reset(&c->bytes);
    void *any;
    if (!message_from_json(m, version, value, c->missing, &c->arena, &any, r) ||
        !message_encode(m, version, any, &c->bytes, r))
        return false;
    kw_span bytes = kw_writer_data(&c->bytes);
    hex_encode(hex, bytes.data, bytes.size);
    return kw_writer_ok(hex) || report_status(r, kw_writer_fail(hex, KW_ERR_MEMORY_LIMIT), 0, "");
}
