/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_MANAGER_H
#define SERVER_LOG_LOG_MANAGER_H

/* All logs of a log directory, as Kafka keeps one on each disk, or of another tool that lays out some of the same
 * files. The directory is read and never written to. What is missing is not needed, what is damaged is reported, and as
 * much is known as the rest says.
 *
 * Opening reads the small files only; logs of partitions are opened as they are used. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/storage/checkpoint.h>
#include <kwire/storage/names.h>

#include "partition_log.h"
#include "segment_cache.h"

/* A partition's folder. */
struct partition_dir {
    kw_string topic;
    int32_t partition;
    kw_partition_dir_kind kind;
    kw_uuid topic_id;   /* by partition.metadata; zero if there is none */
    const char *folder; /* its path */
};

/* One of zero bytes is not open. Private fields but for the first group. */
struct log_manager {
    const char *path;
    struct partition_dir *dirs; /* KW_PARTITION_DIR_LIVE ones first, then by topic and partition */
    size_t dir_count;
    kw_offset_checkpoint high_watermarks; /* replication-offset-checkpoint */
    kw_offset_checkpoint recovery_points;
    kw_offset_checkpoint start_offsets; /* log-start-offset-checkpoint */
    kw_offset_checkpoint cleaned;       /* cleaner-offset-checkpoint */
    bool clean_shutdown;                /* the broker stopped in an orderly way; logs need not be checked */

    kw_arena arena;
    struct partition_log *logs; /* one for each live folder */
    size_t log_count;
    struct partition_log no_log; /* of all partitions without a folder */
    struct segment_cache cache;
    bool is_open;
    bool has_no_log;
};

/* Reads what is in the directory at `path`; problems with single files are reported. The status is of the directory
 * itself and of memory. log_manager_close() must follow in any case. */
kw_status log_manager_open(struct log_manager *logs, const char *path, const struct problem_listener *listener);
void log_manager_close(struct log_manager *logs);

/* The log of a partition; an empty one where there is no folder for it, or one of another topic of that name. NULL:
 * there is no directory. A topic id of zero is not compared. */
struct partition_log *log_manager_find(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition);

/* All logs that have a folder, by topic and partition. */
size_t log_manager_count(const struct log_manager *logs);
struct partition_log *log_manager_at(const struct log_manager *logs, size_t index);

#endif
