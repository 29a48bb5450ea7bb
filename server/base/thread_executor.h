/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_THREAD_EXECUTOR_H
#define SERVER_BASE_THREAD_EXECUTOR_H

/* An executor that is a thread of its own, for work that may wait for the disk and has an order. Tasks run one after
 * the other, timers between them. What is offloaded runs on one more thread, started when it is needed. */

#include <pthread.h>
#include <stdbool.h>

#include "executor.h"
#include "timer_wheel.h"
#include "worker_pool.h"

/* Private fields but for the first. */
struct thread_executor {
    struct executor executor;
    struct timer_wheel timers;
    struct worker_pool workers;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct task *first;
    struct task **last;
    pthread_t thread;
    struct task stop;
    bool has_workers; /* of the executor's thread */
    bool stopping;
};

/* False: errno says why. */
bool thread_executor_start(struct thread_executor *executor);

/* Runs what has been posted and offloaded, and what that posts, and ends the thread; timers do not fire any more.
 * Nothing may be posted from elsewhere. */
void thread_executor_stop(struct thread_executor *executor);

#endif
