/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_PUBLISHER_H
#define SERVER_METADATA_PUBLISHER_H

/* Brings the logs of this node to what an image says, before anybody sees it: who sees a topic can use it. */

#include <stdbool.h>
#include <stdint.h>

#include "../config/static_config.h"
#include "../log/log_manager.h"
#include "decide_directories.h"
#include "image.h"

/* Partitions of which the metadata does not say rightly where their logs are; for the controller. Zero bytes at first.
 */
struct assignment_list {
    struct directory_assignment *items;
    size_t count;
    size_t capacity;
};

/* Without the first `count`. */
void assignment_list_drop(struct assignment_list *list, size_t count);
void assignment_list_finish(struct assignment_list *list);

struct publisher {
    struct log_manager *logs;
    int32_t node_id;
    const struct static_config *file;    /* NULL: there is none */
    bool sync;                           /* every append waits for the disk, whatever the settings are */
    struct assignment_list *assignments; /* to which such partitions are added; NULL: to none */
    bool is_incomplete;                  /* private */
};

/* Sets logs aside that the image does not have, before the first of the others is used. */
void publisher_keep(const struct publisher *publisher, const struct metadata_image *image);

/* Creates, configures and deletes what differs between two images; `before` is NULL for the first one. What fails is
 * reported by the log manager: the partition answers KAFKA_STORAGE_ERROR. False: memory is short or a disk is full, so
 * that it should be called again later, with NULL for `before`. */
bool publisher_prepare(struct publisher *publisher, const struct metadata_image *before,
                       const struct metadata_image *after);

#endif
