/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARE_SHARE_BATCHES_H
#define SERVER_COORDINATOR_SHARE_SHARE_BATCHES_H

/* What has been delivered of a partition to a share group: ranges of offsets with the same state. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/status.h>

/* As records have it. */
enum share_delivery {
    SHARE_AVAILABLE = 0,
    SHARE_ACQUIRED = 1, /* in memory only */
    SHARE_ACKNOWLEDGED = 2,
    SHARE_ARCHIVING = 3,
    SHARE_ARCHIVED = 4
};

struct share_batch {
    int64_t first; /* offset */
    int64_t last;  /* that of the last record, so at least `first` */
    int16_t count; /* of deliveries */
    int8_t state;  /* enum share_delivery */
};

struct share_batches {
    struct share_batch *items;
    size_t count;
};

enum { SHARE_NO_START = -1 };

/* Merges `added` into `known`, both in any order. What is below `start`, unless that is SHARE_NO_START, is left out; so
 * are batches that end before they start. Where some overlap, the one with the greatest count has the offsets, with
 * equal counts the one with the greatest state. Neighbours that are equal become one. The result is sorted, and in the
 * arena, and there is but one for the same offsets. KW_ERR_NO_MEMORY, KW_ERR_MEMORY_LIMIT: the arena is full. */
kw_status share_batches_merge(const struct share_batches *known, const struct share_batches *added, int64_t start,
                              kw_arena *arena, struct share_batches *out);

#endif
