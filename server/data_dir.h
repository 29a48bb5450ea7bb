/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_DATA_DIR_H
#define SERVER_DATA_DIR_H

/* The directory that the broker keeps its data in, in Kafka's form: meta.properties says whose data it is, .lock keeps
 * other brokers away, Kafka itself included. */

#include <stdbool.h>
#include <stdint.h>

enum { CLUSTER_ID_SIZE = 128 };

struct identity {
    int32_t node_id;
    char cluster_id[CLUSTER_ID_SIZE];
};

/* An identity that lasts as long as the process. node_id -1: 1. False after a complaint. */
bool identity_create(struct identity *out, int32_t node_id);

/* Creates the directory if it is missing, locks it for as long as the process runs, and reads the identity in it, or
 * creates one and writes it. node_id -1: the one in the directory, or 1. False after a complaint. */
bool data_dir_open(const char *path, int32_t node_id, struct identity *out);

#endif
