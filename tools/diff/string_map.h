/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_STRING_MAP_H
#define TOOLS_DIFF_STRING_MAP_H

/* Values by text. The slots live in an arena; texts and values are the caller's. */

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

/* NULL if it is not there. */
void *string_map_find(const string_map *m, const char *key, size_t size);

/* Only if it is not there yet; then true. Ends the program where there is no memory. */
bool string_map_add(string_map *m, const char *key, size_t size, void *value);

#endif
