/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_INDEX_H
#define KWIRE_STORAGE_INDEX_H

/* The index files of a segment: views of bytes that the caller owns, and their entries. A file that Kafka allocated
 * in advance and did not truncate ends in zeros, and a truncated one in part of an entry; both are ignored.
 *
 * Entries are not trusted: the caller compares them with the log. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/messages/aborted_txn.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* .index: 8 bytes per entry. */
typedef struct kw_offset_index {
    const uint8_t *data;
    size_t count;
    int64_t base_offset;
} kw_offset_index;

typedef struct kw_offset_entry {
    int64_t offset;    /* of the last record of a batch */
    uint32_t position; /* where that batch starts in the log */
} kw_offset_entry;

/* .timeindex: 12 bytes per entry. */
typedef struct kw_time_index {
    const uint8_t *data;
    size_t count;
    int64_t base_offset;
} kw_time_index;

typedef struct kw_time_entry {
    int64_t timestamp; /* no record up to the offset has a greater one */
    int64_t offset;    /* of the last record of the batch with that timestamp */
} kw_time_entry;

/* .txnindex: 34 bytes per entry, a version and a kw_aborted_txn, one for each aborted transaction whose marker is in
 * this segment. last_offset is the marker's; last_stable_offset is that of the time when the entry was written. */
typedef struct kw_txn_index {
    const uint8_t *data;
    size_t count;
    size_t trailing; /* bytes of a truncated entry at the end */
} kw_txn_index;

/* Bytes per entry of each file. */
enum { KW_OFFSET_ENTRY_SIZE = 8, KW_TIME_ENTRY_SIZE = 12, KW_ABORTED_TXN_SIZE = 34 };

KW_BEGIN_DECLS

/* Views of the `size` bytes of a file at `data`, which must outlive them. `base_offset` is that of the segment. */
KW_API void kw_offset_index_init(kw_offset_index *index, const void *data, size_t size, int64_t base_offset);
KW_API void kw_time_index_init(kw_time_index *index, const void *data, size_t size, int64_t base_offset);
KW_API void kw_txn_index_init(kw_txn_index *index, const void *data, size_t size);

/* The entry at i < count. */
KW_API kw_offset_entry kw_offset_index_at(const kw_offset_index *index, size_t i);
KW_API kw_time_entry kw_time_index_at(const kw_time_index *index, size_t i);

/* The last entry whose offset is not above `offset`, or whose timestamp is below `timestamp`. False if there is
 * none: then a search begins at the start of the segment. */
KW_API bool kw_offset_index_find(const kw_offset_index *index, int64_t offset, kw_offset_entry *out);
KW_API bool kw_time_index_find(const kw_time_index *index, int64_t timestamp, kw_time_entry *out);

/* The entry at i < count. KW_ERR_VERSION; KW_ERR_FILE_FORMAT: impossible numbers. */
KW_API KW_NODISCARD kw_status kw_txn_index_at(const kw_txn_index *index, size_t i, kw_aborted_txn *out);

/* Writes one entry of the file whose segment has `base_offset`. Returns the writer's status; KW_ERR_ARGUMENT for an
 * offset below the base offset or more than INT32_MAX above it, a position above INT32_MAX, and entries that
 * kw_txn_index_at() would refuse. */
KW_API kw_status kw_offset_entry_write(kw_writer *w, int64_t base_offset, const kw_offset_entry *entry);
KW_API kw_status kw_time_entry_write(kw_writer *w, int64_t base_offset, const kw_time_entry *entry);
KW_API kw_status kw_aborted_txn_write(kw_writer *w, const kw_aborted_txn *txn);

KW_END_DECLS
#endif
