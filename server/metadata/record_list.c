/* SPDX-License-Identifier: Apache-2.0 */
#include "record_list.h"

#include <string.h>

#include <kwire/persisted.h>

#include "../base/growth.h"

void record_list_init(struct record_list *list, kw_arena *arena)
{
    memset(list, 0, sizeof *list);
    list->status = KW_OK;
    list->arena = arena;
}

static kw_status write_record(kw_writer *w, const kw_message *message, int16_t version, const void *record)
{
    kw_persisted_encode_header(w, message, version);
    return kw_message_encode(message, version, record, w);
}

kw_status record_encode(kw_arena *arena, const kw_message *message, int16_t version, const void *record, kw_bytes *out)
{
    kw_writer w;
    kw_writer_init_counting(&w);
    kw_status status = write_record(&w, message, version, record);
    if (status != KW_OK)
        return status;
    size_t size = kw_writer_needed(&w);
    if (size > INT32_MAX)
        return KW_ERR_LENGTH;
    uint8_t *bytes = kw_arena_alloc(arena, size);
    if (bytes == NULL)
        return kw_arena_status(arena);
    *out = (kw_bytes){bytes, (int32_t)size};
    kw_writer_init(&w, bytes, size);
    return write_record(&w, message, version, record);
}

static kw_status add_value(struct record_list *list, kw_bytes value)
{
    void *items = arena_grow(list->arena, list->values, list->count, &list->capacity, sizeof *list->values);
    if (items == NULL)
        return kw_arena_status(list->arena);
    list->values = items;
    list->values[list->count++] = value;
    list->bytes += (size_t)value.len;
    return KW_OK;
}

static kw_status add(struct record_list *list, const kw_message *message, int16_t version, const void *record)
{
    kw_bytes value = {NULL, -1};
    kw_status status = record_encode(list->arena, message, version, record, &value);
    return status == KW_OK ? add_value(list, value) : status;
}

void record_list_add(struct record_list *list, const kw_message *message, int16_t version, const void *record)
{
    if (list->status == KW_OK)
        list->status = add(list, message, version, record);
}

void record_list_add_value(struct record_list *list, kw_bytes value)
{
    if (list->status == KW_OK)
        list->status = add_value(list, value);
}

void record_list_fail(struct record_list *list, kw_status status)
{
    if (list->status == KW_OK)
        list->status = status;
}

void record_list_append(struct record_list *list, const struct record_list *more)
{
    for (size_t i = 0; i < more->count; i++)
        record_list_add_value(list, more->values[i]);
    record_list_fail(list, more->status);
}

void record_list_truncate(struct record_list *list, size_t count)
{
    while (list->count > count)
        list->bytes -= (size_t)list->values[--list->count].len;
}
