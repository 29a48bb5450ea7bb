/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_RANDOM_MESSAGE_H
#define TESTS_UNIT_RANDOM_MESSAGE_H

/* Any message of any version with random values, made from its description. Everything the version has is set to
 * something else than its default more often than not, so that a swapped or forgotten field shows. */

#include <kwire/message.h>

#include "support.h"

typedef struct random_source {
    uint64_t state; /* not 0 */
    int16_t version;
    bool flexible;
    kw_arena *arena;
} random_source;

static inline uint64_t random_bits(random_source *r)
{
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return r->state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline uint32_t random_below(random_source *r, uint32_t bound)
{
    return (uint32_t)(random_bits(r) >> 33) % bound;
}

static inline void *random_memory(random_source *r, size_t size)
{
    void *memory = kw_arena_alloc(r->arena, size);
    assert_non_null(memory);
    memset(memory, 0, size);
    return memory;
}

/* Up to 3 letters, now and then enough for a length of two bytes. */
static inline kw_bytes random_bytes(random_source *r)
{
    uint32_t size = random_below(r, 16) == 0 ? 100 + random_below(r, 200) : random_below(r, 4);
    uint8_t *data = random_memory(r, size + 1);
    for (uint32_t i = 0; i < size; i++)
        data[i] = (uint8_t)('a' + random_below(r, 26));
    kw_bytes b = {data, (int32_t)size};
    return b;
}

static inline size_t random_value_size(const kw_field *field)
{
    static const size_t sizes[] = {
        [KW_KIND_BOOL] = sizeof(bool),
        [KW_KIND_INT8] = 1,
        [KW_KIND_INT16] = 2,
        [KW_KIND_UINT16] = 2,
        [KW_KIND_INT32] = 4,
        [KW_KIND_UINT32] = 4,
        [KW_KIND_INT64] = 8,
        [KW_KIND_FLOAT64] = sizeof(double),
        [KW_KIND_UUID] = sizeof(kw_uuid),
        [KW_KIND_STRING] = sizeof(kw_string),
        [KW_KIND_BYTES] = sizeof(kw_bytes),
        [KW_KIND_RECORDS] = sizeof(kw_bytes),
        [KW_KIND_STRUCT] = sizeof(void *),
    };
    return field->kind == KW_KIND_STRUCT ? field->type->size : sizes[field->kind];
}

static inline void random_struct(random_source *r, const kw_struct *type, void *value);

static inline void random_value(random_source *r, const kw_field *field, void *place)
{
    kw_bytes bytes;
    switch (field->kind) {
    case KW_KIND_STRUCT:
        random_struct(r, field->type, place);
        break;
    case KW_KIND_BOOL:
        *(bool *)place = random_below(r, 2) == 1;
        break;
    case KW_KIND_FLOAT64:
        *(double *)place = (double)(int64_t)random_bits(r) / 1024;
        break;
    case KW_KIND_STRING:
        bytes = random_bytes(r);
        ((kw_string *)place)->data = (const char *)bytes.data;
        ((kw_string *)place)->len = bytes.len;
        break;
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        *(kw_bytes *)place = random_bytes(r);
        break;
    default: /* integers and UUIDs: any bytes will do */
        for (size_t i = 0; i < random_value_size(field); i++)
            ((uint8_t *)place)[i] = (uint8_t)random_bits(r);
    }
}

static inline void random_array(random_source *r, const kw_field *field, void *place, bool null)
{
    kw_any_array array;
    memset(&array, 0, sizeof array);
    array.len = null ? -1 : (int32_t)random_below(r, 3);
    size_t size = random_value_size(field);
    if (array.len > 0)
        array.items = random_memory(r, (size_t)array.len * size);
    for (int32_t i = 0; i < array.len; i++)
        random_value(r, field, (uint8_t *)array.items + (size_t)i * size);
    memcpy(place, &array, sizeof array);
}

static inline void random_field(random_source *r, const kw_field *field, void *owner)
{
    void *place = (uint8_t *)owner + field->offset;
    bool null = kw_versions_have(field->nullable, r->version) && random_below(r, 3) == 0;
    if ((field->flags & KW_FIELD_ARRAY) != 0) {
        random_array(r, field, place, null);
    } else if ((field->flags & KW_FIELD_POINTER) != 0) {
        void *target = null ? NULL : random_memory(r, field->type->size);
        if (target != NULL)
            random_struct(r, field->type, target);
        memcpy(place, &target, sizeof target);
    } else if (null) {
        /* Strings and bytes: the same layout but for the type of the pointer. */
        kw_bytes nothing = {NULL, -1};
        if (field->kind == KW_KIND_STRING)
            *(kw_string *)place = kw_string_of(NULL);
        else
            *(kw_bytes *)place = nothing;
    } else {
        random_value(r, field, place);
    }
}

/* Two unknown tags above the known ones. */
static inline void random_tags(random_source *r, const kw_struct *type, void *value)
{
    uint32_t tag = 0;
    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i].tag >= 0 && (uint32_t)type->fields[i].tag >= tag)
            tag = (uint32_t)type->fields[i].tag + 1;
    kw_raw_tags *tags = random_memory(r, sizeof *tags);
    tags->items = random_memory(r, 2 * sizeof *tags->items);
    tags->len = 2;
    tags->items[0].tag = tag;
    tags->items[0].value = random_bytes(r);
    tags->items[1].tag = tag + 1 + random_below(r, 1000);
    tags->items[1].value = random_bytes(r);
    memcpy((uint8_t *)value + type->unknown_tags, &tags, sizeof tags);
}

static inline void random_struct(random_source *r, const kw_struct *type, void *value)
{
    type->init(value);
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        bool tagged = kw_versions_have(field->tagged, r->version);
        if (kw_versions_have(field->versions, r->version) && (!tagged || random_below(r, 4) != 0))
            random_field(r, field, value);
    }
    if (r->flexible && type->unknown_tags >= 0 && random_below(r, 4) == 0)
        random_tags(r, type, value);
}

/* In the arena. */
static inline void *random_message(const kw_message *m, int16_t version, uint64_t seed, kw_arena *arena)
{
    random_source r = {seed * 2 + 1, version, kw_versions_have(m->flexible, version), arena};
    void *value = random_memory(&r, m->type->size);
    random_struct(&r, m->type, value);
    return value;
}

#endif
