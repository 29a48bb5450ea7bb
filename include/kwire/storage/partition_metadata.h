/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_PARTITION_METADATA_H
#define KWIRE_STORAGE_PARTITION_METADATA_H

/* partition.metadata in a partition's directory: the id of its topic. */

#include <stddef.h>

#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

KW_BEGIN_DECLS

/* Reads the text; versions above 0 are read like version 0. KW_ERR_VERSION: a negative version. KW_ERR_FILE_FORMAT.
 * After an error *topic_id is zero, and *error_at is the byte of the error. */
KW_API KW_NODISCARD kw_status kw_partition_metadata_parse(kw_uuid *topic_id, kw_string text, size_t *error_at);

/* Writes version 0. Returns the writer's status; KW_ERR_ARGUMENT for an id of zeros. */
KW_API kw_status kw_partition_metadata_write(kw_writer *w, kw_uuid topic_id);

KW_END_DECLS
#endif
