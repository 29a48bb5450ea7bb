/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_CLUSTER_METADATA_H
#define KWIRE_STORAGE_CLUSTER_METADATA_H

/* The folder __cluster_metadata-0: the newest sound snapshot and the log after it, replayed into an image. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/storage/metadata_image.h>
#include <kwire/storage/problem.h>
#include <kwire/storage/quorum_state.h>

typedef struct kw_cluster_metadata {
    kw_metadata_image image;
    kw_quorum_state quorum;  /* ids and epochs are -1 if there is no quorum-state */
    int64_t snapshot_offset; /* end of the snapshot that was used; -1: none */
    int64_t end_offset;      /* that follows the last record replayed */
    int32_t epoch;           /* of the last record; -1: there is none */
} kw_cluster_metadata;

KW_BEGIN_DECLS

/* Reads the folder into an arena that can grow. The log is replayed up to its end, or to the first batch that is not
 * sound, which is reported. Of several voters none can tell alone how far the log is committed: the last records of one
 * that was not the leader may be undone when the others are back.
 *
 * KW_ERR_NO_FILE: neither the folder nor anything to replay in it. Other problems are reported; the status is of the
 * folder and of memory. */
KW_API KW_NODISCARD kw_status kw_cluster_metadata_open(kw_cluster_metadata *out, const char *folder, kw_arena *arena,
                                                       const kw_disk_listener *listener);

/* Reads one file of metadata records, as bootstrap.checkpoint is, into an image. */
KW_API KW_NODISCARD kw_status kw_metadata_image_load(kw_metadata_image *out, const char *file, kw_arena *arena,
                                                     const kw_disk_listener *listener);

KW_END_DECLS
#endif
