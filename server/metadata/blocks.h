/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_BLOCKS_H
#define SERVER_METADATA_BLOCKS_H

/* One allocation that holds a struct and everything that it points to. Its size is added up first, with the same steps
 * as are taken from it afterwards, bytes of text in any order at the end. */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/view.h>

struct block {
    char *next;
    char *end;
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
    if (block->next == NULL)
        return false;
    block->end = block->next + size;
    return true;
}

/* What is taken next, which must have been added up. */
static inline void *block_advance(struct block *block, size_t past, size_t size)
{
    assert(past + size <= (size_t)(block->end - block->next));
    char *items = block->next + past;
    block->next = items + size;
    return items;
}

static inline void *block_take(struct block *block, size_t count, size_t item_size)
{
    size_t past = (size_t)((uintptr_t)block->next % BLOCK_ALIGNMENT);
    return block_advance(block, past != 0 && count != 0 ? BLOCK_ALIGNMENT - past : 0, count * item_size);
}

/* These replace what an array or text points to by a copy. */
static inline void block_int32s(struct block *block, kw_int32_array *array)
{
    if (array->len <= 0)
        return;
    size_t past = (4 - (uintptr_t)block->next % 4) % 4, size = (size_t)array->len * sizeof *array->items;
    array->items = memcpy(block_advance(block, past, size), array->items, size);
}

static inline void block_uuids(struct block *block, kw_uuid_array *array)
{
    if (array->len <= 0)
        return;
    kw_uuid *copy = block_take(block, (size_t)array->len, sizeof *copy);
    memcpy(copy, array->items, (size_t)array->len * sizeof *copy);
    array->items = copy;
}

static inline void block_bytes(struct block *block, kw_bytes *bytes)
{
    if (bytes->len <= 0)
        return;
    memcpy(block->next, bytes->data, (size_t)bytes->len);
    bytes->data = (const uint8_t *)block->next;
    block->next += bytes->len;
}

static inline void block_string(struct block *block, kw_string *text)
{
    if (text->len <= 0)
        return;
    text->data = memcpy(block_advance(block, 0, (size_t)text->len), text->data, (size_t)text->len);
}

#endif
