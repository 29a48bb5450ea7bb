/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_METADATA_LOG_H
#define SERVER_METADATA_METADATA_LOG_H

/* The folder __cluster_metadata-0: the newest valid snapshot and the log after it. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/status.h>
#include <kwire/storage/quorum_state.h>

#include "../base/problem.h"
#include "delta.h"

struct metadata_log {
    kw_quorum_state quorum;  /* ids and epochs are -1 if there is no quorum-state */
    int64_t snapshot_offset; /* end of the snapshot that was used; -1: none */
    int64_t end_offset;      /* that follows the last record replayed */
    int32_t epoch;           /* of the last record; -1: there is none */
    int64_t timestamp;       /* of the last batch; -1: there is none */

    /* For who continues the log: */
    int64_t segment;     /* base offset of the last segment that was replayed; -1: none */
    size_t segment_size; /* bytes of it that are valid; what follows is of a write that did not end */
    int64_t segment_end; /* the offset that follows them */
    bool is_torn;        /* what follows the valid part of a segment is not */
    bool has_gap;        /* records are missing, or those after the valid part are in further segments */
    bool in_transaction; /* the log ends within a transaction */
    bool has_records;    /* of metadata, beside those of a snapshot at offset 0, which are no part of the log */
    bool has_unknown;    /* records that could not be read, or are not known: they are not in the image */
    uint64_t bytes;      /* of the batches after the snapshot */
    int16_t kraft_version;
    kw_bytes voters; /* value of the last VotersRecord, in the arena; null: there is none */
};

/* Replays the folder. The log is replayed up to its end, or to the first batch that is not valid, which is reported. Of
 * several voters none can know alone how far the log is committed: the last records of one that was not the leader may
 * be undone when the others are back. `arena` is for what is needed meanwhile, and for what *out refers to.
 *
 * KW_ERR_NO_FILE: neither the folder nor anything to replay in it. Other problems are reported; the status is of the
 * folder and of memory. */
kw_status metadata_log_replay(struct metadata_log *out, const char *folder, struct metadata_delta *delta,
                              kw_arena *arena, const struct problem_listener *listener);

/* Replays one file of metadata records, as bootstrap.checkpoint is. */
kw_status metadata_file_replay(const char *file, struct metadata_delta *delta, const struct problem_listener *listener);

#endif
