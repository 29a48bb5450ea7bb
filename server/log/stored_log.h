/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_STORED_LOG_H
#define SERVER_LOG_STORED_LOG_H

/* The log of a partition in the data directory. It is opened when it is asked for first, so that a broker of many
 * partitions starts fast; what is then known of it takes memory by the number of its segments, not by their size. */

#include <pthread.h>
#include <stdbool.h>

#include <kwire/storage/data_dir.h>

#include "segment_cache.h"

struct stored_log {
    /* Private fields; to be had from stored_log_open(). */
    const kw_data_dir *dir;
    const kw_data_partition *place; /* NULL: there is no folder; the log is an empty one */
    struct segment_cache *pool;
    pthread_mutex_t lock;
    kw_arena arena;
    kw_partition_log log;
    struct segment_slot *slots; /* one a segment */
    bool is_open;
    kw_status status;
};

bool stored_log_init(struct stored_log *stored, const kw_data_dir *dir, const kw_data_partition *place,
                     struct segment_cache *pool);
void stored_log_finish(struct stored_log *stored);

/* What is known of the log, valid as long as the broker runs. NULL, after a log line, if it cannot be read; that may
 * be for want of memory or descriptors, so it is tried again when it is asked for again. */
const kw_partition_log *stored_log_open(struct stored_log *stored);

/* Of an open log: a segment by its number, as segment_hold(). */
struct open_segment *stored_log_segment(struct stored_log *stored, size_t index);

#endif
