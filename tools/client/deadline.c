/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>

#include "deadline.h"

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

deadline deadline_in(int64_t ms)
{
    return (deadline){now() + ms};
}

int deadline_left(deadline d)
{
    int64_t left = d.at - now();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

deadline deadline_share(deadline d, int shares)
{
    return shares <= 1 ? d : deadline_in(deadline_left(d) / shares);
}

struct timespec deadline_timespec(deadline d)
{
    return (struct timespec){.tv_sec = (time_t)(d.at / 1000), .tv_nsec = (long)(d.at % 1000 * 1000000)};
}
