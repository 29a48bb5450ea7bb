/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_CONTENTS_H
#define SERVER_LOG_LOG_CONTENTS_H

/* What is stored of one partition: the segments in its folder, from where to where it goes, and its transactions. It
 * holds memory and no file, so that thousands can be open; segments are opened one by one as they are used.
 *
 * A snapshot is what a reader sees: it stays as it is, however the log changes, until it is released. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/status.h>
#include <kwire/storage/checkpoint.h>
#include <kwire/storage/index.h>

#include "../base/problem.h"
#include "growing_index.h"
#include "segment.h"

struct open_segment;

/* What is remembered of a segment whether it is open or not. It is counted: its log has a reference, and whoever has it
 * open. */
struct log_segment {
    atomic_size_t references; /* private */
    int64_t base_offset;
    bool has_index; /* false: the folder is not, or no longer, as Kafka keeps it; nothing is known about the segment */
    bool has_txn_index;
    /* Private fields of the segment cache, under its lock: */
    struct open_segment *open; /* NULL: it is not */
    size_t verified_from;      /* batches that were checked and found valid: from here */
    size_t verified_to;        /* to here */
    size_t map_capacity;       /* of its mapping, while it is written to; 0: it is not */
    size_t file_size;          /* of one that is finished, for log_retain() alone; 0: not known */
    atomic_bool is_removed;    /* its files have, or get, names that end in .deleted */
    atomic_bool is_elsewhere;  /* its folder has, or gets, another name */
    atomic_bool was_open;
    atomic_bool is_reported; /* what is wrong with it */
    atomic_bool is_suspect; /* a sync has failed: pages may be lost at any time, so it is checked whenever it is read */
    atomic_size_t appended_from; /* from here on this process has written it, or checked it before it wrote more */
    atomic_size_t recent_from;   /* until that time, by clock_coarse_ms(), bytes from here on count as in memory, as */
    atomic_int_least64_t recent_until;  /* they have just been written */
    atomic_int_least64_t max_timestamp; /* of all its batches; see segment_max_timestamp() */
    atomic_int_least64_t limit_offset;  /* where the next segment starts; INT64_MAX: it is the last one */
};

/* Segments, counted together. */
struct segment_list {
    atomic_size_t references; /* private */
    size_t count;
    size_t capacity;
    struct log_segment *items[];
};

/* The offsets that files of producers are named for, ascending. */
struct producer_snapshots {
    int64_t *offsets;
    size_t len;
};

/* Shared by snapshots. Nothing in it changes: a log that is written to gets new contents, which share what is the same.
 * What is not in them changes with every record, and is in the snapshot. */
struct log_contents {
    atomic_size_t references; /* private, as are the next three */
    struct loaded_memory *loaded;
    struct segment_list *list;
    struct index_block *epoch_block, *aborted_block;
    const char *folder;
    struct log_segment *const *segments; /* ascending; may be none */
    size_t segment_count;
    kw_leader_epochs epochs;       /* empty if there is no leader-epoch-checkpoint */
    const kw_aborted_txn *aborted; /* by last_offset, ascending */
    size_t aborted_count;
    struct producer_snapshots snapshots; /* as they were when the log was loaded */
    bool is_growing; /* the last segment is written to; its indexes are these, and not yet in files */
    struct index_block *offset_entries; /* NULL: none */
    struct index_block *time_entries;
};

struct log_snapshot {
    const struct log_contents *contents;
    int64_t log_start_offset;   /* of the first record that may be read */
    int64_t last_stable_offset; /* below it all transactions are decided */
    int64_t high_watermark;     /* below it records are on all replicas in sync, and may be read by clients */
    int64_t log_end_offset;     /* that the next record would get */
    size_t active_size;         /* bytes of the last segment that are valid */
    size_t offset_index_size;   /* bytes of its indexes, while it is written to */
    size_t time_index_size;
    int64_t active_max_timestamp; /* of the last segment, while it is written to */
};

/* Reads what is in a folder, with at most `limit` bytes of memory besides segments. `start_offset` is what
 * log-start-offset-checkpoint says, or -1. The last segment is read from the last entry of its index on, or with
 * CHECK_CRC in `what` from its beginning with all checksums, as Kafka does after a crash; the log ends before the first
 * batch that is not valid, which is reported. Open and aborted transactions are known from .snapshot and .txnindex;
 * what these do not cover is looked for in the segments. As long as the node is alone, records are on all replicas as
 * soon as they are in the log: the high watermark is its end.
 *
 * The status is of the folder and of memory; problems with single files are reported only. But with CHECK_TO_WRITE a
 * last segment that cannot be read is an error, as what is appended would take the place of its records; and so are
 * leader epochs if the disk fails, as they would be forgotten. With CHECK_STARTS it is reported
 * if the first leader epoch is below `start_offset`, though not below the first segment: one of the two files, which
 * have no checksum, is damaged. */
kw_status log_load(struct log_snapshot *out, const char *folder, int64_t start_offset, unsigned what, size_t limit,
                   const struct problem_listener *listener);

/* Without a folder: nothing is in it. KW_ERR_NO_MEMORY. */
kw_status log_load_nothing(struct log_snapshot *out);

/* ---- changes ---- */

/* A copy to be changed before anybody else sees it. NULL: there is no memory. */
struct log_contents *log_contents_copy(const struct log_contents *contents);
void log_contents_release(struct log_contents *contents);

struct log_segment *log_segment_create(int64_t base_offset);

/* These change a copy; false: there is no memory. Segments: those from `from` to before `to`, and one more, which the
 * contents share, unless it is NULL. */
bool log_contents_set_segments(struct log_contents *contents, size_t from, size_t to, struct log_segment *more);

/* One segment in the place of `count` from `first` on; aborted transactions that ended in them are replaced by others.
 */
bool log_contents_replace(struct log_contents *contents, size_t first, size_t count, struct log_segment *by,
                          const kw_aborted_txn *aborted, size_t aborted_count);
bool log_contents_set_epochs(struct log_contents *contents, const kw_leader_epoch *epochs, size_t count);

/* Without those that end at the log's start or before it; the first that is left starts there. */
bool log_contents_drop_epochs(struct log_contents *contents, int64_t log_start_offset);

/* They are not those that the file had when the log was loaded. */
bool log_contents_has_new_epochs(const struct log_contents *contents);
bool log_contents_reserve_aborted(struct log_contents *contents, size_t count);

/* With capacity for it. */
void log_contents_add_aborted(struct log_contents *contents, const kw_aborted_txn *txn);

/* Without those that ended before the offset. */
bool log_contents_drop_aborted(struct log_contents *contents, int64_t offset);

/* The indexes of the last segment, which the contents share; both may be NULL. */
void log_contents_set_indexes(struct log_contents *contents, struct index_block *offsets, struct index_block *times);

/* ---- snapshots ---- */

/* Another snapshot of the same. */
struct log_snapshot log_snapshot_share(const struct log_snapshot *snapshot);
void log_snapshot_release(struct log_snapshot *snapshot);

void log_segment_share(struct log_segment *segment);
void log_segment_release(struct log_segment *segment);

/* The index of the segment that has `offset`, which may lie in a gap or at the end. False if it is below the log. */
bool log_find_segment(const struct log_snapshot *snapshot, int64_t offset, size_t *index);

/* The aborted transactions that have records in start_offset <= offset < end_offset; *i is 0 at first:
 *
 *     for (size_t i = 0; log_next_aborted(snapshot, &i, start, end, &txn);) */
bool log_next_aborted(const struct log_snapshot *snapshot, size_t *i, int64_t start_offset, int64_t end_offset,
                      kw_aborted_txn *out);

/* Reads all segments as segment_check() does, and checks that each begins where the one before has ended or later. What
 * is wrong is reported; *valid says whether nothing was. The status is of a file that could not be opened. */
kw_status log_check(const struct log_snapshot *snapshot, unsigned what, const struct problem_listener *listener,
                    bool *valid);

#endif
