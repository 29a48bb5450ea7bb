/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_IMAGE_RECORDS_H
#define SERVER_METADATA_IMAGE_RECORDS_H

/* An image as the records that give it, in the order of Kafka's snapshots. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>
#include <kwire/status.h>

#include "image.h"
#include "record_list.h"

/* Called with some of the records; the arena of the list is reset afterwards. An error ends the walk. */
typedef kw_status records_function(void *context, const struct record_list *records);

/* Hands over all records of the image, a thousand at a time, or about 1 MiB. `arena` is for these. The status is of the
 * function, or of memory. */
kw_status image_records(const struct metadata_image *image, kw_arena *arena, records_function *take, void *context);

#endif
