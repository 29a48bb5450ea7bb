/* SPDX-License-Identifier: Apache-2.0 */
#include "cell.h"

#include <string.h>

bool metadata_cell_init(struct metadata_cell *cell)
{
    const struct metadata_parts nothing = {.epoch = -1};
    memset(cell, 0, sizeof *cell);
    cell->current = metadata_image_create(&nothing);
    if (cell->current != NULL && pthread_mutex_init(&cell->lock, NULL) == 0)
        return true;
    metadata_image_release(cell->current);
    cell->current = NULL;
    return false;
}

void metadata_cell_finish(struct metadata_cell *cell)
{
    if (cell->current == NULL)
        return;
    metadata_image_release(cell->current);
    cell->current = NULL;
    (void)pthread_mutex_destroy(&cell->lock);
}

const struct metadata_image *metadata_image_acquire(struct metadata_cell *cell)
{
    (void)pthread_mutex_lock(&cell->lock);
    const struct metadata_image *image = metadata_image_share(cell->current);
    (void)pthread_mutex_unlock(&cell->lock);
    return image;
}

void metadata_image_publish(struct metadata_cell *cell, const struct metadata_image *image)
{
    struct metadata_image *counted = (struct metadata_image *)(uintptr_t)image; /* only its version is not constant */
    (void)pthread_mutex_lock(&cell->lock);
    const struct metadata_image *before = cell->current;
    counted->version = before->version + 1;
    cell->current = image;
    atomic_store_explicit(&cell->version, image->version, memory_order_release);
    (void)pthread_mutex_unlock(&cell->lock);
    metadata_image_release(before);
}
