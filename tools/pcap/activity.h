/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ACTIVITY_H
#define TOOLS_ACTIVITY_H

/* Counts over time in fixed memory: bins of equal width, which doubles when the time exceeds them. Several activities
 * share a scale, and so can be compared. */

#include <stdbool.h>
#include <stdint.h>

enum { ACTIVITY_BINS = 256 }; /* a power of two */

/* All zero is one without any time. */
typedef struct activity_scale {
    bool used;
    unsigned shift; /* a bin is 2^shift ns; bin 0 begins in 1970 */
    int64_t first;  /* bins in use; fewer than ACTIVITY_BINS behind `first` */
    int64_t last;
} activity_scale;

/* All zero is an empty one. Bin n is at index n mod ACTIVITY_BINS. */
typedef struct activity {
    uint64_t requests[ACTIVITY_BINS];
    uint64_t failed[ACTIVITY_BINS]; /* of them */
} activity;

/* Extends the scale to a time in ns since 1970. False if that needs wider bins: then activity_widen() is due for all
 * activities of the scale, next activity_scale_widen(), and another try. */
bool activity_scale_include(activity_scale *s, int64_t time);

void activity_widen(activity *a, const activity_scale *s);
void activity_scale_widen(activity_scale *s);

/* `time` is in the scale. */
void activity_add(activity *a, const activity_scale *s, int64_t time, bool failed);

static inline uint32_t activity_index(int64_t bin)
{
    return (uint32_t)((uint64_t)bin % ACTIVITY_BINS);
}

/* Start of a bin in ns since 1970. */
static inline int64_t activity_start(const activity_scale *s, int64_t bin)
{
    return bin * (INT64_C(1) << s->shift);
}

#endif
