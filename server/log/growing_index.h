/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_GROWING_INDEX_H
#define SERVER_LOG_GROWING_INDEX_H

/* Offset and time index of the active segment, in memory, as the bytes of the files. A block is counted: its writer has
 * a reference, and so has each snapshot. Entries are added behind those that snapshots know of; a block that is full is
 * replaced by a larger copy. So nothing that a reader sees ever moves or changes. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/status.h>
#include <kwire/storage/index.h>

struct index_block {
    atomic_size_t references; /* private */
    size_t capacity;
    _Alignas(int64_t) uint8_t bytes[];
};

struct index_block *index_block_create(size_t capacity);
void index_block_share(struct index_block *block);

/* NULL is allowed. */
void index_block_release(struct index_block *block);

/* The writer's side; one of zero bytes has no entries. */
struct growing_index {
    struct index_block *block; /* NULL: it has no entries */
    size_t size;               /* bytes of entries */
};

void growing_index_finish(struct growing_index *index);

/* Capacity for `bytes` more, so that adding them cannot fail. KW_ERR_NO_MEMORY. */
kw_status growing_index_reserve(struct growing_index *index, size_t bytes);

/* With capacity for the entry, which fits into a segment of that base offset. */
void growing_index_add_offset(struct growing_index *index, int64_t base_offset, kw_offset_entry entry);
void growing_index_add_time(struct growing_index *index, int64_t base_offset, kw_time_entry entry);

/* The last entry; the base offset and no timestamp if there is none. */
kw_time_entry growing_index_last_time(const struct growing_index *index, int64_t base_offset);
int64_t growing_index_last_offset(const struct growing_index *index, int64_t base_offset);

#endif
