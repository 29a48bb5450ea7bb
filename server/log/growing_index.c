/* SPDX-License-Identifier: Apache-2.0 */
#include "growing_index.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>
#include <kwire/record_batch.h>

enum { FIRST_CAPACITY = 480 }; /* a multiple of both entries' sizes */

struct index_block *index_block_create(size_t capacity)
{
    struct index_block *block = malloc(sizeof *block + capacity);
    if (block == NULL)
        return NULL;
    atomic_init(&block->references, 1);
    block->capacity = capacity;
    return block;
}

void index_block_share(struct index_block *block)
{
    if (block != NULL)
        atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
}

void index_block_release(struct index_block *block)
{
    if (block != NULL && atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel) == 1)
        free(block);
}

void growing_index_finish(struct growing_index *index)
{
    index_block_release(index->block);
    index->block = NULL;
    index->size = 0;
}

kw_status growing_index_reserve(struct growing_index *index, size_t bytes)
{
    size_t capacity = index->block != NULL ? index->block->capacity : 0;
    if (bytes <= capacity - index->size)
        return KW_OK;
    size_t wanted = capacity == 0 ? FIRST_CAPACITY : capacity * 2;
    if (wanted - index->size < bytes)
        wanted = index->size + bytes;
    struct index_block *block = index_block_create(wanted);
    if (block == NULL)
        return KW_ERR_NO_MEMORY;
    if (index->size != 0)
        memcpy(block->bytes, index->block->bytes, index->size);
    index_block_release(index->block);
    index->block = block;
    return KW_OK;
}

static uint8_t *take(struct growing_index *index, size_t bytes)
{
    uint8_t *at = index->block->bytes + index->size;
    index->size += bytes;
    return at;
}

void growing_index_add_offset(struct growing_index *index, int64_t base_offset, kw_offset_entry entry)
{
    uint8_t *at = take(index, KW_OFFSET_ENTRY_SIZE);
    kw_store_be32(at, (uint32_t)(entry.offset - base_offset));
    kw_store_be32(at + 4, entry.position);
}

void growing_index_add_time(struct growing_index *index, int64_t base_offset, kw_time_entry entry)
{
    uint8_t *at = take(index, KW_TIME_ENTRY_SIZE);
    kw_store_be64(at, (uint64_t)entry.timestamp);
    kw_store_be32(at + 8, (uint32_t)(entry.offset - base_offset));
}

kw_time_entry growing_index_last_time(const struct growing_index *index, int64_t base_offset)
{
    kw_time_entry last = {KW_NO_TIMESTAMP, base_offset};
    if (index->size != 0) {
        const uint8_t *at = index->block->bytes + index->size - KW_TIME_ENTRY_SIZE;
        last.timestamp = (int64_t)kw_load_be64(at);
        last.offset = base_offset + kw_load_be32(at + 8);
    }
    return last;
}

int64_t growing_index_last_offset(const struct growing_index *index, int64_t base_offset)
{
    if (index->size == 0)
        return base_offset;
    return base_offset + kw_load_be32(index->block->bytes + index->size - KW_OFFSET_ENTRY_SIZE);
}
