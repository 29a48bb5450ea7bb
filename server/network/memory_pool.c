/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_pool.h"

#include <string.h>

bool memory_pool_init(struct memory_pool *pool, int64_t limit)
{
    memset(pool, 0, sizeof *pool);
    pool->limit = limit;
    return pthread_mutex_init(&pool->lock, NULL) == 0;
}

void memory_pool_finish(struct memory_pool *pool)
{
    (void)pthread_mutex_destroy(&pool->lock);
}

static bool is_linked(const struct memory_pool *pool, const struct memory_claim *claim)
{
    return claim->previous != NULL || pool->oldest == claim;
}

static void link_claim(struct memory_pool *pool, struct memory_claim *claim)
{
    claim->next = NULL;
    claim->previous = pool->newest;
    *(pool->newest != NULL ? &pool->newest->next : &pool->oldest) = claim;
    pool->newest = claim;
}

static void unlink_claim(struct memory_pool *pool, struct memory_claim *claim)
{
    *(claim->previous != NULL ? &claim->previous->next : &pool->oldest) = claim->next;
    *(claim->next != NULL ? &claim->next->previous : &pool->newest) = claim->previous;
    claim->next = claim->previous = NULL;
}

static bool may_take(const struct memory_pool *pool, const struct memory_claim *claim, size_t size)
{
    return pool->limit < 0 || pool->oldest == claim || (int64_t)size <= pool->limit - pool->held;
}

static void take(struct memory_pool *pool, struct memory_claim *claim, size_t size)
{
    claim->held += size;
    pool->held += (int64_t)size;
}

/* Serves waiting claims, the oldest first; no claim overtakes another. */
static void serve(struct memory_pool *pool)
{
    for (struct memory_claim *claim = pool->oldest; claim != NULL && pool->waiting != 0; claim = claim->next) {
        if (!claim->waiting)
            continue;
        if (!may_take(pool, claim, claim->wanted))
            return;
        take(pool, claim, claim->wanted);
        claim->waiting = false;
        pool->waiting--;
        claim->posted = true;
        executor_post(claim->executor, &claim->granted);
    }
}

bool memory_pool_take(struct memory_pool *pool, struct memory_claim *claim, size_t size)
{
    (void)pthread_mutex_lock(&pool->lock);
    if (!is_linked(pool, claim))
        link_claim(pool, claim);
    bool taken = may_take(pool, claim, size) && (pool->oldest == claim || pool->waiting == 0);
    if (taken)
        take(pool, claim, size);
    claim->waiting = !taken;
    claim->wanted = size;
    pool->waiting += !taken;
    (void)pthread_mutex_unlock(&pool->lock);
    return taken;
}

void memory_pool_acknowledge(struct memory_pool *pool, struct memory_claim *claim)
{
    (void)pthread_mutex_lock(&pool->lock);
    claim->posted = false;
    (void)pthread_mutex_unlock(&pool->lock);
}

bool memory_pool_give(struct memory_pool *pool, struct memory_claim *claim)
{
    (void)pthread_mutex_lock(&pool->lock);
    if (is_linked(pool, claim)) {
        unlink_claim(pool, claim);
        pool->held -= (int64_t)claim->held;
        claim->held = 0;
        pool->waiting -= claim->waiting;
        claim->waiting = false;
        serve(pool);
    }
    bool posted = claim->posted;
    (void)pthread_mutex_unlock(&pool->lock);
    return posted;
}
