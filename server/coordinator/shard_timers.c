/* SPDX-License-Identifier: Apache-2.0 */
#include "shard_timers.h"

#include <string.h>

#define OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* ---- the home executor ---- */

static void fire_home(struct timer *timer)
{
    struct shard_timers *timers = OF(timer, struct shard_timers, timer);
    atomic_store(&timers->armed, INT64_MAX);
    timers->on_deadline(timers);
}

/* Whoever ends the timers posts the task unless it is posted already; if that is done between the two looks at
 * is_posted, the task runs once more. */
static void end_timer(struct shard_timers *timers)
{
    if (atomic_exchange(&timers->is_posted, true))
        return;
    executor_stop_timer(timers->home, &timers->timer);
    timers->on_end(timers);
}

static void run_task(struct task *task)
{
    struct shard_timers *timers = OF(task, struct shard_timers, task);
    atomic_store(&timers->is_posted, false);
    int64_t deadline = atomic_load(&timers->armed), now = timers->clock();
    if (atomic_load(&timers->is_ending))
        end_timer(timers);
    else if (deadline != INT64_MAX)
        executor_start_timer(timers->home, &timers->timer, deadline > now ? deadline - now : 0);
}

static void post(struct shard_timers *timers)
{
    if (!atomic_exchange(&timers->is_posted, true))
        executor_post(timers->home, &timers->task);
}

/* If the timer fires meanwhile, it may take this deadline for its own; then what is due is looked at, and this follows.
 */
void shard_timers_arm(struct shard_timers *timers)
{
    if (atomic_load(&timers->is_ending))
        return; /* what is on the wheel may be freed */
    int64_t next = timer_wheel_next(&timers->wheel);
    if (next >= atomic_load(&timers->armed))
        return;
    atomic_store(&timers->armed, next);
    post(timers);
}

void shard_timers_end(struct shard_timers *timers)
{
    atomic_store(&timers->is_ending, true);
    post(timers);
}

/* ---- the wheel ---- */

static void fire(struct timer *timer)
{
    struct coordinator_timer *t = OF(timer, struct coordinator_timer, timer);
    struct shard_timers *timers = t->timers;
    t->next = NULL;
    t->link = timers->due_end;
    *timers->due_end = t;
    timers->due_end = &t->next;
}

static void leave_due(struct coordinator_timer *t)
{
    if (t->link == NULL)
        return;
    *t->link = t->next;
    if (t->next != NULL)
        t->next->link = t->link;
    else
        t->timers->due_end = t->link;
    t->link = NULL;
}

void shard_timers_advance(struct shard_timers *timers, int64_t now)
{
    timer_wheel_advance(&timers->wheel, now);
}

struct coordinator_timer *shard_timers_take(struct shard_timers *timers)
{
    struct coordinator_timer *t = timers->due;
    if (t != NULL)
        leave_due(t);
    return t;
}

void shard_timers_put_back(struct shard_timers *timers, struct coordinator_timer *t)
{
    t->next = timers->due;
    t->link = &timers->due;
    if (t->next != NULL)
        t->next->link = &t->next;
    else
        timers->due_end = &t->next;
    timers->due = t;
}

void shard_timers_start(struct shard_timers *timers, struct coordinator_timer *t, int64_t deadline)
{
    coordinator_timer_stop(t);
    t->timers = timers;
    t->timer.fire = fire;
    timer_wheel_start(&timers->wheel, &t->timer, deadline);
}

void coordinator_timer_stop(struct coordinator_timer *t)
{
    if (t->timers == NULL)
        return;
    timer_wheel_stop(&t->timers->wheel, &t->timer);
    leave_due(t);
    if (t->waiting != NULL)
        (void)shard_tick_end(t->waiting);
}

bool coordinator_timer_is_running(const struct coordinator_timer *t)
{
    return timer_is_running(&t->timer) || t->link != NULL;
}

/* ---- ticks ---- */

void shard_tick_wait(struct shard_tick *tick, struct coordinator_timer *timer)
{
    tick->timer = timer;
    timer->waiting = tick;
}

struct coordinator_timer *shard_tick_end(struct shard_tick *tick)
{
    struct coordinator_timer *timer = tick->timer;
    tick->timer = NULL;
    if (timer != NULL)
        timer->waiting = NULL;
    return timer;
}

void shard_timers_init(struct shard_timers *timers, struct executor *home, int64_t (*clock)(void))
{
    memset(timers, 0, sizeof *timers);
    timer_wheel_init(&timers->wheel, clock());
    timers->due_end = &timers->due;
    timers->home = home;
    timers->clock = clock;
    timers->timer.fire = fire_home;
    timers->task.run = run_task;
    atomic_init(&timers->armed, INT64_MAX);
}
