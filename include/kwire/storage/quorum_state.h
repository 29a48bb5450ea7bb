/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_QUORUM_STATE_H
#define KWIRE_STORAGE_QUORUM_STATE_H

/* quorum-state of __cluster_metadata-0: what a node remembers of elections, as JSON. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/status.h>
#include <kwire/view.h>

typedef struct kw_quorum_state {
    int32_t data_version; /* 0 or 1 */
    int32_t leader_id;    /* -1: not known */
    int32_t leader_epoch;
    int32_t voted_id; /* -1: did not vote in this epoch */
    kw_uuid voted_directory_id;
} kw_quorum_state;

KW_BEGIN_DECLS

/* Reads the text of quorum-state. Keys that are not known, and nested values, are passed over. KW_ERR_FILE_FORMAT,
 * KW_ERR_VERSION; *error_at is the byte that is wrong. */
KW_API KW_NODISCARD kw_status kw_quorum_state_parse(kw_quorum_state *out, kw_string text, size_t *error_at);

KW_END_DECLS
#endif
