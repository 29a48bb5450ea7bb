/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_STRING_MAP_H
#define TOOLS_DIFF_STRING_MAP_H

/* A map with string keys. The slots are in an arena; the caller owns keys and values. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>

typedef struct map_slot {
    const char *key; /* NULL: free */
    size_t size;
    void *value;
} map_slot;

typedef struct string_map {
    kw_arena *arena;
    map_slot *slots;
    size_t cap; /* 0 or a power of two */
    size_t count;
} string_map;

void string_map_init(string_map *m, kw_arena *arena);

/* NULL if the key is missing. */
void *string_map_find(const string_map *m, const char *key, size_t size);

/* Adds a key that is missing; false if it exists. Exits if memory is short. */
bool string_map_add(string_map *m, const char *key, size_t size, void *value);

#endif
