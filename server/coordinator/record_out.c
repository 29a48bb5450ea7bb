/* SPDX-License-Identifier: Apache-2.0 */
#include "record_out.h"

#include <string.h>

#include "../base/growth.h"
#include "../metadata/record_list.h"

void record_out_init(struct record_out *out, kw_arena *arena)
{
    memset(out, 0, sizeof *out);
    out->status = KW_OK;
    out->arena = arena;
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
        out->status = record_encode(out->arena, key_message, 0, key, &record.key);
    if (out->status == KW_OK && value_message != NULL)
        out->status = record_encode(out->arena, value_message, version, value, &record.value);
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
