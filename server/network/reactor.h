/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_REACTOR_H
#define SERVER_NETWORK_REACTOR_H

/* A thread that waits for descriptors, timers and tasks, and serves them one after the other. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/executor.h"
#include "../base/timer_wheel.h"
#include "../base/worker_pool.h"
#include "busy_poll.h"
#include "poller.h"
#include "wakeup.h"

/* Something with a descriptor. */
struct event_source {
    void (*ready)(struct event_source *source, unsigned events);
    int fd;
    struct busy_poll_history history;
};

struct reactor {
    struct executor executor;
    struct poller *poller;
    struct timer_wheel timers;
    /* The rest is private. */
    struct worker_pool *workers;
    struct wakeup wakeup;
    struct busy_poll busy_poll;
    pthread_mutex_t lock;
    struct task *first; /* posted */
    struct task **last;
    bool awake; /* looks at what is posted before it sleeps */
    bool stopping;
    int64_t now;
};

/* False, with errno, if it cannot be made; nothing is left then. */
bool reactor_init(struct reactor *reactor, struct worker_pool *workers);
void reactor_finish(struct reactor *reactor);

/* Serves events on the caller's thread, until reactor_stop(). */
void reactor_run(struct reactor *reactor);

/* Makes reactor_run() return. On the reactor's thread. */
void reactor_stop(struct reactor *reactor);

#endif
