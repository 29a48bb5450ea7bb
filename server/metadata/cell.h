/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CELL_H
#define SERVER_METADATA_CELL_H

/* Where the current metadata image is. Readers never wait for a new image, nor it for them. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "image.h"

/* Private fields. */
struct metadata_cell {
    pthread_mutex_t lock;
    const struct metadata_image *current;
    atomic_uint_least64_t version;
};

/* With an empty image. False: there is no memory. */
bool metadata_cell_init(struct metadata_cell *cell);
void metadata_cell_finish(struct metadata_cell *cell);

/* The current image, to be released by metadata_image_release(). A thread that keeps one needs another only when
 * metadata_cell_version() is no longer the version of its own. */
const struct metadata_image *metadata_image_acquire(struct metadata_cell *cell);

static inline uint64_t metadata_cell_version(struct metadata_cell *cell)
{
    return atomic_load_explicit(&cell->version, memory_order_acquire);
}

/* Makes a new image, which no other thread has seen yet, the current one. Takes over the caller's reference. */
void metadata_image_publish(struct metadata_cell *cell, const struct metadata_image *image);

#endif
