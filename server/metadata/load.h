/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_LOAD_H
#define SERVER_METADATA_LOAD_H

/* The first metadata image of a broker, from what is in its log directory. */

#include <stdbool.h>
#include <stdint.h>

#include "../log/log_dir.h"
#include "../log/log_manager.h"
#include "cell.h"

/* Publishes the image that the metadata log gives, as it is once this node has come up alone; without a metadata log
 * the image of the folders of partitions. A directory that has no identity gets the one of the node that the metadata
 * shows, if `node_id` is -1. False after a complaint. */
bool metadata_load(const struct log_manager *logs, int32_t node_id, struct identity *identity,
                   struct metadata_cell *cell);

#endif
