/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_SEGMENT_H
#define SERVER_LOG_SEGMENT_H

/* One segment of a partition's log: <base offset>.log with the indexes beside it, mapped. It stays open until it is
 * closed, and may then be searched by many threads at once. Indexes only make it faster: where one is missing, damaged
 * or older than the log, the log itself is searched. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/batches.h>
#include <kwire/records.h>
#include <kwire/status.h>
#include <kwire/storage/index.h>

#include "../base/file.h"
#include "../base/problem.h"

struct segment {
    struct file_map log;
    struct file_map index; /* these three: not open if the file is missing */
    struct file_map time_index;
    struct file_map txn_index;
    kw_offset_index offsets; /* views of the above */
    kw_time_index times;
    kw_txn_index aborted;
    int64_t base_offset;
};

/* Where the valid part of a segment ends. */
struct segment_end {
    size_t position;       /* bytes of whole, valid batches */
    int64_t next_offset;   /* that follows the last of them; the base offset if there is none */
    int64_t max_timestamp; /* of the batches that were looked at; -1: none has one */
    kw_status status;      /* why it ends: KW_OK, KW_ERR_TORN, or what is wrong with the batch at error_at */
    size_t error_at;       /* byte of the file */
    bool zeros;            /* status KW_OK: the file continues with 12 zeros or more, as it was allocated ahead */
};

/* What segment_check() looks at; or'ed together. */
enum {
    CHECK_CRC = 1,        /* checksums of batches */
    CHECK_INDEXES = 2,    /* every entry of the indexes */
    CHECK_FROM_INDEX = 4, /* start at the last entry of the index that is true, not at the beginning */
    CHECK_TO_WRITE = 8,   /* of log_load(): the log is going to be written to */
    CHECK_STARTS = 16     /* of log_load(): it was closed in order, so two files agree on its start */
};

/* Opens <folder>/<base_offset>.log and the indexes that exist. The segment is used without an index
 * that cannot be opened, which is reported. The status is that of the log. */
kw_status segment_open(struct segment *segment, const char *folder, int64_t base_offset,
                       const struct problem_listener *listener);

/* The log of a segment that is being written to, mapped with capacity for what is appended later, and without indexes,
 * which are not in files yet. */
kw_status segment_open_growing(struct segment *segment, const char *folder, int64_t base_offset, size_t capacity);

/* The log of a segment that is being removed, by its name that ends in .deleted, and without indexes. */
kw_status segment_open_deleted(struct segment *segment, const char *folder, int64_t base_offset);

/* file_reading_start() of its files, or of those of a view of it. */
void segment_reading_start(const struct segment *segment, struct file_reading *reading);

/* file_reading_end(), then segment_close(); errno is that of the status. */
kw_status segment_close_read(struct segment *segment, struct file_reading *reading);

/* When the file of a segment was written to last, in ms since 1970; -1: not known. */
int64_t segment_modified_ms(const char *folder, int64_t base_offset);

/* A segment of bytes in memory, without indexes; they stay the caller's. */
void segment_wrap(struct segment *segment, const void *log, size_t size, int64_t base_offset);

/* Closes it; views of it end here. Does nothing to one that is not open. */
void segment_close(struct segment *segment);

/* The batches from `position` on, where one must begin. kw_batch.position counts from the file's beginning. */
void segment_batches(const struct segment *segment, size_t position, kw_batches *out);

/* Where a batch begins before any that `offset` could be in; 0 where the index does not help. */
size_t segment_position_before(const struct segment *segment, int64_t offset);

/* The first batch that has records at `offset` or after it. False if there is none before the end of the valid part. */
bool segment_find_offset(const struct segment *segment, int64_t offset, kw_batch *out);

/* The first batch whose greatest timestamp is `timestamp` or later and that has records at `offset` or after it. */
bool segment_find_time(const struct segment *segment, int64_t timestamp, int64_t offset, kw_batch *out);

/* The first batch that has the greatest timestamp of all; false if none has a timestamp. */
bool segment_find_newest(const struct segment *segment, kw_batch *out);

/* Reads the segment and reports where its valid part ends: at the first batch that is cut short or malformed or
 * whose offsets do not ascend, or with CHECK_CRC whose checksum is wrong. It is reported, and with
 * CHECK_INDEXES of the first entry in each index that is not true. `folder` is for the paths of the files. */
void segment_check(const struct segment *segment, const char *folder, unsigned what,
                   const struct problem_listener *listener, struct segment_end *out);

/* In one batch: the first record at `offset` or after it whose timestamp is `timestamp` or later; false if there is
 * none. Compressed batches need a decompressor and scratch, see kw_records_init(); *status tells if they failed. */
bool batch_find_time(const kw_batch *batch, int64_t timestamp, int64_t offset, kw_decompressor *decompressor,
                     kw_writer *scratch, kw_record *out, kw_status *status);

/* Whether a batch starts at the entry's position whose last record has the entry's offset. */
bool offset_entry_is_true(const struct segment *segment, kw_offset_entry entry, kw_batch *batch);

/* Whether the batch with the entry's offset has its timestamp. It need not be the last offset: before 3.8 it could be
 * that of the very record. */
bool time_entry_is_true(const struct segment *segment, kw_time_entry entry, kw_batch *batch);

#endif
