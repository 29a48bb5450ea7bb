/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_EXECUTOR_H
#define SERVER_BASE_EXECUTOR_H

/* Where work runs: a thread that takes tasks from any other thread, has timers, and can hand work to worker threads.
 * Reactors are executors; tests have one that is single-threaded and whose clock they set. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Something to run once. It belongs to the executor from posting until it runs. */
struct task {
    void (*run)(struct task *task);
    struct task *next; /* private */
};

/* Something to run at a time. Zero bytes are a timer that is not running. */
struct timer {
    void (*fire)(struct timer *timer);
    int64_t deadline; /* the rest is private */
    struct timer *next;
    struct timer **link;
    uint8_t level;
    uint8_t slot;
};

struct executor {
    const struct executor_calls *calls;
};

struct executor_calls {
    int64_t (*now)(struct executor *executor);
    void (*post)(struct executor *executor, struct task *task);
    void (*offload)(struct executor *executor, struct task *task);
    void (*start_timer)(struct executor *executor, struct timer *timer, int64_t delay_ms);
    void (*stop_timer)(struct executor *executor, struct timer *timer);
};

/* Milliseconds since some moment, never going back. On the executor's thread only. */
static inline int64_t executor_now(struct executor *executor)
{
    return executor->calls->now(executor);
}

/* Runs the task on the executor's thread, after what it does now. From any thread. */
static inline void executor_post(struct executor *executor, struct task *task)
{
    executor->calls->post(executor, task);
}

/* Runs the task on a worker thread, where it may wait for the disk. From any thread. */
static inline void executor_offload(struct executor *executor, struct task *task)
{
    executor->calls->offload(executor, task);
}

/* Starts a timer, or starts it anew. Starting and stopping are for the executor's thread, on which the timer fires. */
static inline void executor_start_timer(struct executor *executor, struct timer *timer, int64_t delay_ms)
{
    executor->calls->start_timer(executor, timer, delay_ms);
}

/* Stops a timer; does nothing to one that is not running. */
static inline void executor_stop_timer(struct executor *executor, struct timer *timer)
{
    executor->calls->stop_timer(executor, timer);
}

static inline bool timer_is_running(const struct timer *timer)
{
    return timer->link != NULL;
}

#endif
