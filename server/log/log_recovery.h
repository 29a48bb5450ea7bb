/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_RECOVERY_H
#define SERVER_LOG_LOG_RECOVERY_H

/* What is done to the files of a log before it is written to, as Apache Kafka does it (LogLoader). Each thing that
 * changes records, or what is known of them, is a line of the console. Doing it twice changes nothing. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/status.h>

#include "../config/log_config.h"
#include "log_producers.h"

struct log_recovery {
    const char *folder;
    const struct log_config *config;
    int64_t start_offset;   /* of the checkpoint; -1: it has none */
    int64_t recovery_point; /* segments that end below it are complete */
    int64_t end_offset;     /* no record is at it or above it; 0: not known */
    bool was_clean;         /* the log was closed in order */
    struct producer_expiry expiry;
};

/* Those of a log, ascending; `differ` from those in its file, which is not written: what is not in it can be found in
 * the batches again, as long as the recovery point is not beyond them. */
struct recovered_epochs {
    kw_leader_epoch *items;
    size_t count;
    bool differ;
};

/* Unfinished work of retention and of the log cleaner is completed or removed. Of a log that was not closed in order
 * all segments from the recovery point on are read: what follows the first batch that is not valid is cut off, indexes
 * and snapshots of producers are made to agree with the batches, and leader epochs are.
 * A segment without an index gets one in
 * any case. The status is of the file system and of memory. */
kw_status log_recover(const struct log_recovery *recovery, struct recovered_epochs *epochs);

void recovered_epochs_finish(struct recovered_epochs *epochs);

#endif
