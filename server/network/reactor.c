/* SPDX-License-Identifier: Apache-2.0 */
#include "reactor.h"

#include <errno.h>
#include <string.h>

#include "../base/clock.h"

enum { MOST_EVENTS = 256 };

static struct reactor *of(struct executor *executor)
{
    return (struct reactor *)(void *)executor; /* its first member */
}

static int64_t now(struct executor *executor)
{
    return of(executor)->now;
}

static void post(struct executor *executor, struct task *task)
{
    struct reactor *reactor = of(executor);
    task->next = NULL;
    (void)pthread_mutex_lock(&reactor->lock);
    *reactor->last = task;
    reactor->last = &task->next;
    bool asleep = !reactor->awake;
    reactor->awake = true;
    (void)pthread_mutex_unlock(&reactor->lock);
    if (asleep)
        wakeup_signal(&reactor->wakeup);
}

static void offload(struct executor *executor, struct task *task)
{
    worker_pool_run(of(executor)->workers, task);
}

static void start_timer(struct executor *executor, struct timer *timer, int64_t delay_ms)
{
    struct reactor *reactor = of(executor);
    int64_t most = INT64_MAX - reactor->now;
    timer_wheel_start(&reactor->timers, timer, reactor->now + (delay_ms < most ? delay_ms : most));
}

static void stop_timer(struct executor *executor, struct timer *timer)
{
    timer_wheel_stop(&of(executor)->timers, timer);
}

static const struct executor_calls calls = {now, post, offload, start_timer, stop_timer};

bool reactor_init(struct reactor *reactor, struct worker_pool *workers)
{
    memset(reactor, 0, sizeof *reactor);
    reactor->executor.calls = &calls;
    reactor->workers = workers;
    reactor->last = &reactor->first;
    reactor->awake = true;
    reactor->now = clock_ms();
    timer_wheel_init(&reactor->timers, reactor->now);
    reactor->poller = poller_create();
    if (reactor->poller == NULL)
        return false;
    bool woken = wakeup_init(&reactor->wakeup);
    if (woken && poller_add(reactor->poller, reactor->wakeup.read_fd, POLLER_READ, reactor) &&
        pthread_mutex_init(&reactor->lock, NULL) == 0)
        return true;
    int reason = errno;
    if (woken)
        wakeup_finish(&reactor->wakeup);
    poller_destroy(reactor->poller);
    errno = reason;
    return false;
}

void reactor_finish(struct reactor *reactor)
{
    (void)pthread_mutex_destroy(&reactor->lock);
    wakeup_finish(&reactor->wakeup);
    poller_destroy(reactor->poller);
}

static struct task *take_tasks(struct reactor *reactor)
{
    (void)pthread_mutex_lock(&reactor->lock);
    struct task *first = reactor->first;
    reactor->first = NULL;
    reactor->last = &reactor->first;
    (void)pthread_mutex_unlock(&reactor->lock);
    return first;
}

/* Runs what was posted. What that posts waits until descriptors and timers have had their turn. */
static void run_tasks(struct reactor *reactor)
{
    for (struct task *task = take_tasks(reactor), *next; task != NULL; task = next) {
        next = task->next;
        task->run(task);
    }
}

/* Whether the reactor may sleep: from then on a thread that posts wakes it. */
static bool fall_asleep(struct reactor *reactor)
{
    (void)pthread_mutex_lock(&reactor->lock);
    reactor->awake = reactor->first != NULL;
    bool asleep = !reactor->awake;
    (void)pthread_mutex_unlock(&reactor->lock);
    return asleep;
}

static void wake_up(struct reactor *reactor)
{
    (void)pthread_mutex_lock(&reactor->lock);
    reactor->awake = true;
    (void)pthread_mutex_unlock(&reactor->lock);
}

_Static_assert(TIMER_WHEEL_LEVELS *TIMER_WHEEL_SLOT_BITS < 31, "wheels are faster than an int of milliseconds");

static int time_left(const struct reactor *reactor)
{
    int64_t next = timer_wheel_next(&reactor->timers);
    if (next == INT64_MAX)
        return -1;
    return (int)(next - reactor->now); /* more than 0, and never more than the slowest wheel */
}

static void serve_events(struct reactor *reactor, const struct poller_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct event_source *source = events[i].source;
        if (events[i].source == reactor)
            wakeup_clear(&reactor->wakeup);
        else
            source->ready(source, events[i].events);
    }
}

static struct busy_poll_history *history_of_only(struct reactor *reactor, const struct poller_event *events,
                                                 size_t count)
{
    struct event_source *source = count == 1 && events[0].source != reactor ? events[0].source : NULL;
    return source != NULL ? &source->history : NULL;
}

/* Whoever posts meanwhile wakes the poller, whether the thread sleeps or looks. */
static size_t wait_for_events(struct reactor *reactor, struct poller_event *events)
{
    int timeout = fall_asleep(reactor) ? time_left(reactor) : 0;
    size_t count = 0;
    if (timeout != 0 && busy_poll_starts(&reactor->busy_poll)) {
        unsigned looks = 0;
        for (; looks < poller_looks && count == 0; looks++)
            count = poller_wait(reactor->poller, events, MOST_EVENTS, 0);
        if (looks > 1) /* else it was there already, which says nothing of the next one */
            busy_poll_ends(&reactor->busy_poll, count != 0);
    }
    if (count == 0)
        count = poller_wait(reactor->poller, events, MOST_EVENTS, timeout);
    busy_poll_note(&reactor->busy_poll, history_of_only(reactor, events, count));
    return count;
}

void reactor_run(struct reactor *reactor)
{
    struct poller_event events[MOST_EVENTS];
    while (!reactor->stopping) {
        size_t count = wait_for_events(reactor, events);
        reactor->now = clock_ms();
        wake_up(reactor);
        serve_events(reactor, events, count);
        timer_wheel_advance(&reactor->timers, reactor->now);
        run_tasks(reactor);
    }
}

void reactor_stop(struct reactor *reactor)
{
    reactor->stopping = true;
}
