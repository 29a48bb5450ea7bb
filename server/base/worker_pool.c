/* SPDX-License-Identifier: Apache-2.0 */
#include "worker_pool.h"

#include <string.h>

#include "thread.h"

bool worker_pool_init(struct worker_pool *pool, int limit)
{
    memset(pool, 0, sizeof *pool);
    pool->last = &pool->first;
    pool->limit = limit < WORKER_POOL_MAX ? limit : WORKER_POOL_MAX;
    if (pthread_mutex_init(&pool->lock, NULL) != 0)
        return false;
    if (pthread_cond_init(&pool->changed, NULL) == 0)
        return true;
    (void)pthread_mutex_destroy(&pool->lock);
    return false;
}

static struct task *take(struct worker_pool *pool)
{
    struct task *task = pool->first;
    pool->waiting--;
    pool->first = task->next;
    if (pool->first == NULL)
        pool->last = &pool->first;
    return task;
}

static void *work(void *argument)
{
    struct worker_pool *pool = argument;
    (void)pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->first == NULL && !pool->stopping) {
            pool->idle++;
            (void)pthread_cond_wait(&pool->changed, &pool->lock);
            pool->idle--;
        }
        if (pool->first == NULL)
            break;
        struct task *task = take(pool);
        (void)pthread_mutex_unlock(&pool->lock);
        task->run(task);
        (void)pthread_mutex_lock(&pool->lock);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}

void worker_pool_run(struct worker_pool *pool, struct task *task)
{
    (void)pthread_mutex_lock(&pool->lock);
    if (pool->waiting >= pool->idle && pool->started < pool->limit && !pool->stopping &&
        thread_start(&pool->threads[pool->started], work, pool) == 0)
        pool->started++;
    bool has_thread = pool->started != 0;
    if (has_thread) {
        task->next = NULL;
        *pool->last = task;
        pool->last = &task->next;
        pool->waiting++;
        (void)pthread_cond_signal(&pool->changed);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    if (!has_thread)
        task->run(task);
}

bool worker_pool_is_busy(struct worker_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    bool busy = pool->first != NULL;
    (void)pthread_mutex_unlock(&pool->lock);
    return busy;
}

void worker_pool_finish(struct worker_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    (void)pthread_cond_broadcast(&pool->changed);
    (void)pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->started; i++)
        (void)pthread_join(pool->threads[i], NULL);
    (void)pthread_cond_destroy(&pool->changed);
    (void)pthread_mutex_destroy(&pool->lock);
}
