/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_CLOCK_H
#define SERVER_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ms(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Milliseconds since some moment, never going back. */
static inline int64_t clock_ms(void)
{
    return clock_read_ms(CLOCK_MONOTONIC);
}

/* The same, up to some ms late, for a tenth of the cost. */
static inline int64_t clock_coarse_ms(void)
{
#ifdef CLOCK_MONOTONIC_COARSE
    return clock_read_ms(CLOCK_MONOTONIC_COARSE);
#else
    return clock_ms();
#endif
}

/* Milliseconds since 1970, as the timestamps of records. */
static inline int64_t clock_wall_ms(void)
{
    return clock_read_ms(CLOCK_REALTIME);
}

static inline void clock_sleep_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

#endif
