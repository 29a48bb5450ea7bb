/* SPDX-License-Identifier: Apache-2.0 */
#include "thread_executor.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "thread.h"

enum { LONGEST_WAIT_MS = 1000 };

static struct thread_executor *of(struct executor *executor)
{
    return (struct thread_executor *)(void *)executor; /* its first member */
}

static int64_t now(struct executor *executor)
{
    (void)executor;
    return clock_ms();
}

static void post(struct executor *executor, struct task *task)
{
    struct thread_executor *e = of(executor);
    task->next = NULL;
    (void)pthread_mutex_lock(&e->lock);
    *e->last = task;
    e->last = &task->next;
    (void)pthread_cond_signal(&e->changed);
    (void)pthread_mutex_unlock(&e->lock);
}

static void offload(struct executor *executor, struct task *task)
{
    struct thread_executor *e = of(executor);
    if (e->has_workers)
        worker_pool_run(&e->workers, task);
    else
        task->run(task);
}

static void start_timer(struct executor *executor, struct timer *timer, int64_t delay_ms)
{
    int64_t from = clock_ms();
    timer_wheel_start(&of(executor)->timers, timer, delay_ms < INT64_MAX - from ? from + delay_ms : INT64_MAX);
}

static void stop_timer(struct executor *executor, struct timer *timer)
{
    timer_wheel_stop(&of(executor)->timers, timer);
}

/* With the lock: waits for a task or a timer. */
static void wait_for_work(struct thread_executor *e)
{
    int64_t next = timer_wheel_next(&e->timers);
    if (next == INT64_MAX) {
        (void)pthread_cond_wait(&e->changed, &e->lock);
        return;
    }
    int64_t delay = next - clock_ms();
    if (delay > 0)
        thread_wait(&e->changed, &e->lock, delay);
}

static struct task *take(struct thread_executor *e)
{
    struct task *task = e->first;
    if (task == NULL)
        return NULL;
    e->first = task->next;
    if (e->first == NULL)
        e->last = &e->first;
    return task;
}

static void *run(void *argument)
{
    struct thread_executor *e = argument;
    (void)pthread_mutex_lock(&e->lock);
    for (;;) {
        struct task *task = take(e);
        bool stopping = e->stopping;
        if (task == NULL && stopping)
            break;
        (void)pthread_mutex_unlock(&e->lock);
        if (task != NULL)
            task->run(task);
        if (!stopping)
            timer_wheel_advance(&e->timers, clock_ms());
        (void)pthread_mutex_lock(&e->lock);
        if (e->first == NULL && !e->stopping)
            wait_for_work(e);
    }
    (void)pthread_mutex_unlock(&e->lock);
    return NULL;
}

static bool init(struct thread_executor *e)
{
    static const struct executor_calls calls = {now, post, offload, start_timer, stop_timer};
    memset(e, 0, sizeof *e);
    e->executor.calls = &calls;
    e->last = &e->first;
    timer_wheel_init(&e->timers, clock_ms());
    e->has_workers = worker_pool_init(&e->workers, 1);
    if (!e->has_workers)
        return false;
    if (pthread_mutex_init(&e->lock, NULL) == 0) {
        if (pthread_cond_init(&e->changed, NULL) == 0)
            return true;
        (void)pthread_mutex_destroy(&e->lock);
    }
    worker_pool_finish(&e->workers);
    return false;
}

static void finish(struct thread_executor *e)
{
    (void)pthread_cond_destroy(&e->changed);
    (void)pthread_mutex_destroy(&e->lock);
}

bool thread_executor_start(struct thread_executor *e)
{
    if (!init(e)) {
        errno = ENOMEM;
        return false;
    }
    int error = thread_start(&e->thread, run, e);
    if (error == 0)
        return true;
    worker_pool_finish(&e->workers);
    finish(e);
    errno = error;
    return false;
}

/* On the executor's thread. What the workers post runs after this; what is offloaded from now on runs at once. */
static void stop_workers(struct task *task)
{
    struct thread_executor *e =
        (struct thread_executor *)(void *)((char *)task - offsetof(struct thread_executor, stop));
    worker_pool_finish(&e->workers);
    e->has_workers = false;
    (void)pthread_mutex_lock(&e->lock);
    e->stopping = true;
    (void)pthread_mutex_unlock(&e->lock);
}

void thread_executor_stop(struct thread_executor *e)
{
    e->stop.run = stop_workers;
    executor_post(&e->executor, &e->stop);
    (void)pthread_join(e->thread, NULL);
    finish(e);
}
