/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_MANAGER_H
#define SERVER_LOG_LOG_MANAGER_H

/* The topics of a data directory, which is read and never written to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/storage/data_dir.h>

#include "segment_cache.h"
#include "stored_log.h"

/* A store of zero bytes is one that is not open. Private fields. */
struct log_manager {
    kw_arena arena;
    kw_data_dir dir;
    struct segment_cache pool;
    struct stored_log *logs; /* one for each live folder, and one for all partitions without any */
    size_t log_count;
    bool is_open;
};

/* Reads what is in the directory; problems with single files are logged. False after a complaint. */
bool log_manager_open(struct log_manager *store, const char *path);
void log_manager_close(struct log_manager *store);

/* Whether there is nothing of a Kafka broker in it. */
bool log_manager_is_new(const struct log_manager *store);

/* The log of a partition; an empty one where there is no folder for it, or one of another topic of that name. NULL:
 * there is no directory. A topic id of zero is not compared. */
struct stored_log *log_manager_find(struct log_manager *store, kw_string topic, kw_uuid topic_id, int32_t partition);

#endif
