/* SPDX-License-Identifier: Apache-2.0 */
#include "random_value.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_STRUCTS 24 /* elements of struct arrays in one message */
#define MAX_TAGS 3

typedef struct source {
    uint64_t state;
    kw_arena *arena;
    int16_t version;
    bool flexible;
    random_absent absent;
    size_t changed;
    uint32_t structs_left;
} source;

static void fill_struct(source *s, const kw_struct *type, void *value);

uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint32_t random_below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((random_next(state) >> 32) * limit >> 32);
}

static uint32_t below(source *s, uint32_t limit)
{
    return random_below(&s->state, limit);
}

static bool one_in(source *s, uint32_t n)
{
    return below(s, n) == 0;
}

static void *allocate(source *s, size_t count, size_t size)
{
    void *memory = kw_arena_array(s->arena, count, size);
    if (memory == NULL) {
        fprintf(stderr, "random_message: the arena is full\n");
        abort();
    }
    return memory;
}

static bool is_array(const kw_field *field)
{
    return (field->flags & KW_FIELD_ARRAY) != 0;
}

static bool is_pointer(const kw_field *field)
{
    return (field->flags & KW_FIELD_POINTER) != 0;
}

static void store_pointer(void *place, void *pointer)
{
    memcpy(place, &pointer, sizeof pointer);
}

/* Often near the lengths at which a compact length takes another byte. */
static int32_t random_length(source *s)
{
    switch (below(s, 16)) {
    case 0:
        return 0;
    case 1:
        return (int32_t)(124 + below(s, 6));
    default:
        return (int32_t)below(s, 12);
    }
}

static kw_bytes random_bytes(source *s)
{
    int32_t len = random_length(s);
    uint8_t *data = allocate(s, (size_t)len, 1);
    for (int32_t i = 0; i < len; i++)
        data[i] = (uint8_t)below(s, 256);
    kw_bytes bytes = {data, len};
    return bytes;
}

/* Mostly UTF-8, with characters that JSON must escape; sometimes arbitrary bytes. */
static kw_string random_string(source *s)
{
    static const char *const pieces[] = {"a",  "topic-", "_0",       "\"",           "\\",
                                         "\n", "\x01",   "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                         "/",  " ",      "\x7f"};
    if (one_in(s, 8)) {
        kw_bytes bytes = random_bytes(s);
        kw_string any = kw_string_of_bytes(bytes);
        return any;
    }
    size_t capacity = (size_t)random_length(s);
    char *data = allocate(s, capacity, 1);
    size_t len = 0;
    for (;;) {
        const char *piece = pieces[below(s, (uint32_t)(sizeof pieces / sizeof pieces[0]))];
        size_t n = strlen(piece);
        if (n > capacity - len)
            break;
        memcpy(data + len, piece, n);
        len += n;
    }
    kw_string text = {data, (int32_t)len};
    return text;
}

static double random_float64(source *s)
{
    static const double edges[] = {0.0, 1.0, -1.5, 1e300, 5e-324, 0.1, 123456789.0};
    if (one_in(s, 2))
        return edges[below(s, (uint32_t)(sizeof edges / sizeof edges[0]))];
    uint64_t bits = random_next(&s->state); /* NaN and infinities among them */
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static uint64_t random_integer(source *s)
{
    switch (below(s, 8)) {
    case 0:
        return 0;
    case 1:
        return UINT64_MAX;
    case 2:
        return UINT64_C(0x8000800080008080); /* the smallest of each signed width */
    case 3:
        return UINT64_C(0x7fff7fff7fff7f7f);
    default:
        return random_next(&s->state);
    }
}

/* Any value of the kind except null. */
static void fill_value(source *s, const kw_field *field, void *place)
{
    switch ((kw_kind)field->kind) {
    case KW_KIND_BOOL:
        *(bool *)place = one_in(s, 2);
        break;
    case KW_KIND_INT8:
        *(int8_t *)place = (int8_t)random_integer(s);
        break;
    case KW_KIND_INT16:
    case KW_KIND_UINT16:
        *(uint16_t *)place = (uint16_t)random_integer(s);
        break;
    case KW_KIND_INT32:
    case KW_KIND_UINT32:
        *(uint32_t *)place = (uint32_t)random_integer(s);
        break;
    case KW_KIND_INT64:
        *(uint64_t *)place = random_integer(s);
        break;
    case KW_KIND_FLOAT64:
        *(double *)place = random_float64(s);
        break;
    case KW_KIND_UUID:
        for (size_t i = 0; i < 16; i++)
            ((kw_uuid *)place)->bytes[i] = (uint8_t)below(s, 256);
        break;
    case KW_KIND_STRING:
        *(kw_string *)place = random_string(s);
        break;
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        *(kw_bytes *)place = random_bytes(s);
        break;
    case KW_KIND_STRUCT:
        field->type->init(place);
        fill_struct(s, field->type, place);
        break;
    }
}

static int32_t random_count(source *s, const kw_field *field)
{
    if (field->kind != KW_KIND_STRUCT)
        return one_in(s, 4) ? random_length(s) : (int32_t)below(s, 4);
    uint32_t count = below(s, 4);
    if (count > s->structs_left)
        count = s->structs_left;
    s->structs_left -= count;
    return (int32_t)count;
}

static void store_array(void *place, void *items, int32_t len)
{
    kw_any_array array = {items, len};
    memcpy(place, &array, sizeof array);
}

static void fill_array(source *s, const kw_field *field, void *place)
{
    int32_t len = random_count(s, field);
    size_t size = kw_field_value_size(field);
    uint8_t *items = allocate(s, (size_t)len, size);
    for (int32_t i = 0; i < len; i++)
        fill_value(s, field, items + (size_t)i * size);
    store_array(place, items, len);
}

static void set_null(const kw_field *field, void *place)
{
    static const kw_string no_string = {NULL, -1};
    static const kw_bytes no_bytes = {NULL, -1};
    if (is_array(field))
        store_array(place, NULL, -1);
    else if (is_pointer(field))
        store_pointer(place, NULL);
    else if (field->kind == KW_KIND_STRING)
        *(kw_string *)place = no_string;
    else
        *(kw_bytes *)place = no_bytes;
}

static void fill_present(source *s, const kw_field *field, void *place)
{
    if (kw_versions_have(field->tagged, s->version) && one_in(s, 3))
        return; /* stays at its default */
    if (kw_versions_have(field->nullable, s->version) && one_in(s, 4)) {
        set_null(field, place);
    } else if (is_array(field)) {
        fill_array(s, field, place);
    } else if (is_pointer(field)) {
        void *target = allocate(s, 1, field->type->size);
        fill_value(s, field, target);
        store_pointer(place, target);
    } else {
        fill_value(s, field, place);
    }
}

/* Any value except the default, which `place` has. */
static void change(source *s, const kw_field *field, void *place)
{
    if (is_array(field)) {
        void *item = allocate(s, 1, kw_field_value_size(field));
        memset(item, 0, kw_field_value_size(field));
        if (field->kind == KW_KIND_STRUCT)
            field->type->init(item);
        store_array(place, item, 1);
    } else if (is_pointer(field) && (field->flags & KW_FIELD_NULL_DEFAULT) == 0) {
        store_pointer(place, NULL);
    } else if (is_pointer(field)) {
        void *target = allocate(s, 1, field->type->size);
        field->type->init(target);
        store_pointer(place, target);
    } else if (field->kind == KW_KIND_STRUCT) {
        const kw_field *first = &field->type->fields[0];
        change(s, first, (uint8_t *)place + first->offset);
    } else if (field->kind == KW_KIND_STRING) {
        *(kw_string *)place = kw_string_of("not the default");
    } else if (field->kind == KW_KIND_BYTES || field->kind == KW_KIND_RECORDS) {
        static const uint8_t byte = 1;
        kw_bytes bytes = {&byte, 1};
        *(kw_bytes *)place = bytes;
    } else if (field->kind == KW_KIND_FLOAT64) {
        *(double *)place += 1.0;
    } else if (field->kind == KW_KIND_BOOL) {
        *(bool *)place = !*(bool *)place;
    } else {
        *(uint8_t *)place ^= 1;
    }
    s->changed++;
}

static bool is_known_tag(const kw_struct *type, uint32_t tag)
{
    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i].tag >= 0 && (uint32_t)type->fields[i].tag == tag)
            return true;
    return false;
}

static kw_raw_tags *random_tags(source *s, const kw_struct *type)
{
    kw_raw_tags *tags = allocate(s, 1, sizeof *tags);
    tags->items = allocate(s, MAX_TAGS, sizeof *tags->items);
    tags->len = 0;
    uint32_t tag = below(s, 4);
    for (uint32_t left = below(s, MAX_TAGS + 1); left > 0; left--) {
        while (is_known_tag(type, tag))
            tag++;
        tags->items[tags->len].tag = tag;
        tags->items[tags->len].value = random_bytes(s);
        tags->len++;
        tag += 1 + (one_in(s, 4) ? below(s, UINT32_C(1) << 30) : below(s, 4));
    }
    return tags;
}

/* `value` holds its defaults. */
static void fill_struct(source *s, const kw_struct *type, void *value)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        void *place = (uint8_t *)value + field->offset;
        bool droppable = (field->flags & KW_FIELD_IGNORABLE) != 0;
        if (kw_versions_have(field->versions, s->version))
            fill_present(s, field, place);
        else if (s->absent == (droppable ? ABSENT_DROPPED : ABSENT_REFUSED))
            change(s, field, place);
    }
    if (s->flexible && type->unknown_tags >= 0 && one_in(s, 4))
        store_pointer((uint8_t *)value + type->unknown_tags, random_tags(s, type));
}

void *random_message(const kw_message *m, int16_t version, uint64_t seed, random_absent absent, kw_arena *arena,
                     size_t *changed)
{
    source s = {seed, arena, version, kw_versions_have(m->flexible, version), absent, 0, MAX_STRUCTS};
    void *value = allocate(&s, 1, m->type->size);
    kw_message_init(m, value);
    fill_struct(&s, m->type, value);
    if (changed != NULL)
        *changed = s.changed;
    return value;
}
