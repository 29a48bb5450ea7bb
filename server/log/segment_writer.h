/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_SEGMENT_WRITER_H
#define SERVER_LOG_SEGMENT_WRITER_H

/* The segment that is written to: its file, its size, and its indexes, which grow in memory and are written to files
 * when it is finished. Entries are those that Apache Kafka would write. No locks: it belongs to whoever has the log's
 * turn. Source: LogSegment, OffsetIndex, TimeIndex. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/file.h"
#include "../config/log_config.h"
#include "growing_index.h"
#include "log_contents.h"
#include "write_files.h"

/* What has to be known of a batch. */
struct batch_facts {
    size_t size;
    int64_t base_offset;
    int64_t last_offset;
    int64_t max_timestamp;
};

/* One of zero bytes is not open. To look at; changed by the functions only. */
struct segment_writer {
    struct log_segment *segment; /* counted; NULL: not open */
    kw_file_state state;         /* which names its files have */
    struct write_file file;
    size_t size;     /* of what is valid */
    size_t capacity; /* more must not be appended: readers have mapped no more */
    struct growing_index offsets;
    struct growing_index times;
    size_t index_bytes;    /* each of them is full with so many */
    size_t index_interval; /* bytes between two entries, at least */
    size_t txn_index_size;
    size_t since_entry;      /* bytes since the last entry of the indexes */
    kw_time_entry newest;    /* the largest timestamp, and the last offset of its batch */
    int64_t first_timestamp; /* the largest of the first batch; -1: it has none, or the segment is empty */
    size_t recent_next;      /* where what was written most recently starts */
    int64_t recent_ms;       /* when that was, by clock_coarse_ms() */
    int64_t created_ms;
    int64_t jitter_ms; /* that it rolls earlier */
    bool is_longer;    /* the file is, by zeros: preallocated */
    bool is_broken;    /* what a failed write has left could not be removed */
};

/* Creates the file of a new segment, with its full size if that is to be preallocated. What has its name is replaced.
 * `now` is the time since 1970 in ms. The settings of its indexes and its jitter stay as they are now, as in Kafka. */
kw_status segment_writer_create(struct segment_writer *w, const char *folder, int64_t base_offset,
                                const struct log_config *config, int64_t now);

/* The same of a segment of the log cleaner, with files whose names end in .cleaned. */
kw_status segment_writer_create_cleaned(struct segment_writer *w, const char *folder, int64_t base_offset,
                                        const struct log_config *config);

/* Continues a segment of which `size` bytes are valid; bytes after them are cut off. */
kw_status segment_writer_open(struct segment_writer *w, const char *folder, struct log_segment *segment, size_t size,
                              const struct log_config *config, int64_t now);

/* Gives the file the segment's full size. On an error it is as before. */
kw_status segment_writer_preallocate(struct segment_writer *w, const char *folder);

/* Without a file: only to make the indexes of a segment that exists. */
kw_status segment_writer_start(struct segment_writer *w, int64_t base_offset, const struct log_config *config);

/* Closes the file, and forgets the rest. */
void segment_writer_close(struct segment_writer *w);

/* Whether the segment must be followed by a new one before these bytes are appended, which end with that offset and
 * have that largest timestamp. */
bool segment_writer_is_full(const struct segment_writer *w, const struct log_config *config, size_t bytes,
                            int64_t last_offset, int64_t max_timestamp, int64_t now);

/* To append batches: capacity of the indexes for so many, then their bytes, then each of them. On an error nothing has
 * changed, except with is_broken. */
kw_status segment_writer_reserve(struct segment_writer *w, size_t count);
kw_status segment_writer_write(struct segment_writer *w, const char *folder, const kw_span *parts, size_t part_count);
void segment_writer_add(struct segment_writer *w, const struct batch_facts *batch);

/* Has the disk start with what was written from a position on. */
void segment_writer_write_back(struct segment_writer *w, const char *folder, size_t from);

/* Adds an aborted transaction whose marker has just been appended to the index file of those. */
kw_status segment_writer_add_aborted(struct segment_writer *w, const char *folder, const kw_aborted_txn *txn);

/* Returns once the disk has that index file. */
kw_status segment_writer_sync_aborted(const struct segment_writer *w, const char *folder);

/* Cuts off what was preallocated, writes the index files, with the last entry of a finished time index, and lets the
 * segment know its largest timestamp. Nothing may be appended afterwards. */
kw_status segment_writer_finish(struct segment_writer *w, const char *folder);

#endif
