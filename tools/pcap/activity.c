/* SPDX-License-Identifier: Apache-2.0 */
#include "activity.h"

#include <string.h>

enum { FIRST_SHIFT = 10 }; /* about a microsecond */

/* Rounded down, before 1970 too. */
static int64_t halved(int64_t n)
{
    return n / 2 - (n % 2 < 0);
}

static int64_t bin_of(const activity_scale *s, int64_t time)
{
    int64_t width = INT64_C(1) << s->shift;
    return time / width - (time % width < 0);
}

bool activity_scale_include(activity_scale *s, int64_t time)
{
    if (!s->used) {
        s->used = true;
        s->shift = FIRST_SHIFT;
        s->first = s->last = bin_of(s, time);
        return true;
    }
    int64_t bin = bin_of(s, time);
    int64_t first = bin < s->first ? bin : s->first;
    int64_t last = bin > s->last ? bin : s->last;
    if (last - first >= ACTIVITY_BINS)
        return false;
    s->first = first;
    s->last = last;
    return true;
}

void activity_widen(activity *a, const activity_scale *s)
{
    activity wide;
    memset(&wide, 0, sizeof wide);
    for (int64_t bin = s->first; bin <= s->last; bin++) {
        uint32_t from = activity_index(bin);
        uint32_t to = activity_index(halved(bin));
        wide.requests[to] += a->requests[from];
        wide.failed[to] += a->failed[from];
    }
    *a = wide;
}

void activity_scale_widen(activity_scale *s)
{
    s->shift++;
    s->first = halved(s->first);
    s->last = halved(s->last);
}

void activity_add(activity *a, const activity_scale *s, int64_t time, bool failed)
{
    uint32_t at = activity_index(bin_of(s, time));
    a->requests[at]++;
    a->failed[at] += failed;
}
