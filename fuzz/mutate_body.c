/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate_body.h"

#include <kwire/walk.h>

#include <stdlib.h>
#include <string.h>

#include "../tests/property/random_value.h"

#define ARENA_LIMIT ((size_t)1 << 26)

/* A place in the bytes of the message, chosen at random among all steps of its dissection. */
typedef struct pick {
    uint64_t *random;
    uint32_t seen;
    size_t offset;
    size_t size;
} pick;

static bool choose(void *context, const kw_step *step)
{
    pick *p = context;
    if (step->event == KW_EVENT_STRUCT_BEGIN || step->event == KW_EVENT_ERROR)
        return true;
    p->seen++;
    if (random_below(p->random, p->seen) == 0) {
        p->offset = step->offset;
        p->size = step->size;
    }
    return true;
}

/* A length, count or first byte becomes one at which code may fail. */
static size_t break_prefix(uint8_t *at, size_t size, uint64_t *random)
{
    static const uint8_t words[][5] = {{0},
                                       {1},
                                       {0x7f, 0xff, 0xff, 0xff},
                                       {0x80, 0, 0, 0},
                                       {0xff, 0xff, 0xff, 0xff},
                                       {0xff, 0xff, 0xff, 0xff, 0x0f},
                                       {0xff, 0xff, 0xff, 0xff, 0x7f},
                                       {0x80, 0x80, 0x80, 0x80, 0x08},
                                       {0x80, 0x00}};
    static const uint8_t sizes[] = {1, 1, 4, 4, 4, 5, 5, 5, 2};
    uint32_t which = random_below(random, sizeof sizes + 3);
    if (which < sizeof sizes)
        memcpy(at, words[which], sizes[which] < size ? sizes[which] : size);
    else
        *at = (uint8_t)(*at + (which % 2 == 0 ? 1 : -1));
    return size;
}

static size_t mutate_bytes(uint8_t *body, size_t size, size_t max_size, pick p)
{
    uint8_t *at = body + p.offset;
    size_t after = size - p.offset - p.size;
    size_t now = p.size;
    switch (random_below(p.random, 4)) {
    case 0: /* left out */
        now = 0;
        memmove(at, at + p.size, after);
        break;
    case 1: /* twice */
        if (size + p.size > max_size)
            return size;
        memmove(at + p.size, at, p.size + after);
        now = 2 * p.size;
        break;
    case 2:
        (void)break_prefix(at, size - p.offset, p.random);
        break;
    default: { /* random bytes of the same size */
        uint8_t *copy = fuzz_copy(at, p.size);
        (void)LLVMFuzzerMutate(at, p.size, p.size);
        free(copy);
        break;
    }
    }
    return p.offset + now + after;
}

/* ---- changing values ---- */

typedef struct graft {
    uint64_t *random;
    kw_arena *arena;
} graft;

static size_t field_size(const kw_field *field)
{
    if ((field->flags & KW_FIELD_ARRAY) != 0)
        return sizeof(kw_any_array);
    return (field->flags & KW_FIELD_POINTER) != 0 ? sizeof(void *) : kw_field_value_size(field);
}

static void graft_struct(const graft *g, const kw_struct *type, void *value, const void *donor);

/* One element more or less, or one changed. */
static void graft_array(const graft *g, const kw_field *field, void *place, const void *donor)
{
    kw_any_array array, other;
    size_t size = kw_field_value_size(field);
    memcpy(&array, place, sizeof array);
    memcpy(&other, donor, sizeof other);
    if (array.len <= 0 || other.len <= 0) {
        memcpy(place, donor, sizeof array);
        return;
    }
    uint8_t *items = kw_arena_array(g->arena, (size_t)array.len + 1, size);
    if (items == NULL)
        return;
    memcpy(items, array.items, (size_t)array.len * size);
    uint8_t *one = items + random_below(g->random, (uint32_t)array.len) * size;
    const uint8_t *from = (const uint8_t *)other.items + random_below(g->random, (uint32_t)other.len) * size;
    uint32_t what = random_below(g->random, 4);
    if (what == 0)
        memcpy(items + (size_t)array.len++ * size, random_below(g->random, 2) == 0 ? one : from, size);
    else if (what == 1)
        memcpy(one, items + (size_t)--array.len * size, size);
    else if (field->kind == KW_KIND_STRUCT)
        graft_struct(g, field->type, one, from);
    else
        memcpy(one, from, size);
    array.items = items;
    memcpy(place, &array, sizeof array);
}

/* Some fields become those of the donor, some arrays change in part. */
static void graft_struct(const graft *g, const kw_struct *type, void *value, const void *donor)
{
    uint32_t one_in = 1 + random_below(g->random, type->field_count + 1);
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        uint8_t *place = (uint8_t *)value + field->offset;
        const uint8_t *from = (const uint8_t *)donor + field->offset;
        if (random_below(g->random, one_in) != 0)
            continue;
        if ((field->flags & KW_FIELD_ARRAY) != 0 && random_below(g->random, 4) != 0)
            graft_array(g, field, place, from);
        else
            memcpy(place, from, field_size(field));
    }
    if (type->unknown_tags >= 0 && random_below(g->random, 8) == 0)
        memcpy((uint8_t *)value + type->unknown_tags, (const uint8_t *)donor + type->unknown_tags, sizeof(void *));
}

/* The size, or 0 if the value cannot be encoded in this version or does not fit; then `body` is unchanged. */
static size_t put(const kw_message *m, int16_t version, const void *value, uint8_t *body, size_t max_size)
{
    kw_writer w;
    kw_writer_init_counting(&w);
    if (kw_message_encode(m, version, value, &w) != KW_OK || kw_writer_needed(&w) > max_size)
        return 0;
    size_t size = kw_writer_needed(&w);
    kw_writer_init_growing(&w, kw_allocator_libc(), size);
    if (kw_message_encode(m, version, value, &w) != KW_OK)
        size = 0;
    if (size != 0)
        memcpy(body, kw_writer_data(&w).data, size);
    kw_writer_finish(&w);
    return size;
}

/* ---- everything together ---- */

static size_t put_other_version(const kw_message *m, int16_t *version, const void *value, uint8_t *body,
                                size_t max_size, uint64_t *random)
{
    int16_t other = (int16_t)(*version + (random_below(random, 2) == 0 ? 1 : -1));
    size_t now = kw_versions_have(m->versions, other) ? put(m, other, value, body, max_size) : 0;
    if (now != 0)
        *version = other;
    return now;
}

/* 0 if it did not succeed. */
static size_t mutate_in(const kw_message *m, int16_t *version, uint8_t *body, size_t size, size_t max_size,
                        uint64_t *random, kw_arena *arena)
{
    pick p = {random, 0, 0, 0};
    kw_reader in;
    void *value;
    uint32_t what = random_below(random, 8);
    if (what == 0)
        return 0;
    const void *donor = random_message(m, *version, random_next(random), ABSENT_DEFAULT, arena, NULL);
    if (what == 1)
        return put(m, *version, donor, body, max_size);
    kw_reader_init(&in, body, size);
    kw_status status = kw_message_dissect(m, *version, &in, arena, &value, choose, &p);
    if (what < 5 && p.seen != 0)
        return mutate_bytes(body, size, max_size, p);
    if (what == 5 && status == KW_OK)
        return put_other_version(m, version, value, body, max_size, random);
    const graft g = {random, arena};
    graft_struct(&g, m->type, value, donor);
    return put(m, *version, value, body, max_size);
}

size_t mutate_body(const kw_message *m, int16_t *version, uint8_t *body, size_t size, size_t max_size, uint64_t *random)
{
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    size_t now = mutate_in(m, version, body, size, max_size, random, &arena);
    kw_arena_finish(&arena);
    return now != 0 ? now : LLVMFuzzerMutate(body, size, max_size);
}

const kw_message *any_message(kw_message_kind kind, uint64_t *random)
{
    const kw_message *m;
    do {
        m = kw_message_at(random_below(random, (uint32_t)kw_message_count()));
    } while (m->kind != kind);
    return m;
}

int16_t any_version(const kw_message *m, uint64_t *random)
{
    uint32_t count = (uint32_t)(m->versions.last - m->versions.first + 1);
    return (int16_t)(m->versions.first + (int16_t)random_below(random, count));
}
