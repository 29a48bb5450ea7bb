/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/message.h>

#include "field.h"

kw_status kw_message_decode(const kw_message *m, int16_t version, kw_reader *in, kw_arena *arena, void **out)
{
    *out = kw_read_place(in, arena, m->type->size);
    if (*out == NULL)
        return in->status;
    kw_message_init(m, *out);
    return m->decode(*out, version, in, arena);
}

kw_status kw_message_encode(const kw_message *m, int16_t version, const void *value, kw_writer *out)
{
    return m->encode(value, version, out);
}

size_t kw_field_value_size(const kw_field *field)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_BOOL:
        return sizeof(bool);
    case KW_KIND_STRING:
        return sizeof(kw_string);
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        return sizeof(kw_bytes);
    case KW_KIND_STRUCT:
        return field->type->size;
    default:
        return kw_field_wire_size(field);
    }
}

size_t kw_field_wire_size(const kw_field *field)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_BOOL:
    case KW_KIND_INT8:
        return 1;
    case KW_KIND_INT16:
    case KW_KIND_UINT16:
        return 2;
    case KW_KIND_INT32:
    case KW_KIND_UINT32:
        return 4;
    case KW_KIND_INT64:
    case KW_KIND_FLOAT64:
        return 8;
    case KW_KIND_UUID:
        return 16;
    case KW_KIND_STRING:
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
    case KW_KIND_STRUCT:
        return 0;
    }
    return 0;
}

int64_t kwi_load_integer(const kw_field *field, const void *value)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_BOOL:
        return *(const bool *)value ? 1 : 0;
    case KW_KIND_INT8:
        return *(const int8_t *)value;
    case KW_KIND_INT16:
        return *(const int16_t *)value;
    case KW_KIND_UINT16:
        return *(const uint16_t *)value;
    case KW_KIND_INT32:
        return *(const int32_t *)value;
    case KW_KIND_UINT32:
        return *(const uint32_t *)value;
    case KW_KIND_INT64:
        return *(const int64_t *)value;
    case KW_KIND_FLOAT64:
    case KW_KIND_UUID:
    case KW_KIND_STRING:
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
    case KW_KIND_STRUCT:
        break;
    }
    return 0;
}

const kw_field *kwi_next_tagged(const kw_struct *type, int16_t version, int32_t after)
{
    const kw_field *next = NULL;
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (field->tag > after && kw_versions_have(field->tagged, version) && (next == NULL || field->tag < next->tag))
            next = field;
    }
    return next;
}

/* ---- defaults ---- */

static bool length_is_default(const kw_field *field, int32_t len)
{
    return (field->flags & KW_FIELD_NULL_DEFAULT) != 0 ? len < 0 : len == 0;
}

bool kw_field_is_default(const kw_field *field, const void *owner)
{
    const void *value = kwi_field_value(field, owner);
    if (kwi_field_is_array(field))
        return length_is_default(field, kwi_load_array(value).len);
    switch ((kw_kind)field->kind) {
    case KW_KIND_STRUCT:
        if (kwi_field_is_pointer(field)) {
            bool null_default = (field->flags & KW_FIELD_NULL_DEFAULT) != 0;
            value = kwi_load_pointer(value);
            if (value == NULL || null_default)
                return value == NULL && null_default;
        }
        return kwi_struct_is_default(field->type, value);
    case KW_KIND_STRING:
        if (field->text != NULL)
            return kw_string_equal(*(const kw_string *)value, kw_string_of(field->text));
        return length_is_default(field, ((const kw_string *)value)->len);
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        return length_is_default(field, ((const kw_bytes *)value)->len);
    case KW_KIND_UUID:
        return kw_uuid_is_zero(*(const kw_uuid *)value);
    case KW_KIND_FLOAT64: {
        double number = *(const double *)value;
        return number <= 0 && number >= 0; /* as Java's ==: -0.0 is the default, NaN is not */
    }
    case KW_KIND_BOOL:
    case KW_KIND_INT8:
    case KW_KIND_INT16:
    case KW_KIND_UINT16:
    case KW_KIND_INT32:
    case KW_KIND_UINT32:
    case KW_KIND_INT64:
        break;
    }
    return kwi_load_integer(field, value) == field->integer;
}

bool kwi_struct_is_default(const kw_struct *type, const void *value)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (!kw_field_is_default(&type->fields[i], value))
            return false;
    return kwi_unknown_tags(type, value) == NULL;
}

/* ---- equality ---- */

static bool structs_equal(const kw_struct *type, const void *a, const void *b);

/* Compares one value, or one element of an array. */
static bool values_equal(const kw_field *field, const void *a, const void *b)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_STRUCT:
        return structs_equal(field->type, a, b);
    case KW_KIND_STRING:
        return kw_string_equal(*(const kw_string *)a, *(const kw_string *)b);
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        return kw_bytes_equal(*(const kw_bytes *)a, *(const kw_bytes *)b);
    case KW_KIND_UUID:
    case KW_KIND_FLOAT64: /* by its bits */
        return memcmp(a, b, kw_field_value_size(field)) == 0;
    case KW_KIND_BOOL:
    case KW_KIND_INT8:
    case KW_KIND_INT16:
    case KW_KIND_UINT16:
    case KW_KIND_INT32:
    case KW_KIND_UINT32:
    case KW_KIND_INT64:
        break;
    }
    return kwi_load_integer(field, a) == kwi_load_integer(field, b);
}

static bool arrays_equal(const kw_field *field, kw_any_array a, kw_any_array b)
{
    if (a.len < 0 || b.len < 0)
        return a.len < 0 && b.len < 0;
    if (a.len != b.len)
        return false;
    size_t size = kw_field_value_size(field);
    for (size_t i = 0; i < (size_t)a.len; i++)
        if (!values_equal(field, (const uint8_t *)a.items + i * size, (const uint8_t *)b.items + i * size))
            return false;
    return true;
}

static bool fields_equal(const kw_field *field, const void *a, const void *b)
{
    if (kwi_field_is_array(field))
        return arrays_equal(field, kwi_load_array(a), kwi_load_array(b));
    if (kwi_field_is_pointer(field)) {
        a = kwi_load_pointer(a);
        b = kwi_load_pointer(b);
        if (a == NULL || b == NULL)
            return a == b;
    }
    return values_equal(field, a, b);
}

static bool tags_equal(const kw_raw_tags *a, const kw_raw_tags *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->len != b->len)
        return false;
    for (int32_t i = 0; i < a->len; i++)
        if (a->items[i].tag != b->items[i].tag || !kw_bytes_equal(a->items[i].value, b->items[i].value))
            return false;
    return true;
}

static bool structs_equal(const kw_struct *type, const void *a, const void *b)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (!fields_equal(field, kwi_field_value(field, a), kwi_field_value(field, b)))
            return false;
    }
    return tags_equal(kwi_unknown_tags(type, a), kwi_unknown_tags(type, b));
}

bool kw_message_equal(const kw_message *m, const void *a, const void *b)
{
    return structs_equal(m->type, a, b);
}

/* ---- copying: a struct is first copied flat, then everything that the copy points to is replaced ---- */

static bool own_struct(const kw_struct *type, void *copy, kw_arena *arena);

/* Copies the bytes of a view; *data becomes NULL if there are none. */
static bool own_text(const void *from, int32_t len, const void **data, kw_arena *arena)
{
    *data = NULL;
    if (len <= 0)
        return true;
    void *memory = kw_arena_alloc(arena, (size_t)len);
    if (memory == NULL)
        return false;
    memcpy(memory, from, (size_t)len);
    *data = memory;
    return true;
}

static bool own_bytes(kw_bytes *copy, kw_arena *arena)
{
    const void *data;
    bool done = own_text(copy->data, copy->len, &data, arena);
    copy->data = data;
    return done;
}

static bool own_string(kw_string *copy, kw_arena *arena)
{
    const void *data;
    bool done = own_text(copy->data, copy->len, &data, arena);
    copy->data = data;
    return done;
}

static bool own_value(const kw_field *field, void *copy, kw_arena *arena)
{
    if (field->kind == KW_KIND_STRUCT)
        return own_struct(field->type, copy, arena);
    if (field->kind == KW_KIND_STRING)
        return own_string(copy, arena);
    if (field->kind == KW_KIND_BYTES || field->kind == KW_KIND_RECORDS)
        return own_bytes(copy, arena);
    return true;
}

static bool own_array(const kw_field *field, void *copy, kw_arena *arena)
{
    kw_any_array from = kwi_load_array(copy);
    kwi_store_array(copy, NULL, from.len);
    if (from.len <= 0)
        return true;
    size_t size = kw_field_value_size(field);
    uint8_t *items = kw_arena_array(arena, (size_t)from.len, size);
    if (items == NULL)
        return false;
    memcpy(items, from.items, (size_t)from.len * size);
    kwi_store_array(copy, items, from.len);
    for (size_t i = 0; i < (size_t)from.len; i++)
        if (!own_value(field, items + i * size, arena))
            return false;
    return true;
}

static bool own_pointer(const kw_field *field, void *copy, kw_arena *arena)
{
    const void *from = kwi_load_pointer(copy);
    if (from == NULL)
        return true;
    void *memory = kw_arena_alloc(arena, field->type->size);
    if (memory == NULL)
        return false;
    memcpy(memory, from, field->type->size);
    kwi_store_pointer(copy, memory);
    return own_struct(field->type, memory, arena);
}

static bool own_unknown_tags(const kw_struct *type, void *copy, kw_arena *arena)
{
    if (type->unknown_tags < 0)
        return true;
    const kw_raw_tags *from = kwi_unknown_tags(type, copy);
    kw_raw_tags *tags = NULL;
    if (from != NULL) {
        tags = kw_arena_alloc(arena, sizeof *tags);
        kw_raw_tag *items = kw_arena_array(arena, (size_t)from->len, sizeof *items);
        if (tags == NULL || items == NULL)
            return false;
        memcpy(items, from->items, (size_t)from->len * sizeof *items);
        tags->items = items;
        tags->len = from->len;
        for (int32_t i = 0; i < tags->len; i++)
            if (!own_bytes(&items[i].value, arena))
                return false;
    }
    kwi_store_pointer((uint8_t *)copy + type->unknown_tags, tags);
    return true;
}

static bool own_struct(const kw_struct *type, void *copy, kw_arena *arena)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        void *place = kwi_field_place(field, copy);
        bool done = kwi_field_is_array(field)     ? own_array(field, place, arena)
                    : kwi_field_is_pointer(field) ? own_pointer(field, place, arena)
                                                  : own_value(field, place, arena);
        if (!done)
            return false;
    }
    return own_unknown_tags(type, copy, arena);
}

void *kw_message_copy(const kw_message *m, const void *value, kw_arena *arena)
{
    void *copy = kw_arena_alloc(arena, m->type->size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, value, m->type->size);
    return own_struct(m->type, copy, arena) ? copy : NULL;
}
