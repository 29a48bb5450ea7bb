/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_PRODUCERS_H
#define SERVER_LOG_LOG_PRODUCERS_H

/* The producers of a log and its files: <offset>.snapshot, and the batches behind the newest of them. */

#include "log_contents.h"
#include "producer_state.h"

/* When producers are forgotten. */
struct producer_expiry {
    int64_t now; /* ms since 1970 */
    int64_t ms;  /* without a batch; [producer.id.expiration.ms] */
};

/* Adds those of the log to an empty state: by the newest valid snapshot, and the batches after it. Damaged snapshots
 * are reported, and an older one is used. The status is of memory and descriptors. */
kw_status log_producers_load(struct producer_state *out, const struct log_snapshot *log, struct producer_expiry expiry,
                             const struct problem_listener *listener);

/* Writes the snapshot of a log that ends at the offset. It is not synced: one that is damaged is not used. */
kw_status log_producers_save(const struct producer_state *state, const char *folder, int64_t offset);

#endif
