/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_pace.h"

#include "../base/clock.h"
#include "../base/thread.h"

const struct disk_watch disk_watch_system = {clock_coarse_ms, thread_preemptions};

/* To ask for them takes longer than to read the clock, so it is done once for each of its steps. */
static _Thread_local struct {
    int64_t ms;
    int64_t preemptions;
} asked;

void disk_pace_init(struct disk_pace *pace, const struct disk_watch *watch)
{
    pace->watch = watch;
    atomic_init(&pace->slow_until, 0);
    atomic_init(&pace->waiting_since, 0);
}

/* One of the writes that are made at the same time is enough to see that the disk hangs. */
struct disk_write disk_pace_begin(struct disk_pace *pace)
{
    struct disk_write write = {.started = pace->watch->now()};
    if (asked.ms != write.started) {
        asked.ms = write.started;
        asked.preemptions = pace->watch->preemptions();
    }
    if (atomic_load_explicit(&pace->waiting_since, memory_order_relaxed) != 0)
        return write;
    write.is_known = true;
    atomic_store_explicit(&pace->waiting_since, write.started, memory_order_relaxed);
    return write;
}

void disk_pace_end(struct disk_pace *pace, struct disk_write write)
{
    int64_t now = pace->watch->now();
    if (now - write.started >= DISK_SLOW_MS && pace->watch->preemptions() == asked.preemptions)
        atomic_store_explicit(&pace->slow_until, now + DISK_SLOW_FOR_MS, memory_order_relaxed);
    if (write.is_known)
        atomic_store_explicit(&pace->waiting_since, 0, memory_order_relaxed);
}

bool disk_pace_look(struct disk_pace *pace)
{
    int64_t now = pace->watch->now();
    int64_t since = atomic_load_explicit(&pace->waiting_since, memory_order_relaxed);
    int64_t until = atomic_load_explicit(&pace->slow_until, memory_order_relaxed);
    if (since != 0 && now - since >= DISK_SLOW_MS)
        return true;
    if (until != 0 && now >= until)
        (void)atomic_compare_exchange_strong_explicit(&pace->slow_until, &until, 0, memory_order_relaxed,
                                                      memory_order_relaxed);
    return until != 0 && now < until;
}
