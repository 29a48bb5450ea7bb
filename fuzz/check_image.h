/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_CHECK_IMAGE_H
#define FUZZ_CHECK_IMAGE_H

/* What is true of every metadata image, and of those that the controller makes. */

#include <stdbool.h>

#include "log/log_manager.h"
#include "metadata/image.h"

/* Of every image, whatever records it was made of: order, distinct names, ids and indexes; all can be found. */
void check_image(const struct metadata_image *image);

/* Of an image that the controller of a cluster of one node has made: partitions are dense, on this node alone, and
 * lead there; configs are those of topics that exist; each partition has a log, and there are no others. */
void check_decided_image(const struct metadata_image *image, int32_t node_id, struct log_manager *logs);

/* Both are the same: all that is in them. With `lasting` only topics, their ids and partitions, configs, features and
 * kept records: what a restart does not change. */
void check_same_image(const struct metadata_image *a, const struct metadata_image *b, bool lasting);

/* The records of the image give the same image again. */
void check_image_records(const struct metadata_image *image);

#endif
