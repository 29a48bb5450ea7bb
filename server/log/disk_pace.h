/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_DISK_PACE_H
#define SERVER_LOG_DISK_PACE_H

/* Whether a disk takes what is written to it at once. Mostly it does: the system copies the bytes and returns. While
 * it writes back much, single writes take 10 to 250 ms, and those of a disk with a fault may take minutes. A disk is
 * slow from such a write on, for some time; a write during which the thread has lost its processor to others does not
 * count. Any thread may call these functions. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    DISK_SLOW_MS = 12,        /* a write that takes so long is slow: more than one step of any system's coarse clock */
    DISK_SLOW_FOR_MS = 10000, /* after a slow write; file systems commit every 5 s */
};

/* What writes are measured by: that of the system, or of a test. */
struct disk_watch {
    int64_t (*now)(void);         /* in milliseconds */
    int64_t (*preemptions)(void); /* of the calling thread, ever */
};

extern const struct disk_watch disk_watch_system;

struct disk_pace {
    const struct disk_watch *watch;
    _Atomic(int64_t) slow_until;    /* private; 0: the last writes were not slow */
    _Atomic(int64_t) waiting_since; /* private; of a write that has not returned; 0: none is known */
};

/* A write that is being made. */
struct disk_write {
    int64_t started;
    bool is_known; /* it is the one that others see */
};

void disk_pace_init(struct disk_pace *pace, const struct disk_watch *watch);

/* Before a write, and after it. */
struct disk_write disk_pace_begin(struct disk_pace *pace);
void disk_pace_end(struct disk_pace *pace, struct disk_write write);

/* Private: by the clock. */
bool disk_pace_look(struct disk_pace *pace);

/* Also while a write is being made that has taken too long already. */
static inline bool disk_pace_is_slow(struct disk_pace *pace)
{
    return (atomic_load_explicit(&pace->slow_until, memory_order_relaxed) != 0 ||
            atomic_load_explicit(&pace->waiting_since, memory_order_relaxed) != 0) &&
           disk_pace_look(pace);
}

#endif
