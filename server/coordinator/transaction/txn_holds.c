/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_holds.h"

bool txn_holds_init(struct txn_holds *holds)
{
    holds->count = 0;
    if (pthread_mutex_init(&holds->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&holds->none, NULL) == 0)
        return true;
    (void)pthread_mutex_destroy(&holds->lock);
    return false;
}

void txn_holds_finish(struct txn_holds *holds)
{
    (void)pthread_cond_destroy(&holds->none);
    (void)pthread_mutex_destroy(&holds->lock);
}

void txn_holds_add(struct txn_holds *holds, struct shard *shard)
{
    shards_hold(shard);
    (void)pthread_mutex_lock(&holds->lock);
    holds->count++;
    (void)pthread_mutex_unlock(&holds->lock);
}

void txn_holds_remove(struct txn_holds *holds, struct shard *shard)
{
    shards_release(shard);
    (void)pthread_mutex_lock(&holds->lock);
    if (--holds->count == 0)
        (void)pthread_cond_broadcast(&holds->none);
    (void)pthread_mutex_unlock(&holds->lock);
}

void txn_holds_await(struct txn_holds *holds)
{
    (void)pthread_mutex_lock(&holds->lock);
    while (holds->count != 0)
        (void)pthread_cond_wait(&holds->none, &holds->lock);
    (void)pthread_mutex_unlock(&holds->lock);
}
