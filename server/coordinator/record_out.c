/* SPDX-License-Identifier: Apache-2.0 */
#include "record_out.h"

#include <string.h>

#include <kwire/persisted.h>

#include "../base/growth.h"

void record_out_init(struct record_out *out, kw_arena *arena)
{
    memset(out, 0, sizeof *out);
    out->status = KW_OK;
    out->arena = arena;
}

static kw_status write_part(kw_writer *w, const kw_message *message, int16_t version, const void *body)
{
    kw_persisted_encode_header(w, message, version);
    return kw_message_encode(message, version, body, w);
}

static kw_status encode(kw_arena *arena, const kw_message *message, int16_t version, const void *body, kw_bytes *part)
{
    kw_writer w;
    kw_writer_init_counting(&w);
    kw_status status = write_part(&w, message, version, body);
    if (status != KW_OK)
        return status;
    size_t size = kw_writer_needed(&w);
    if (size > INT32_MAX)
        return KW_ERR_LENGTH;
    uint8_t *bytes = kw_arena_alloc(arena, size);
    if (bytes == NULL)
        return kw_arena_status(arena);
    *part = (kw_bytes){bytes, (int32_t)size};
    kw_writer_init(&w, bytes, size);
    return write_part(&w, message, version, body);
}

static kw_status add(struct record_out *out, const struct key_and_value *record)
{
    void *items = arena_grow(out->arena, out->items, out->count, &out->capacity, sizeof *out->items);
    if (items == NULL)
        return kw_arena_status(out->arena);
    out->items = items;
    out->items[out->count++] = *record;
    return KW_OK;
}

void record_out_add(struct record_out *out, const kw_message *key_message, const void *key,
                    const kw_message *value_message, int16_t version, const void *value)
{
    struct key_and_value record = {{NULL, -1}, {NULL, -1}};
    if (out->status == KW_OK)
        out->status = encode(out->arena, key_message, 0, key, &record.key);
    if (out->status == KW_OK && value_message != NULL)
        out->status = encode(out->arena, value_message, version, value, &record.value);
    if (out->status == KW_OK)
        out->status = add(out, &record);
}

void record_out_add_tombstone(struct record_out *out, const kw_message *key_message, const void *key)
{
    record_out_add(out, key_message, key, NULL, 0, NULL);
}

void record_out_fail(struct record_out *out, kw_status status)
{
    if (out->status == KW_OK)
        out->status = status;
}
