/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_REPEATS_H
#define SERVER_BASE_REPEATS_H

/* What a request names more than once: topics, or partitions of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

struct named_partition {
    kw_string topic; /* its name, or the bytes of its id */
    int32_t partition;
    size_t last; /* out: where it is named last, if this is where it is named first; else NAMED_BEFORE */
};

#define NAMED_BEFORE SIZE_MAX

/* False if the arena is full. */
bool repeats_find(struct named_partition *partitions, size_t count, kw_arena *arena);

/* After repeats_find(): whether one of them is named once. */
bool repeats_leave_any(const struct named_partition *partitions, size_t count);

#endif
