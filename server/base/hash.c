/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <string.h>

/* FNV-1a. */
uint32_t hash_bytes(uint32_t hash, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * UINT32_C(16777619);
    return hash;
}

uint32_t hash_text(uint32_t hash, kw_string text)
{
    return hash_bytes(hash, text.data, text.len > 0 ? (size_t)text.len : 0);
}

size_t hash_find(const struct hash *h, uint32_t hash, hash_same same, const void *items, const void *key,
                 uint64_t *steps)
{
    if (h->capacity == 0)
        return HASH_NOT_FOUND;
    for (size_t at = hash & (h->capacity - 1); h->slots[at].item != 0; at = (at + 1) & (h->capacity - 1), ++*steps)
        if (h->slots[at].hash == hash && same(items, h->slots[at].item - 1, key))
            return h->slots[at].item - 1;
    return HASH_NOT_FOUND;
}

static void put(struct hash_slot *slots, size_t capacity, struct hash_slot slot)
{
    size_t at = slot.hash & (capacity - 1);
    while (slots[at].item != 0)
        at = (at + 1) & (capacity - 1);
    slots[at] = slot;
}

bool hash_add(struct hash *h, uint32_t hash, size_t index, kw_arena *arena)
{
    if (index >= UINT32_MAX)
        return false;
    if (h->used + 1 > h->capacity / 4 * 3) {
        size_t capacity = h->capacity == 0 ? 64 : h->capacity * 2;
        struct hash_slot *slots = kw_arena_array(arena, capacity, sizeof *slots);
        if (slots == NULL)
            return false;
        memset(slots, 0, capacity * sizeof *slots);
        for (size_t i = 0; i < h->capacity; i++)
            if (h->slots[i].item != 0)
                put(slots, capacity, h->slots[i]);
        h->slots = slots;
        h->capacity = capacity;
    }
    struct hash_slot slot = {hash, (uint32_t)index + 1};
    put(h->slots, h->capacity, slot);
    h->used++;
    return true;
}
