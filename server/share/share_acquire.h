/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_ACQUIRE_H
#define SERVER_SHARE_SHARE_ACQUIRE_H

/* Which of the records that were read a member gets. */

#include "share_partition.h"

/* A batch of the log. */
struct share_log_batch {
    int64_t first;
    int64_t last;
};

struct share_acquire {
    kw_string member;
    int64_t now;                           /* ms, never going back */
    int64_t fetch_offset;                  /* from which on was read */
    const struct share_log_batch *batches; /* what was read, sorted; at least one */
    size_t batch_count;
    int32_t max_records;
    int32_t batch_size; /* as many records at least are in a batch that is given out as one, if there are more */
    bool is_exact;      /* no more than max_records, though that cuts a batch of the log */
};

/* What the member has got, with the number of deliveries; the state does not matter. To be ended by
 * share_acquired_finish(). */
struct share_acquired {
    struct share_batches ranges;
    size_t capacity;
    int64_t count; /* of records */
};

void share_acquired_finish(struct share_acquired *acquired, struct coordinator_budget *budget);

/* Nothing may be acquired: then *out is empty. False: there is no memory, and nothing has changed. */
bool share_acquire(struct share_partition *p, const struct share_limits *limits, const struct share_acquire *in,
                   struct share_acquired *out);

/* Records of transactions that were aborted, and markers: of what was acquired just now, from `first` to `last` becomes
 * archived, and is taken out of *out. False: there is no memory, and nothing has changed. */
bool share_withdraw(struct share_partition *p, int64_t first, int64_t last, struct share_acquired *out);

#endif
