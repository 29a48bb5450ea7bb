/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_map.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/export.h>

#include "../../base/malloc_tuning.h"

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
    if (map->slots != NULL)
        malloc_tuning_large_pages(map->slots, slot_count * sizeof *map->slots);
    return map->slots != NULL;
}

void offset_map_finish(struct offset_map *map)
{
    offset_map_forget_marks(map);
    free(map->slots);
    map->slots = NULL;
}

/* ---- marks ---- */

enum { MARK_BITS = 2, MARKS_IN_WORD = 64 / MARK_BITS };

void offset_map_mark(struct offset_map *map, int64_t from, size_t count)
{
    map->marks = calloc(count / MARKS_IN_WORD + 1, sizeof *map->marks);
    map->marked_from = from;
    map->marked_count = map->marks != NULL ? count : 0;
}

void offset_map_forget_marks(struct offset_map *map)
{
    free(map->marks);
    map->marks = NULL;
    map->marked_count = 0;
}

static bool is_marked(const struct offset_map *map, int64_t offset)
{
    return offset >= map->marked_from && (uint64_t)offset - (uint64_t)map->marked_from < map->marked_count;
}

static void set_mark(struct offset_map *map, int64_t offset, enum offset_mark mark)
{
    if (!is_marked(map, offset))
        return;
    size_t at = (size_t)(offset - map->marked_from);
    map->marks[at / MARKS_IN_WORD] &= ~(UINT64_C(3) << (at % MARKS_IN_WORD * MARK_BITS));
    map->marks[at / MARKS_IN_WORD] |= (uint64_t)mark << (at % MARKS_IN_WORD * MARK_BITS);
}

enum offset_mark offset_map_mark_of(const struct offset_map *map, int64_t offset)
{
    if (!is_marked(map, offset))
        return OFFSET_UNKNOWN;
    size_t at = (size_t)(offset - map->marked_from);
    return (enum offset_mark)(map->marks[at / MARKS_IN_WORD] >> (at % MARKS_IN_WORD * MARK_BITS) & 3);
}

bool offset_map_are_replaced(const struct offset_map *map, int64_t first, int64_t last)
{
    const uint64_t all_replaced = UINT64_C(0xaaaaaaaaaaaaaaaa);
    if (first > last || !is_marked(map, first) || !is_marked(map, last))
        return false;
    size_t from = (size_t)(first - map->marked_from), to = (size_t)(last - map->marked_from);
    size_t word = from / MARKS_IN_WORD, last_word = to / MARKS_IN_WORD;
    uint64_t wanted = UINT64_MAX << (from % MARKS_IN_WORD * MARK_BITS);
    uint64_t wanted_last = UINT64_MAX >> ((MARKS_IN_WORD - 1 - to % MARKS_IN_WORD) * MARK_BITS);
    for (; word < last_word; word++, wanted = UINT64_MAX)
        if (((map->marks[word] ^ all_replaced) & wanted) != 0)
            return false;
    return ((map->marks[word] ^ all_replaced) & wanted & wanted_last) == 0;
}

/* ---- keys ---- */

/* As large a part of the slots as the upper half of the hash is of its values: a division takes longer. */
static size_t place_of(const struct offset_map *map, const struct offset_key *key)
{
    return (size_t)((key->hash[0] >> 32) * (uint64_t)map->slot_count >> 32);
}

struct offset_key offset_map_key(const struct offset_map *map, kw_bytes key)
{
    struct offset_key out;
    siphash_128(map->secret, key.data, key.len > 0 ? (size_t)key.len : 0, out.hash);
    out.hash[1] |= out.hash[0] == 0 && out.hash[1] == 0; /* that is a free slot */
    KW_PREFETCH(&map->slots[place_of(map, &out)]);
    return out;
}

static bool is_free(const struct offset_slot *slot)
{
    return slot->hash[0] == 0 && slot->hash[1] == 0;
}

/* The slot of the key, or the free one where it belongs. */
static struct offset_slot *find(const struct offset_map *map, const struct offset_key *key)
{
    for (size_t at = place_of(map, key);; at = at + 1 < map->slot_count ? at + 1 : 0) {
        struct offset_slot *slot = &map->slots[at];
        if (is_free(slot) || (slot->hash[0] == key->hash[0] && slot->hash[1] == key->hash[1]))
            return slot;
    }
}

void offset_map_put(struct offset_map *map, const struct offset_key *key, int64_t offset)
{
    struct offset_slot *slot = find(map, key);
    if (is_free(slot))
        map->count++;
    else
        set_mark(map, slot->offset, OFFSET_REPLACED);
    set_mark(map, offset, OFFSET_LATEST);
    *slot = (struct offset_slot){{key->hash[0], key->hash[1]}, offset};
}

int64_t offset_map_get(const struct offset_map *map, const struct offset_key *key)
{
    const struct offset_slot *slot = find(map, key);
    return is_free(slot) ? -1 : slot->offset;
}
