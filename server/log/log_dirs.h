/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_DIRS_H
#define SERVER_LOG_LOG_DIRS_H

/* All log directories of a broker together: whose data is in them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log_manager.h"

/* Creates the directories that are missing, locks them for as long as the process runs, and opens what is in them. The
 * identity is that of meta.properties, on which all must agree; where there is none, out->node_id is -1. node_id -1:
 * whichever that is. The first directory has the metadata, and must be usable; another one that is not is reported, and
 * is offline. False after a complaint. */
bool log_dirs_open(const char *const *paths, size_t count, int32_t node_id, struct log_manager *logs,
                   struct identity *out);

/* The same with one directory. */
bool log_dir_open(const char *path, int32_t node_id, struct log_manager *logs, struct identity *out);

/* For directories without meta.properties. The identity is that of the others if out->node_id is not -1, else a new
 * one, of node `node_id` (-1: 1). It is written to those that are empty; in one with data it could be wrong, so there
 * it is not, and must not be `is_new`. False after a complaint. */
bool log_dirs_create_identity(struct log_manager *logs, int32_t node_id, bool is_new, struct identity *out);

#endif
