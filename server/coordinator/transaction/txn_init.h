/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_INIT_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_INIT_H

/* InitProducerId as pure functions: what becomes of a transactional id when a producer starts with it. */

#include "txn_value.h"

struct txn_init_request {
    int64_t producer_id; /* of a producer that goes on after an error; TXN_NO_PRODUCER, with TXN_NO_EPOCH: a new one */
    int16_t epoch;
    int32_t timeout_ms; /* valid */
};

enum txn_init_step {
    TXN_INIT_REFUSED,    /* with an error */
    TXN_INIT_FENCED,     /* the transaction is aborted first: txn_fence() */
    TXN_INIT_NEXT_EPOCH, /* of the same producer id */
    TXN_INIT_NEW_ID      /* with another producer id */
};

struct txn_init_verdict {
    enum txn_init_step step;
    int16_t error; /* kw_error */
};

/* NULL: the transactional id is not known. */
struct txn_init_verdict txn_init_check(const struct txn_fields *known, const struct txn_init_request *request);

/* The empty state that follows TXN_INIT_NEXT_EPOCH or, with a producer id that nobody has, TXN_INIT_NEW_ID. */
struct txn_fields txn_init_next(const struct txn_fields *known, const struct txn_init_request *request,
                                int64_t new_producer_id, int64_t now);

#endif
