/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_CLEAN_RANGE_H
#define SERVER_LOG_CLEANER_CLEAN_RANGE_H

/* What of a log may be cleaned, whether that is worth it, and which segments become one: pure functions. Source:
 * LogCleanerManager.cleanableOffsets(), LogToClean and Cleaner.groupSegmentsBySize() in Kafka. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../config/log_config.h"

/* A segment; the last one of a log is the active one. */
struct clean_source {
    int64_t base_offset;
    size_t size; /* bytes, as the next two */
    size_t index_size;
    size_t time_index_size;
    int64_t max_timestamp;   /* only needed if there is a min_compaction_lag_ms */
    int64_t first_timestamp; /* of its first batch; only needed if there is a max_compaction_lag_ms */
    uint32_t headers;        /* clean_add_header() of its batches that have been mapped; not needed here */
};

struct clean_log {
    const struct clean_source *segments; /* at least one */
    size_t count;
    int64_t checkpoint; /* the first offset that is not clean; -1: nothing has been cleaned */
    int64_t log_start_offset;
    int64_t last_stable_offset;
    int64_t log_end_offset;
    int64_t now; /* in ms since 1970 */
};

struct clean_range {
    int64_t first_dirty;
    int64_t end;         /* records from here on, where a segment starts, are not cleaned; may be below first_dirty */
    bool is_reset;       /* the checkpoint was not valid, and becomes first_dirty */
    bool is_wanted;      /* there is enough to clean, or it must not wait */
    double dirty_ratio;  /* 0 to 1; of an empty log 0 */
    uint64_t dirty_size; /* bytes of segments that can be cleaned and are not clean */
};

/* The segment that has the offset: the last one that starts at it or before; 0 if all start behind it. */
size_t clean_segment_of(const struct clean_log *log, int64_t offset);

struct clean_range clean_range_of(const struct clean_log *log, const struct log_config *config);

/* The number of segments, from `first` on, that become one: at least one; of those that start before `end`. The range's
 * end is that of clean_range_of(). */
size_t clean_group(const struct clean_log *log, const struct log_config *config, size_t first, int64_t end,
                   int64_t range_end);

#endif
