/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_TIMER_WHEEL_H
#define SERVER_BASE_TIMER_WHEEL_H

/* Timers by deadline: four wheels of 64 slots, each slot as long as the whole wheel below it. Starting and stopping
 * take constant time; a timer moves down a wheel at most three times before it fires. Belongs to one thread. */

#include <stddef.h>
#include <stdint.h>

#include "executor.h"

enum { TIMER_WHEEL_LEVELS = 4, TIMER_WHEEL_SLOT_BITS = 6, TIMER_WHEEL_SLOTS = 1 << TIMER_WHEEL_SLOT_BITS };

/* Private fields. */
struct timer_wheel {
    int64_t now; /* what was due by then has fired */
    uint64_t occupied[TIMER_WHEEL_LEVELS];
    struct timer *slots[TIMER_WHEEL_LEVELS][TIMER_WHEEL_SLOTS];
};

void timer_wheel_init(struct timer_wheel *wheel, int64_t now);

/* Starts a timer, or starts it anew. It fires at `deadline`, or at the next advance if that has passed. */
void timer_wheel_start(struct timer_wheel *wheel, struct timer *timer, int64_t deadline);

/* Stops a timer; does nothing to one that is not running. */
void timer_wheel_stop(struct timer_wheel *wheel, struct timer *timer);

/* When to advance next: no timer fires before. INT64_MAX if none is running. */
int64_t timer_wheel_next(const struct timer_wheel *wheel);

/* Fires what is due at `now`, in the order of milliseconds. Timers may be started and stopped meanwhile. */
void timer_wheel_advance(struct timer_wheel *wheel, int64_t now);

#endif
