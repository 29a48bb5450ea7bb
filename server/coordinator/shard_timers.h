/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARD_TIMERS_H
#define SERVER_COORDINATOR_SHARD_TIMERS_H

/* The timers of a shard: all on one wheel, which only who has the turn touches. One timer of the home executor fires at
 * the next deadline. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../base/executor.h"
#include "../base/timer_wheel.h"
#include "machine.h"

/* Of the state of a machine. Zero bytes but for `tick` are one that is not running. */
struct coordinator_timer {
    void (*tick)(struct coordinator_timer *timer, struct coordinator_decision *decision);
    /* The rest is private. */
    struct timer timer;
    struct shard_timers *timers;
    struct coordinator_timer *next; /* of those that are due */
    struct coordinator_timer **link;
    struct shard_tick *waiting; /* its records are not written yet */
};

struct shard_timers {
    struct timer_wheel wheel;
    struct coordinator_timer *due; /* their deadline has passed; in this order */
    struct coordinator_timer **due_end;
    struct executor *home;
    int64_t (*clock)(void);
    struct timer timer;     /* of the home executor */
    struct task task;       /* starts it */
    _Atomic(int64_t) armed; /* the deadline of that timer, once the task has run; INT64_MAX: none */
    atomic_bool is_posted;
    void (*on_deadline)(struct shard_timers *timers); /* on the home executor */
    void (*on_end)(struct shard_timers *timers);      /* the same, once: nothing of this is used any more */
    atomic_bool is_ending;
};

void shard_timers_init(struct shard_timers *timers, struct executor *home, int64_t (*clock)(void));

/* What is due by now becomes due. Needs the turn. */
void shard_timers_advance(struct shard_timers *timers, int64_t now);

/* The next one that is due; it is not running any more. NULL: none is. Needs the turn. */
struct coordinator_timer *shard_timers_take(struct shard_timers *timers);

/* It stays the next one. Needs the turn. */
void shard_timers_put_back(struct shard_timers *timers, struct coordinator_timer *timer);

/* Sees to it that on_deadline() is called at the next deadline. Needs the turn. */
void shard_timers_arm(struct shard_timers *timers);

/* Ends the timers: on_deadline() may still be called, until on_end() is. Needs the turn. */
void shard_timers_end(struct shard_timers *timers);

/* ---- for machines, in decisions and in loaded(), changed() and failed() ---- */

/* Starts a timer, or starts it anew. The deadline is by the decision's clock. At the deadline, tick() is a decision of
 * its own; if its records cannot be written, the timer starts again for TICK_RETRY_MS, unless it has been started or
 * stopped since. */
void coordinator_timer_start(struct shard *shard, struct coordinator_timer *timer, int64_t deadline);

/* Stops a timer, which may then be freed. Does nothing to one that is not running. */
void coordinator_timer_stop(struct coordinator_timer *timer);

bool coordinator_timer_is_running(const struct coordinator_timer *timer);

enum { TICK_RETRY_MS = 500 };

/* The tick of a timer while its records are not written. */
struct shard_tick {
    struct coordinator_event event;
    struct coordinator_timer *timer; /* NULL: it has been started or stopped since */
};

/* Ties them. */
void shard_tick_wait(struct shard_tick *tick, struct coordinator_timer *timer);

/* Parts them; the timer, or NULL. */
struct coordinator_timer *shard_tick_end(struct shard_tick *tick);

void shard_timers_start(struct shard_timers *timers, struct coordinator_timer *timer, int64_t deadline);

#endif
