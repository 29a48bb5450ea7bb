/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DEADLINE_H
#define TOOLS_DEADLINE_H

/* A point in time by which an operation must end. */

#include <stdint.h>
#include <time.h>

typedef struct deadline {
    int64_t at; /* in ms, CLOCK_MONOTONIC */
} deadline;

deadline deadline_in(int64_t ms);

/* In ms, for poll(); 0 once it has passed. */
int deadline_left(deadline d);

/* An earlier deadline: one of `shares` equal parts of the remaining time. */
deadline deadline_share(deadline d, int shares);

/* On CLOCK_MONOTONIC. */
struct timespec deadline_timespec(deadline d);

#endif
