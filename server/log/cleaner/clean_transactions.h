/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_CLEAN_TRANSACTIONS_H
#define SERVER_LOG_CLEANER_CLEAN_TRANSACTIONS_H

/* What a cleaner knows of transactions while it goes through a log in order: which batches are aborted, and which
 * markers have nothing left of their transaction. Source: CleanedTransactionMetadata in Kafka. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/batches.h>
#include <kwire/storage/index.h>

#include "../../base/hash_chains.h"
#include "../log_contents.h"

/* Private fields. */
struct clean_transactions {
    kw_aborted_txn *aborted; /* those of the log, by their first offset */
    size_t aborted_count;
    size_t next;             /* which of them begins next */
    struct hash_chains open; /* producers with a transaction that has begun and not ended */
};

/* What a batch is. */
struct clean_verdict {
    bool can_go;                /* a batch of an aborted transaction; a marker of which no batch is left */
    const kw_aborted_txn *kept; /* a marker that stays ends this aborted transaction; NULL: none */
};

/* For the batches of a log from `start` to before `end`. False: there is no memory. */
bool clean_transactions_init(struct clean_transactions *t, const struct log_snapshot *log, int64_t start, int64_t end);
void clean_transactions_finish(struct clean_transactions *t);

/* The next batch of the log. False: there is no memory. */
bool clean_transactions_next(struct clean_transactions *t, const kw_batch *batch, struct clean_verdict *out);

#endif
