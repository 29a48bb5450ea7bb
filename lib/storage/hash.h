/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_HASH_H
#define KWI_STORAGE_HASH_H

/* From the hash of a key to the index of an item that lies elsewhere. Nothing is ever taken out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>

typedef struct kwi_slot {
    uint32_t hash;
    uint32_t item; /* index + 1; 0: free */
} kwi_slot;

typedef struct kwi_hash {
    kwi_slot *slots;
    size_t capacity; /* power of two */
    size_t used;
} kwi_hash;

#define KWI_HASH_START UINT32_C(2166136261)
#define KWI_NOT_FOUND SIZE_MAX

typedef bool (*kwi_same)(const void *items, size_t index, const void *key);

uint32_t kwi_hash_bytes(uint32_t hash, const void *data, size_t size);

/* The index of the item with this key, or KWI_NOT_FOUND. */
size_t kwi_hash_find(const kwi_hash *h, uint32_t hash, kwi_same same, const void *items, const void *key);

/* False if the arena is full. */
KW_NODISCARD bool kwi_hash_add(kwi_hash *h, uint32_t hash, size_t index, kw_arena *arena);

#endif
