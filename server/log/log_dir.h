/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_DIR_H
#define SERVER_LOG_LOG_DIR_H

/* The directory with the broker's data, in Kafka's form: meta.properties says whose data it is, .lock keeps other
 * brokers away, Kafka itself included. Of what another broker has written nothing is changed. */

#include <stdbool.h>
#include <stdint.h>

#include "log_manager.h"

enum { CLUSTER_ID_SIZE = 128 };

struct identity {
    int32_t node_id;
    char cluster_id[CLUSTER_ID_SIZE];
};

/* An identity that lasts as long as the process. node_id -1: 1. False after a complaint. */
bool identity_create(struct identity *out, int32_t node_id);

/* Creates the directory if it is missing, locks it for as long as the process runs, and opens what is in it. The
 * identity is the one in meta.properties; where that is missing, out->node_id is -1. node_id -1: whichever that is.
 * False after a complaint. */
bool log_dir_open(const char *path, int32_t node_id, struct log_manager *logs, struct identity *out);

/* Makes up the identity of an open directory without meta.properties; it is written down only if the directory is new.
 * node_id -1: 1. False after a complaint. */
bool log_dir_create_identity(const char *path, int32_t node_id, bool is_new, struct identity *out);

#endif
