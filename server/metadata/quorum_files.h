/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_QUORUM_FILES_H
#define SERVER_METADATA_QUORUM_FILES_H

/* The small files beside the segments of __cluster_metadata-0. */

#include <stdbool.h>
#include <stdint.h>

/* This node leads from `start_offset` on: writes quorum-state in the form of that kraft.version, the epoch to
 * leader-epoch-checkpoint, and partition.metadata if it is missing. False after a complaint. */
bool quorum_files_write(const char *folder, int32_t node_id, int32_t epoch, int16_t kraft_version,
                        int64_t start_offset);

#endif
