/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TRANSACTION_TXN_HOLDS_H
#define SERVER_COORDINATOR_TRANSACTION_TXN_HOLDS_H

/* The shards of transactions that others work for: markers and producer ids that are on their way. They are counted, so
 * that a broker that stops can wait for the last one. Any thread may call these functions. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "../shards.h"

/* Private fields. */
struct txn_holds {
    pthread_mutex_t lock;
    pthread_cond_t none;
    size_t count;
};

/* False: there is no memory. */
bool txn_holds_init(struct txn_holds *holds);
void txn_holds_finish(struct txn_holds *holds);

void txn_holds_add(struct txn_holds *holds, struct shard *shard);
void txn_holds_remove(struct txn_holds *holds, struct shard *shard);

/* Waits until there are none, and for that no shard may be loaded any more. */
void txn_holds_await(struct txn_holds *holds);

#endif
