/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_ENVIRONMENT_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_ENVIRONMENT_H

/* What the state machine of transactions asks of others: markers in partitions, and ids of producers. */

#include "../../base/executor.h"
#include "txn_value.h"

struct shard;

/* The end of a transaction for partitions. Zero bytes but for the fields above `errors`. */
struct txn_markers {
    int64_t producer_id;
    int16_t producer_epoch;
    bool is_commit;
    int32_t coordinator_epoch;
    int16_t version; /* of transactions, of the client */
    const struct txn_partition *partitions;
    size_t count;
    struct executor *executor; /* for what cannot be done at once */

    /* Filled in by who writes the markers: one for each partition. */
    int16_t *errors;

    /* Once, from any thread, also before write_markers() has returned. */
    void (*done)(struct txn_markers *markers);
};

/* An id that no producer has. */
struct txn_id_demand {
    struct executor *executor;
    int64_t id; /* TXN_NO_PRODUCER: none can be given */

    /* As that of markers. */
    void (*done)(struct txn_id_demand *demand);
};

/* All functions may be called from any thread. NULL: prepared transactions stay, or there are no ids. */
struct txn_environment {
    void *context;
    void (*write_markers)(void *context, struct txn_markers *markers);
    void (*demand_id)(void *context, struct txn_id_demand *demand);

    /* A shard stays, though it may be unloaded, until it is released; the context at least as long. */
    void (*hold)(void *context, struct shard *shard);
    void (*release)(void *context, struct shard *shard);
};

#endif
