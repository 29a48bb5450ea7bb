/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_TIME_H
#define SERVER_LOG_LOG_TIME_H

/* Records of a log by time. Each segment remembers the greatest timestamp in it once it is known, so that a search
 * opens one segment, or none. */

#include <stdbool.h>
#include <stdint.h>

#include "partition_log.h"

/* Beside Kafka's error codes. */
enum { LOG_CANCELLED = -1001 };

/* A record that was looked for by time. */
struct time_offset {
    int64_t timestamp;
    int64_t offset;       /* -1: there is none */
    int32_t leader_epoch; /* of its batch */
};

struct log_time_search {
    int64_t timestamp; /* LOG_NEWEST: the greatest of all */
    bool dont_block;
    bool (*cancelled)(void *context); /* asked between segments and between batches; NULL: never */
    void *context;
};

enum { LOG_NEWEST = -3 };

/* The greatest timestamp of all batches of a segment that is not written to; -1: none has one. Opens it unless it is
 * known. KW_ERROR_KAFKA_STORAGE_ERROR after a line on the console. */
int16_t segment_max_timestamp(struct segment_cache *cache, struct log_segment *segment, const char *folder,
                              int64_t *out);

/* The first record whose timestamp is that one or later; of the newest ones the first, also before the log's start as
 * long as it is still stored. KW_ERROR_NONE; KW_ERROR_KAFKA_STORAGE_ERROR if a segment cannot be read or there is no
 * memory; KW_ERROR_CORRUPT_MESSAGE if records cannot be read; LOG_CANCELLED. What is wrong is reported.
 *
 * LOG_WOULD_BLOCK with dont_block: the greatest timestamp of a segment is not known yet, or records have to be read. */
int16_t log_find_time(struct partition_log *log, const struct log_snapshot *snapshot,
                      const struct log_time_search *search, struct time_offset *out);

#endif
