/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_map.h"

#include <stdlib.h>
#include <string.h>

/* ---- the hash ---- */

static inline uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_rounds(uint64_t v[4], unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

/* Up to 8 bytes, the first one lowest. */
static inline uint64_t load(const uint8_t *data, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)data[i] << (8 * i);
    return word;
}

void siphash_128(const uint64_t secret[2], const uint8_t *data, size_t size, uint64_t hash[2])
{
    uint64_t v[4] = {secret[0] ^ UINT64_C(0x736f6d6570736575), secret[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
                     secret[0] ^ UINT64_C(0x6c7967656e657261), secret[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t last = (uint64_t)size << 56;
    for (; size >= 8; data += 8, size -= 8) {
        uint64_t word = load(data, 8);
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    last |= load(data, size);
    v[3] ^= last;
    sip_rounds(v, 2);
    v[0] ^= last;
    v[2] ^= 0xee;
    sip_rounds(v, 4);
    hash[0] = v[0] ^ v[1] ^ v[2] ^ v[3];
    v[1] ^= 0xdd;
    sip_rounds(v, 4);
    hash[1] = v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the map ---- */

bool offset_map_init(struct offset_map *map, size_t slot_count, const uint8_t secret[OFFSET_MAP_SECRET_SIZE])
{
    *map = (struct offset_map){.slot_count = slot_count, .latest = -1};
    map->secret[0] = load(secret, 8);
    map->secret[1] = load(secret + 8, 8);
    map->slots = calloc(slot_count, sizeof *map->slots);
    return map->slots != NULL;
}

void offset_map_finish(struct offset_map *map)
{
    free(map->slots);
    map->slots = NULL;
}

/* The slot of the key, or the free one where it belongs. */
static struct offset_slot *find(const struct offset_map *map, kw_bytes key, uint64_t hash[2])
{
    siphash_128(map->secret, key.data, key.len > 0 ? (size_t)key.len : 0, hash);
    hash[1] |= hash[0] == 0 && hash[1] == 0; /* that is a free slot */
    size_t at = (size_t)(hash[0] % map->slot_count);
    for (;; at = at + 1 < map->slot_count ? at + 1 : 0) {
        struct offset_slot *slot = &map->slots[at];
        bool is_free = slot->hash[0] == 0 && slot->hash[1] == 0;
        if (is_free || (slot->hash[0] == hash[0] && slot->hash[1] == hash[1]))
            return slot;
    }
}

void offset_map_put(struct offset_map *map, kw_bytes key, int64_t offset)
{
    uint64_t hash[2];
    struct offset_slot *slot = find(map, key, hash);
    map->count += slot->hash[0] == 0 && slot->hash[1] == 0;
    *slot = (struct offset_slot){{hash[0], hash[1]}, offset};
}

int64_t offset_map_get(const struct offset_map *map, kw_bytes key)
{
    uint64_t hash[2];
    const struct offset_slot *slot = find(map, key, hash);
    return slot->hash[0] != 0 || slot->hash[1] != 0 ? slot->offset : -1;
}
