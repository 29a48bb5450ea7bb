/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_SEGMENT_H
#define KWIRE_STORAGE_SEGMENT_H

/* One segment of a partition's log: <base offset>.log with the indexes beside it, mapped. It stays open until it is
 * closed, and may then be searched by many threads at once. Indexes only make it faster: where one is missing, damaged
 * or older than the log, the log itself is searched. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/batches.h>
#include <kwire/export.h>
#include <kwire/records.h>
#include <kwire/status.h>
#include <kwire/storage/file.h>
#include <kwire/storage/index.h>
#include <kwire/storage/problem.h>

typedef struct kw_segment {
    kw_file log;
    kw_file index; /* these three: not open if the file is missing */
    kw_file time_index;
    kw_file txn_index;
    kw_offset_index offsets; /* views of the above */
    kw_time_index times;
    kw_txn_index aborted;
    int64_t base_offset;
} kw_segment;

/* Where the sound part of a segment ends. */
typedef struct kw_segment_end {
    size_t position;       /* bytes of whole, sound batches */
    int64_t next_offset;   /* that follows the last of them; the base offset if there is none */
    int64_t max_timestamp; /* of the batches that were looked at; -1: none has one */
    kw_status status;      /* why it ends: KW_OK, KW_ERR_TORN, or what is wrong with the batch at error_at */
    size_t error_at;       /* byte of the file */
    bool zeros;            /* status KW_OK: the file goes on, with 12 zeros or more, as it was allocated ahead */
} kw_segment_end;

/* What kw_segment_check() looks at; or'ed together. */
enum {
    KW_CHECK_CRC = 1,       /* checksums of batches */
    KW_CHECK_INDEXES = 2,   /* every entry of the indexes */
    KW_CHECK_FROM_INDEX = 4 /* begin at the last entry of the index that is true, not at the beginning */
};

KW_BEGIN_DECLS

/* Opens <folder>/<base_offset>.log and the indexes that are there. An index that cannot be opened is reported and done
 * without. The status is that of the log. */
KW_API KW_NODISCARD kw_status kw_segment_open(kw_segment *segment, const char *folder, int64_t base_offset,
                                              const kw_disk_listener *listener);

/* A segment of bytes in memory, without indexes; they stay the caller's. */
KW_API void kw_segment_wrap(kw_segment *segment, const void *log, size_t size, int64_t base_offset);

/* Closes it; views of it end here. Does nothing to one that is not open. */
KW_API void kw_segment_close(kw_segment *segment);

/* Closes the descriptors of its files, which stay mapped. */
KW_API void kw_segment_drop_descriptors(kw_segment *segment);

/* The batches from `position` on, where one must begin. kw_batch.position counts from the file's beginning. */
KW_API void kw_segment_batches(const kw_segment *segment, size_t position, kw_batches *out);

/* The first batch that has records at `offset` or after it. False if there is none before the end of the sound part. */
KW_API KW_NODISCARD bool kw_segment_find_offset(const kw_segment *segment, int64_t offset, kw_batch *out);

/* The first batch whose greatest timestamp is `timestamp` or later and that has records at `offset` or after it. */
KW_API KW_NODISCARD bool kw_segment_find_time(const kw_segment *segment, int64_t timestamp, int64_t offset,
                                              kw_batch *out);

/* The first batch that has the greatest timestamp of all; false if none has a timestamp. */
KW_API KW_NODISCARD bool kw_segment_find_newest(const kw_segment *segment, kw_batch *out);

/* Reads through the segment and says where its sound part ends: at the first batch that is cut short or malformed or
 * whose offsets do not ascend, or with KW_CHECK_CRC whose checksum is wrong. The listener is told of it, and with
 * KW_CHECK_INDEXES of the first entry in each index that is not true. `folder` is for the paths of the files. */
KW_API void kw_segment_check(const kw_segment *segment, const char *folder, unsigned what,
                             const kw_disk_listener *listener, kw_segment_end *out);

/* In one batch: the first record at `offset` or after it whose timestamp is `timestamp` or later; false if there is
 * none. Compressed batches need a decompressor and scratch, see kw_records_init(); *status tells if they failed. */
KW_API KW_NODISCARD bool kw_batch_find_time(const kw_batch *batch, int64_t timestamp, int64_t offset,
                                            kw_decompressor *decompressor, kw_writer *scratch, kw_record *out,
                                            kw_status *status);

KW_END_DECLS
#endif
