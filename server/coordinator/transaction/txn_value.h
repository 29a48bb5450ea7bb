/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_VALUE_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_VALUE_H

/* What is known of a transactional id. docs/transactions.md has the states. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

/* As records have them. */
enum txn_state {
    TXN_EMPTY,
    TXN_ONGOING,
    TXN_PREPARE_COMMIT,
    TXN_PREPARE_ABORT,
    TXN_COMPLETE_COMMIT,
    TXN_COMPLETE_ABORT,
    TXN_STATES
};

enum { TXN_NO_PRODUCER = -1, TXN_NO_EPOCH = -1, TXN_NO_TIME = -1 };

/* The greatest epoch that a producer gets. One more is kept to fence it with. */
enum { TXN_LAST_EPOCH = INT16_MAX - 1 };

/* From this version of transactions on each one has a new epoch. */
enum { TXN_VERSION_WITH_EPOCHS = 2 };

struct txn_partition {
    kw_string topic;
    int32_t partition;
};

/* Sorted by topic and number, each once. */
struct txn_partitions {
    const struct txn_partition *items;
    size_t count;
};

struct txn_fields {
    int64_t producer_id;
    int64_t previous_producer_id; /* before the last record */
    int64_t next_producer_id;     /* from the complete state on; TXN_NO_PRODUCER: the same */
    int16_t epoch;                /* TXN_NO_EPOCH: nobody has been given one */
    int16_t last_epoch;           /* of the same producer, if it asked for the next one; records do not have it */
    int32_t timeout_ms;
    enum txn_state state;
    int64_t start_ms;       /* since 1970, as the next one; TXN_NO_TIME */
    int64_t updated_ms;     /* by the last record */
    int16_t client_version; /* of transactions, of who wrote last */
    struct txn_partitions partitions;
};

/* It never changes. */
struct txn_value {
    struct txn_fields is;
    size_t size; /* bytes of memory */
    struct txn_partition partitions[];
};

/* A copy, with its texts. NULL: there is no memory. */
struct txn_value *txn_value_create(const struct txn_fields *from);
void txn_value_free(struct txn_value *value); /* NULL: nothing */

/* As APIs say it, e.g. "PrepareCommit". */
const char *txn_state_text(enum txn_state state);

static inline bool txn_is_prepared(const struct txn_fields *txn)
{
    return txn->state == TXN_PREPARE_COMMIT || txn->state == TXN_PREPARE_ABORT;
}

static inline bool txn_is_exhausted(int16_t epoch)
{
    return epoch >= TXN_LAST_EPOCH;
}

/* Below 0, 0 or above 0. */
int txn_compare_partitions(const void *a, const void *b);

bool txn_has_partition(const struct txn_partitions *partitions, const struct txn_partition *partition);

#endif
