/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_LIST_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_LIST_H

/* DescribeTransactions and ListTransactions. Each is called in a decision whose state is a struct txn_machine; where
 * the arena is full, the decision's records fail. */

#include <kwire/messages/describe_transactions_response.h>
#include <kwire/messages/list_transactions_response.h>

#include "../machine.h"
#include "../pattern.h"

/* What is known of an id, or TRANSACTIONAL_ID_NOT_FOUND. */
void txn_describe(struct coordinator_decision *d, kw_string id, kw_arena *arena,
                  kw_describe_transactions_response_transaction_state *out);

/* Which transactions are asked for: those that have all of this. */
struct txn_filter {
    bool has_states;               /* else all */
    unsigned states;               /* a bit for each enum txn_state */
    const int64_t *producer_ids;   /* ascending */
    size_t producer_id_count;      /* 0: all */
    int64_t duration_ms;           /* they have been open for longer; below 0: all */
    const struct pattern *pattern; /* of the whole id; NULL: all */
};

/* Whether there is a state of this name, of which *bit is set in `states`; for names that only Kafka has it is 0. */
bool txn_state_bit(kw_string name, unsigned *bit);

/* Those of all shards, which are added one after the other. */
struct txn_list {
    kw_list_transactions_response_transaction_state *items;
    size_t count;
    size_t capacity;
    kw_arena *arena; /* of items and their texts */
};

void txn_list(struct coordinator_decision *d, const struct txn_filter *filter, struct txn_list *list);

#endif
