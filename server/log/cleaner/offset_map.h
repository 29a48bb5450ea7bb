/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_OFFSET_MAP_H
#define SERVER_LOG_CLEANER_OFFSET_MAP_H

/* The last offset of each key of the part of a log that is to be cleaned. Keys are known by a hash of 128 bits with a
 * secret (SipHash-2-4), so that nobody can make two keys that count as one. Source: SkimpyOffsetMap in Kafka, which
 * takes the same memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

enum { OFFSET_MAP_SLOT_SIZE = 24, OFFSET_MAP_SECRET_SIZE = 16 };

#define OFFSET_MAP_SLOTS_MAX UINT32_MAX

struct offset_slot {
    uint64_t hash[2]; /* both 0: the slot is free */
    int64_t offset;
};

/* To look at. */
struct offset_map {
    struct offset_slot *slots; /* private, as is the secret */
    size_t slot_count;
    size_t count;   /* of keys */
    int64_t latest; /* what has been mapped ends here: a later record is not known; -1: nothing has been mapped */
    uint64_t secret[2];
    uint64_t *marks; /* private: two bits for each offset from `marked_from` on; NULL: there are none */
    int64_t marked_from;
    size_t marked_count;
};

/* What the map knows of the record at an offset, without its key. */
enum offset_mark {
    OFFSET_UNKNOWN, /* the key has to be looked up */
    OFFSET_LATEST,  /* of its key */
    OFFSET_REPLACED
};

/* With 1 to OFFSET_MAP_SLOTS_MAX slots. False: there is no memory. */
bool offset_map_init(struct offset_map *map, size_t slot_count, const uint8_t secret[OFFSET_MAP_SECRET_SIZE]);
void offset_map_finish(struct offset_map *map);

/* A key, which is not null, as the map knows it. Its slot is on its way into the processor's cache: who has several
 * keys calls this with all of them before it asks for the first one, and so waits for memory once. */
struct offset_key {
    uint64_t hash[2];
};

struct offset_key offset_map_key(const struct offset_map *map, kw_bytes key);

/* From now on it is remembered which of these offsets are replaced, where there is memory for that. It is for offsets
 * that only one record has; offset_map_forget_marks() ends it. */
void offset_map_mark(struct offset_map *map, int64_t from, size_t count);
void offset_map_forget_marks(struct offset_map *map);

enum offset_mark offset_map_mark_of(const struct offset_map *map, int64_t offset);

/* Whether each of these offsets, of which the last one counts, has the mark OFFSET_REPLACED. */
bool offset_map_are_replaced(const struct offset_map *map, int64_t first, int64_t last);

/* The key has this offset now. One slot at least must be free. */
void offset_map_put(struct offset_map *map, const struct offset_key *key, int64_t offset);

/* -1: the map does not have the key. */
int64_t offset_map_get(const struct offset_map *map, const struct offset_key *key);

/* SipHash-2-4 with a result of 128 bits. */
void siphash_128(const uint64_t secret[2], const uint8_t *data, size_t size, uint64_t hash[2]);

#endif
