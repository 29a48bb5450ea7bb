/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_METADATA_IMAGE_H
#define KWI_STORAGE_METADATA_IMAGE_H

#include <kwire/storage/metadata_image.h>

/* Takes out what was removed, sorts, and makes the index by id. */
KW_NODISCARD kw_status kwi_image_sort(kw_metadata_image *image, kw_arena *arena);

/* Where a partition is, or would have to be put. */
int32_t kwi_partition_place(const kw_metadata_topic *topic, int32_t partition);

#endif
