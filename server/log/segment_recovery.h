/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_SEGMENT_RECOVERY_H
#define SERVER_LOG_SEGMENT_RECOVERY_H

/* Recovery of one segment: for log_recovery.c. */

#include <kwire/storage/checkpoint.h>

#include "../config/log_config.h"
#include "producer_state.h"
#include "segment.h"

/* Leader epochs that grow. */
struct epoch_list {
    kw_leader_epoch *items; /* to be freed */
    size_t count;
    size_t capacity;
    bool has_changed;
};

/* False: there is no memory. As in Kafka, epochs that contradict the new one are dropped. */
bool epoch_list_assign(struct epoch_list *list, int32_t epoch, int64_t start_offset);

struct segment_recovery {
    const char *folder;
    int64_t base_offset;
    int64_t limit_offset; /* where the next segment starts; INT64_MAX: there is none */
    const struct log_config *config;
    struct producer_state *producers; /* as they were where the segment starts; afterwards, as they are at its end */
    struct epoch_list *epochs;        /* those that are missing are added */

    /* Called when the result is known and before bytes are cut off, if any: afterwards nobody sees that there were
     * some. NULL is allowed. An error ends the recovery. */
    kw_status (*before_cut)(const struct segment_recovery *r);
    void *context;

    /* The result. */
    int64_t end_offset;
};

/* Reads the whole segment, cuts off what is not valid, with a line of the console, and writes its indexes. */
kw_status segment_recover(struct segment_recovery *r);

#endif
