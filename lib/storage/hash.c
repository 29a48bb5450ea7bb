/* SPDX-License-Identifier: Apache-2.0 */
#include "hash.h"

#include <string.h>

/* FNV-1a. */
uint32_t kwi_hash_bytes(uint32_t hash, const void *data, size_t size)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * UINT32_C(16777619);
    return hash;
}

size_t kwi_hash_find(const kwi_hash *h, uint32_t hash, kwi_same same, const void *items, const void *key)
{
    if (h->capacity == 0)
        return KWI_NOT_FOUND;
    for (size_t at = hash & (h->capacity - 1); h->slots[at].item != 0; at = (at + 1) & (h->capacity - 1))
        if (h->slots[at].hash == hash && same(items, h->slots[at].item - 1, key))
            return h->slots[at].item - 1;
    return KWI_NOT_FOUND;
}

static void put(kwi_slot *slots, size_t capacity, kwi_slot slot)
{
    size_t at = slot.hash & (capacity - 1);
    while (slots[at].item != 0)
        at = (at + 1) & (capacity - 1);
    slots[at] = slot;
}

bool kwi_hash_add(kwi_hash *h, uint32_t hash, size_t index, kw_arena *arena)
{
    if (index >= UINT32_MAX)
        return false;
    if (h->used + 1 > h->capacity / 4 * 3) {
        size_t capacity = h->capacity == 0 ? 64 : h->capacity * 2;
        kwi_slot *slots = kw_arena_array(arena, capacity, sizeof *slots);
        if (slots == NULL)
            return false;
        memset(slots, 0, capacity * sizeof *slots);
        for (size_t i = 0; i < h->capacity; i++)
            if (h->slots[i].item != 0)
                put(slots, capacity, h->slots[i]);
        h->slots = slots;
        h->capacity = capacity;
    }
    kwi_slot slot = {hash, (uint32_t)index + 1};
    put(h->slots, h->capacity, slot);
    h->used++;
    return true;
}
