/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_HASH_H
#define SERVER_BASE_HASH_H

/* From the hash of a key to the index of an item that lies elsewhere. Nothing is ever taken out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

struct hash_slot {
    uint32_t hash;
    uint32_t item; /* index + 1; 0: free */
};

struct hash {
    struct hash_slot *slots;
    size_t capacity; /* power of two */
    size_t used;
};

#define HASH_START UINT32_C(2166136261)
#define HASH_NOT_FOUND SIZE_MAX

typedef bool (*hash_same)(const void *items, size_t index, const void *key);

uint32_t hash_bytes(uint32_t hash, const void *data, size_t size);

/* A null text has the hash of an empty one. */
uint32_t hash_text(uint32_t hash, kw_string text);

/* The index of the item with this key, or HASH_NOT_FOUND. *steps grows by the number of other items that were in the
 * way. */
size_t hash_find(const struct hash *h, uint32_t hash, hash_same same, const void *items, const void *key,
                 uint64_t *steps);

/* False if the arena is full. */
bool hash_add(struct hash *h, uint32_t hash, size_t index, kw_arena *arena);

#endif
