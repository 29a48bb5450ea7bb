/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_MANAGER_H
#define SERVER_LOG_LOG_MANAGER_H

/* All logs of all log directories, as Kafka keeps one on each disk, or of another tool that lays out some of the same
 * files. What is missing is not needed, what is damaged is reported, and as much is known as the rest says.
 *
 * Opening reads the small files only; logs of partitions are opened as they are used. Nothing is written to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/problem.h"
#include "../base/random.h"
#include "log_dir.h"
#include "log_map.h"
#include "producer_state.h"
#include "segment_cache.h"

/* One of zero bytes is not open. */
struct log_manager {
    const char *path; /* of the first directory, which has the metadata */
    struct log_dir **dirs;
    size_t dir_count;
    /* The rest is private. */
    struct log_map map;
    struct segment_cache cache;
    pthread_mutex_t changes;     /* held while logs are created, configured and deleted */
    pthread_mutex_t checkpoints; /* held while they are written, with the logs that there are then */
    struct shared_config *configs;
    struct managed_log **rivals; /* of partitions of which the map has the log of another topic */
    size_t rival_count;
    struct managed_log **futures; /* of replicas that were being moved to another directory */
    size_t future_count;
    struct random_source *random;
    struct producer_budget producers; /* of all logs together */
    int64_t producer_expiration_ms;
    struct log_upkeep *upkeep; /* NULL: the directories are only read */
    bool is_open;
};

/* Without directories. False: there is no memory. log_manager_close() must follow in any case. */
bool log_manager_init(struct log_manager *logs);

/* Reads what is in the directory at `path`; problems with single files are reported. The status is of the directory
 * itself and of memory; KW_ERR_FILE_FORMAT: a partition is in two directories, or being moved to two, which is
 * reported. Where their topic ids differ, one of them is a rival, until log_manager_keep() knows which of both is to be
 * used. */
kw_status log_manager_add_dir(struct log_manager *logs, const char *path, const struct problem_listener *listener);

/* A directory that is known, and cannot be used. False: there is no memory. */
bool log_manager_add_offline_dir(struct log_manager *logs, const char *path);

/* The first two. */
kw_status log_manager_open(struct log_manager *logs, const char *path, const struct problem_listener *listener);

/* All that was found must have been released. */
void log_manager_close(struct log_manager *logs);

/* Whether no directory has the folder of any partition. */
bool log_manager_is_empty(const struct log_manager *logs);

/* The log of a partition of the metadata, to be released by log_release(). A topic id of zero is not compared. NULL:
 * there is none, or no memory. As long as the directories are only read, a partition without a folder, or with the
 * folder of another topic of that name, has an empty log. */
struct partition_log *log_manager_find(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition);

/* Who is told of directories that fail from now on; it must stay. NULL: nobody. */
void log_manager_listen(struct log_manager *logs, const struct log_dir_listener *listener);

/* Whether the log of a partition is in a directory that has failed since the start. */
bool log_manager_is_offline(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition);

/* Calls the watchers of all logs of a directory that has failed. */
void log_manager_wake(struct log_manager *logs, const struct log_dir *dir);

/* Adds a log with a folder, which becomes the manager's; the caller gets a reference of its own. False: it has been
 * released, as the partition has a log already, or there is no memory. */
bool log_manager_add(struct log_manager *logs, struct managed_log *log, struct log_dir *dir);

/* All logs, by topic and partition, to be released by log_list_release(). False: there is no memory. */
bool log_manager_list(struct log_manager *logs, struct log_list *out);
size_t log_manager_count(struct log_manager *logs);

/* Writes a checkpoint of a directory, with the logs that there are; see checkpoint_write(). */
bool log_manager_checkpoint(struct log_manager *logs, struct log_dir *dir, enum log_checkpoint which);

#endif
