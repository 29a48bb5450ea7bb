/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_EXPIRY_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_EXPIRY_H

/* Transactions that take too long are aborted and their producers fenced; ids that nobody uses are forgotten. */

#include "../shard_timers.h"

struct txn_machine;

/* As transaction.abort.timed.out.transaction.cleanup.interval.ms,
 * transaction.remove.expired.transaction.cleanup.interval.ms and transactional.id.expiration.ms. */
struct txn_expiry_settings {
    int64_t abort_interval_ms;
    int64_t remove_interval_ms;
    int64_t idle_ms;
};

/* Private fields. */
struct txn_expiry {
    struct coordinator_timer aborts;
    struct coordinator_timer removals;
    size_t bucket; /* of the ids that are looked at next */
};

/* Starts its timers, once the log has been loaded. */
void txn_expiry_start(struct txn_machine *m);

#endif
