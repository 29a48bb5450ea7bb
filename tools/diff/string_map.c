/* SPDX-License-Identifier: Apache-2.0 */
#include "string_map.h"

#include <stdint.h>
#include <string.h>

#include "../command/output.h"

enum { FIRST_CAP = 64 };

void string_map_init(string_map *m, kw_arena *arena)
{
    *m = (string_map){.arena = arena};
}

/* FNV-1a. */
static size_t hash(const char *key, size_t size)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ (uint8_t)key[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot that has the key, or the free one for it. */
static map_slot *place(const string_map *m, const char *key, size_t size)
{
    size_t i = hash(key, size) & (m->cap - 1);
    while (m->slots[i].key != NULL && (m->slots[i].size != size || memcmp(m->slots[i].key, key, size) != 0))
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

static void grow(string_map *m)
{
    string_map bigger = {.arena = m->arena, .cap = m->cap != 0 ? m->cap * 2 : FIRST_CAP, .count = m->count};
    bigger.slots = kw_arena_array(m->arena, bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        die("out of memory");
    memset(bigger.slots, 0, bigger.cap * sizeof *bigger.slots);
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].key != NULL)
            *place(&bigger, m->slots[i].key, m->slots[i].size) = m->slots[i];
    *m = bigger;
}

void *string_map_find(const string_map *m, const char *key, size_t size)
{
    return m->count != 0 ? place(m, key, size)->value : NULL;
}

bool string_map_add(string_map *m, const char *key, size_t size, void *value)
{
    if (m->count >= m->cap / 2)
        grow(m);
    map_slot *slot = place(m, key, size);
    if (slot->key != NULL)
        return false;
    *slot = (map_slot){key, size, value};
    m->count++;
    return true;
}
