/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_END_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_END_H

/* The end of a transaction as pure functions: who may ask for it when, and the states that follow. */

#include "txn_value.h"

struct txn_end_request {
    int64_t producer_id;
    int16_t epoch;
    bool commits;
    int16_t version; /* of transactions, of the client: below TXN_VERSION_WITH_EPOCHS, or that */
};

enum txn_end_step {
    TXN_END_REFUSED,  /* with an error */
    TXN_END_REPEATED, /* it has ended so before */
    TXN_END_PREPARES  /* txn_prepare() */
};

struct txn_end_verdict {
    enum txn_end_step step;
    int16_t error; /* kw_error */
};

struct txn_end_verdict txn_end_check(const struct txn_fields *known, const struct txn_end_request *request);

/* Whether the prepared state needs another producer id, as the epochs of this one end with it. */
bool txn_prepare_needs_id(const struct txn_fields *known, int16_t version);

/* The prepared state; `next_producer_id` is TXN_NO_PRODUCER unless it needs one. */
struct txn_fields txn_prepare(const struct txn_fields *known, bool commits, int16_t version, int64_t next_producer_id,
                              int64_t now);

/* The same for an open transaction whose producer has to be fenced; the version is that of the broker. */
struct txn_fields txn_fence(const struct txn_fields *known, int16_t version, int64_t next_producer_id, int64_t now);

/* What follows a prepared state once all markers are written. */
struct txn_fields txn_complete(const struct txn_fields *prepared, int64_t now);

#endif
