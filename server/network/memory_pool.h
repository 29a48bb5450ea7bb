/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_MEMORY_POOL_H
#define SERVER_NETWORK_MEMORY_POOL_H

/* What all connections together may hold of large requests that are not answered yet: queued.max.request.bytes. Bytes
 * are charged as they arrive, so that announcing a frame costs nothing. Small requests do not count, as each connection
 * may have those anyway.
 *
 * A connection that finds the pool exhausted waits in a queue. The connection whose claim is the oldest never waits: so
 * one frame can always be completed, and the pool exceeds its limit by one frame at most. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/executor.h"

/* What one connection holds of the pool. Zero bytes are nothing. */
struct memory_claim {
    struct task granted; /* posted to `executor` when a wait has ended; run() is the owner's */
    struct executor *executor;
    struct memory_claim *next; /* the rest is private */
    struct memory_claim *previous;
    size_t held;
    size_t wanted;
    bool waiting;
    bool posted;
};

/* Private fields. */
struct memory_pool {
    pthread_mutex_t lock;
    int64_t limit; /* -1: none */
    int64_t held;
    size_t waiting;
    struct memory_claim *oldest;
    struct memory_claim *newest;
};

bool memory_pool_init(struct memory_pool *pool, int64_t limit);

static inline bool memory_pool_is_limited(const struct memory_pool *pool)
{
    return pool->limit >= 0;
}

void memory_pool_finish(struct memory_pool *pool);

/* Takes `size` bytes more. False: the claim waits, and `granted` will be posted when it has got them. */
bool memory_pool_take(struct memory_pool *pool, struct memory_claim *claim, size_t size);

/* What granted.run() calls first. */
void memory_pool_acknowledge(struct memory_pool *pool, struct memory_claim *claim);

/* Gives all back, and waits no more. True if `granted` is posted but has not run yet, so that the claim must stay until
 * it has. */
bool memory_pool_give(struct memory_pool *pool, struct memory_claim *claim);

#endif
