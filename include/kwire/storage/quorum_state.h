/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_QUORUM_STATE_H
#define KWIRE_STORAGE_QUORUM_STATE_H

/* quorum-state of __cluster_metadata-0: a node's state of elections, as JSON. Version 0 belongs to kraft.version 0,
 * with voters that are set by controller.quorum.voters. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* The content of the file. Source: QuorumStateData. */
typedef struct kw_quorum_state {
    int32_t data_version; /* 0 or 1 */
    int32_t leader_id;    /* -1: not known */
    int32_t leader_epoch;
    int32_t voted_id;           /* -1: did not vote in this epoch */
    kw_uuid voted_directory_id; /* version 1; zero: not known */
    kw_int32_array voters;      /* version 0: their node ids; null in version 1 */
} kw_quorum_state;

KW_BEGIN_DECLS

/* Reads the text of quorum-state; the voters are in the arena. Unknown keys are skipped, a missing one is an
 * error. KW_ERR_FILE_FORMAT, KW_ERR_VERSION, or an error of the arena; *error_at is the byte of the error, and *out has
 * what was read before it. */
KW_API KW_NODISCARD kw_status kw_quorum_state_parse(kw_quorum_state *out, kw_string text, kw_arena *arena,
                                                    size_t *error_at);

/* Writes the text as Kafka does. Returns the writer's status; KW_ERR_VERSION for a data_version other than 0 and 1. */
KW_API kw_status kw_quorum_state_write(kw_writer *w, const kw_quorum_state *state);

KW_END_DECLS
#endif
