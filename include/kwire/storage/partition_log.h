/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_PARTITION_LOG_H
#define KWIRE_STORAGE_PARTITION_LOG_H

/* The log of one partition: the segments in its folder, from where to where it goes, and its transactions. It holds
 * memory in an arena and no file, so that thousands may be at hand; segments are opened one by one as they are used.
 * Once opened it does not change, and many threads may read it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/records.h>
#include <kwire/status.h>
#include <kwire/storage/checkpoint.h>
#include <kwire/storage/index.h>
#include <kwire/storage/problem.h>
#include <kwire/storage/segment.h>

typedef struct kw_log_segment {
    int64_t base_offset;
    bool has_index; /* false: the folder is not, or no longer, as Kafka keeps it; nothing is known about the segment */
    bool has_txn_index;
} kw_log_segment;

typedef struct kw_partition_log {
    const char *folder;
    kw_log_segment *segments; /* ascending; may be none */
    size_t segment_count;
    int64_t start_offset;       /* of the first record that may be read */
    int64_t end_offset;         /* that the next record would get */
    int64_t last_stable_offset; /* below it all transactions are decided */
    kw_leader_epochs epochs;    /* empty if there is no leader-epoch-checkpoint */
    kw_aborted_txn *aborted;    /* by last_offset, ascending */
    size_t aborted_count;
    kw_segment_end tail; /* how the last segment ends; its position is the size of what is sound */
} kw_partition_log;

/* A record that was looked for by time. */
typedef struct kw_time_offset {
    int64_t timestamp;
    int64_t offset;       /* -1: there is none */
    int32_t leader_epoch; /* of its batch */
} kw_time_offset;

KW_BEGIN_DECLS

/* Reads what is in a folder. `start_offset` is what log-start-offset-checkpoint says, or -1. The last segment is looked
 * through from the last entry of its index on, or with KW_CHECK_CRC in `what` from its beginning with all checksums, as
 * Kafka does after a crash; the log ends before the first batch that is not sound, which is reported. Open and aborted
 * transactions are known from .snapshot and .txnindex; what these do not cover is looked for in the segments.
 *
 * The status is of the folder and of memory; problems with single files are reported only. */
KW_API KW_NODISCARD kw_status kw_partition_log_open(kw_partition_log *log, const char *folder, int64_t start_offset,
                                                    unsigned what, kw_arena *arena, const kw_disk_listener *listener);

/* The index of the segment that has `offset`, which may lie in a gap or at the end. False if it is below the log. */
KW_API KW_NODISCARD bool kw_partition_log_segment(const kw_partition_log *log, int64_t offset, size_t *index);

/* The aborted transactions that have records in start_offset <= offset < end_offset; *i is 0 at first:
 *
 *     for (size_t i = 0; kw_partition_log_aborted(log, &i, start, end, &txn);) */
KW_API bool kw_partition_log_aborted(const kw_partition_log *log, size_t *i, int64_t start_offset, int64_t end_offset,
                                     kw_aborted_txn *out);

/* The first record whose timestamp is `timestamp` or later. Compressed batches need a decompressor and scratch, see
 * kw_records_init(). The status is that of the file or of the batch that could not be read. */
KW_API KW_NODISCARD kw_status kw_partition_log_find_time(const kw_partition_log *log, int64_t timestamp,
                                                         kw_decompressor *decompressor, kw_writer *scratch,
                                                         kw_time_offset *out);

/* The first record that has the greatest timestamp of all, also of those before the log's start that are still there.
 */
KW_API KW_NODISCARD kw_status kw_partition_log_find_newest(const kw_partition_log *log, kw_decompressor *decompressor,
                                                           kw_writer *scratch, kw_time_offset *out);

/* Reads all segments as kw_segment_check() does, and sees that each begins where the one before has ended or later.
 * What is wrong is reported; *sound tells whether nothing was. The status is of a file that could not be opened. */
KW_API KW_NODISCARD kw_status kw_partition_log_check(const kw_partition_log *log, unsigned what,
                                                     const kw_disk_listener *listener, bool *sound);

KW_END_DECLS
#endif
