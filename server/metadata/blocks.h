/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_BLOCKS_H
#define SERVER_METADATA_BLOCKS_H

/* One allocation that holds a struct and everything that it points to. Its size is added up first, with the same steps
 * as are taken from it afterwards, bytes of text in any order at the end. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/view.h>

struct block {
    char *next;
};

enum { BLOCK_ALIGNMENT = 8 };

/* `size`, and `count` items more, with what it may take to align them. */
static inline size_t block_size(size_t size, size_t count, size_t item_size)
{
    return count != 0 ? size + (BLOCK_ALIGNMENT - 1) + count * item_size : size;
}

static inline bool block_create(struct block *block, size_t size)
{
    block->next = malloc(size);
    return block->next != NULL;
}

static inline void *block_take(struct block *block, size_t count, size_t item_size)
{
    size_t past = (size_t)((uintptr_t)block->next % BLOCK_ALIGNMENT);
    char *items = block->next + (past != 0 && count != 0 ? BLOCK_ALIGNMENT - past : 0);
    block->next = items + count * item_size;
    return items;
}

/* These replace what an array or text points to by a copy. */
static inline void block_int32s(struct block *block, kw_int32_array *array)
{
    if (array->len <= 0)
        return;
    int32_t *copy = (int32_t *)(void *)(block->next + (4 - (uintptr_t)block->next % 4) % 4);
    memcpy(copy, array->items, (size_t)array->len * sizeof *copy);
    block->next = (char *)(copy + array->len);
    array->items = copy;
}

static inline void block_uuids(struct block *block, kw_uuid_array *array)
{
    if (array->len <= 0)
        return;
    kw_uuid *copy = block_take(block, (size_t)array->len, sizeof *copy);
    memcpy(copy, array->items, (size_t)array->len * sizeof *copy);
    array->items = copy;
}

static inline void block_string(struct block *block, kw_string *text)
{
    if (text->len <= 0)
        return;
    memcpy(block->next, text->data, (size_t)text->len);
    text->data = block->next;
    block->next += text->len;
}

#endif
