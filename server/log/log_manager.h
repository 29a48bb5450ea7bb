/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_MANAGER_H
#define SERVER_LOG_LOG_MANAGER_H

/* The topics of a data directory, which is read and never written to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/storage/data_dir.h>

#include "../metadata/catalogue.h"
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

/* The node that the directory is of, as far as the metadata tells; -1 if it does not. */
int32_t log_manager_node_id(const struct log_manager *store);

/* The rack that a node registered with; null: none. Valid as long as the store is. */
kw_string log_manager_rack(const struct log_manager *store, int32_t node_id);

/* Puts the topics into the catalogue; `self` is the node that this broker is. False after a complaint. */
bool log_manager_publish(struct log_manager *store, int32_t self, struct catalogue *catalogue);

#endif
