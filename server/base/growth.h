/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_GROWTH_H
#define SERVER_BASE_GROWTH_H

/* Arrays and texts in an arena. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>
#include <kwire/view.h>

/* `*items` with capacity for one more after `len`, copied to twice the capacity when it is full; NULL if the arena is.
 */
void *arena_grow(kw_arena *arena, void *items, size_t len, size_t *capacity, size_t item_size);

/* A copy with a zero byte behind it; data is NULL if the arena is full. Null stays null. */
kw_string arena_copy_string(kw_arena *arena, kw_string s);

/* The same, to *to. False: the arena is full. */
bool arena_put_string(kw_arena *arena, kw_string from, kw_string *to);
bool arena_put_strings(kw_arena *arena, kw_string_array from, kw_string_array *to);

#endif
