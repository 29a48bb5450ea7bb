/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_LOAD_H
#define SERVER_METADATA_LOAD_H

/* The first metadata image of a broker, from what is in its log directory. */

#include <stdbool.h>
#include <stdint.h>

#include "../log/log_dirs.h"
#include "../log/log_manager.h"
#include "cell.h"
#include "metadata_log.h"

/* What the metadata log of a directory gives. */
struct metadata_found {
    struct metadata_log log;
    struct metadata_image *image;
    kw_arena arena; /* what `log` refers to */
};

/* Reads it. A directory that has no identity gets the one of the node that the metadata shows, if `node_id` is -1.
 * False after a complaint; metadata_found_release() must follow in any case. */
bool metadata_find(struct metadata_found *found, struct log_manager *logs, int32_t node_id, struct identity *identity);
void metadata_found_release(struct metadata_found *found);

/* Publishes what was found, for a directory that is only read: the image as it is once this node has come up alone;
 * without a metadata log the image of the folders of partitions. False after a complaint. */
bool metadata_serve(const struct metadata_found *found, struct log_manager *logs, const struct identity *identity,
                    struct metadata_cell *cell);

/* Both. */
bool metadata_load(struct log_manager *logs, int32_t node_id, struct identity *identity, struct metadata_cell *cell);

/* The steps of it. */

/* The image that the records of the directory give. Without a metadata log it has the features of bootstrap.checkpoint,
 * if there is one, and out->end_offset is -1. Problems are reported; the status is of memory, or KW_ERR_FILE for a
 * path that is too long. */
kw_status metadata_read(const char *log_dir, const struct problem_listener *listener, struct metadata_log *out,
                        struct metadata_image **image);

/* The same, with what *out refers to in the arena; metadata_read() leaves that out. */
kw_status metadata_read_to(const char *log_dir, const struct problem_listener *listener, kw_arena *arena,
                           struct metadata_log *out, struct metadata_image **image);

/* The node that the image is of, as far as it shows; -1 if it does not. */
int32_t metadata_owner(const struct metadata_image *image);

/* The image as Kafka would have it once this node has come up, and no other one: it leads the partitions that it may
 * lead, others have no leader, and replicas on other nodes are offline. Topics with names that Kafka does not allow are
 * left out, which is reported. NULL: there is no memory. */
struct metadata_image *metadata_come_up(const struct metadata_image *from, int32_t self);

/* An image of the topics that have folders, which this node leads; the rest is as in `base`. NULL: there is no memory.
 */
struct metadata_image *metadata_of_folders(const struct metadata_image *base, struct log_manager *logs, int32_t self);

#endif
