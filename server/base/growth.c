/* SPDX-License-Identifier: Apache-2.0 */
#include "growth.h"

#include <string.h>

void *arena_grow(kw_arena *arena, void *items, size_t len, size_t *capacity, size_t item_size)
{
    if (len < *capacity)
        return items;
    size_t wanted = *capacity < 4 ? 8 : *capacity * 2;
    void *copy = kw_arena_array(arena, wanted, item_size);
    if (copy == NULL)
        return NULL;
    if (len != 0)
        memcpy(copy, items, len * item_size);
    *capacity = wanted;
    return copy;
}

kw_string arena_copy_string(kw_arena *arena, kw_string s)
{
    if (s.len < 0)
        return s;
    char *copy = kw_arena_alloc(arena, (size_t)s.len + 1);
    if (copy != NULL) {
        if (s.len > 0)
            memcpy(copy, s.data, (size_t)s.len);
        copy[s.len] = '\0';
    }
    s.data = copy;
    return s;
}

bool arena_put_string(kw_arena *arena, kw_string from, kw_string *to)
{
    *to = arena_copy_string(arena, from);
    return from.len < 0 || to->data != NULL;
}

bool arena_put_strings(kw_arena *arena, kw_string_array from, kw_string_array *to)
{
    kw_string *copies = kw_arena_array(arena, (size_t)from.len + 1, sizeof *copies);
    bool fine = copies != NULL;
    for (int32_t i = 0; i < from.len && fine; i++)
        fine = arena_put_string(arena, from.items[i], &copies[i]);
    *to = (kw_string_array){copies, from.len};
    return fine;
}
