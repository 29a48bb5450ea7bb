/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_WORKER_POOL_H
#define SERVER_BASE_WORKER_POOL_H

/* Threads for work that may wait for the disk. They are started when there is work for the first time. */

#include <pthread.h>
#include <stdbool.h>

#include "executor.h"

enum { WORKER_POOL_MAX = 16 };

/* Private fields. */
struct worker_pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct task *first;
    struct task **last;
    pthread_t threads[WORKER_POOL_MAX];
    int limit;
    int started;
    int idle;    /* threads without work */
    int waiting; /* tasks without a thread */
    bool stopping;
};

/* At most `limit` threads. */
bool worker_pool_init(struct worker_pool *pool, int limit);

/* Runs the task on one of the threads, in order of arrival; at once, on the caller's own, if no thread can be started.
 * From any thread. */
void worker_pool_run(struct worker_pool *pool, struct task *task);

/* Whether tasks wait for a thread. */
bool worker_pool_is_busy(struct worker_pool *pool);

/* Runs what is still waiting, and what that adds, and ends the threads. Nothing may arrive from elsewhere any more. */
void worker_pool_finish(struct worker_pool *pool);

#endif
