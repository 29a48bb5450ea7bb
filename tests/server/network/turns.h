/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_NETWORK_TURNS_H
#define TESTS_SERVER_NETWORK_TURNS_H

/* Runs a reactor on the test's own thread, turn by turn and by the test's own clock. */

#include "network/reactor.h"

enum { MOST_TURNS = 3000 }; /* until a reactor has nothing to do: a few for each megabyte */

static inline void turns_set_clock(struct reactor *reactor, int64_t now)
{
    reactor->now = now;
    timer_wheel_init(&reactor->timers, now);
}

static inline bool turns_run_tasks(struct reactor *reactor)
{
    struct task *task = reactor->first;
    reactor->first = NULL;
    reactor->last = &reactor->first;
    bool ran = task != NULL;
    for (struct task *next; task != NULL; task = next) {
        next = task->next;
        task->run(task);
    }
    return ran;
}

static inline size_t turns_serve_events(struct reactor *reactor)
{
    struct poller_event events[64];
    size_t count = poller_wait(reactor->poller, events, sizeof events / sizeof events[0], 0);
    for (size_t i = 0; i < count; i++) {
        struct event_source *source = events[i].source;
        if (events[i].source == reactor)
            wakeup_clear(&reactor->wakeup);
        else
            source->ready(source, events[i].events);
    }
    return count;
}

/* Lets it do what there is to do, which ends. */
static inline void turns_settle(struct reactor *reactor)
{
    for (int turns = 0; turns_serve_events(reactor) + turns_run_tasks(reactor) != 0; turns++)
        assert_true(turns < MOST_TURNS);
}

static inline void turns_pass(struct reactor *reactor, int64_t ms)
{
    turns_settle(reactor);
    reactor->now += ms;
    timer_wheel_advance(&reactor->timers, reactor->now);
    turns_settle(reactor);
}

#endif
