/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

/* The topics of a data directory, which is read and never written to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/disk/data_dir.h>

#include "catalogue.h"
#include "segments.h"
#include "stored_log.h"

/* A store of zero bytes is one that is not open. Private fields. */
struct store {
    kw_arena arena;
    kw_data_dir dir;
    struct segment_pool pool;
    struct stored_log *logs; /* one for each live folder, and one for all partitions without any */
    size_t log_count;
    bool is_open;
};

/* Reads what is in the directory; problems with single files are logged. False after a complaint. */
bool store_open(struct store *store, const char *path);
void store_close(struct store *store);

/* Whether there is nothing of a Kafka broker in it. */
bool store_is_new(const struct store *store);

/* The node that the directory is of, as far as the metadata tells; -1 if it does not. */
int32_t store_node_id(const struct store *store);

/* The rack that a node registered with; null: none. Valid as long as the store is. */
kw_string store_rack(const struct store *store, int32_t node_id);

/* Puts the topics into the catalogue; `self` is the node that this broker is. False after a complaint. */
bool store_publish(struct store *store, int32_t self, struct catalogue *catalogue);

#endif
