/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_WAITING_H
#define TOOLS_WAITING_H

/* The segments of one direction that arrived too early, in the order of the stream. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "segment.h"

/* Bounds the time of an insertion in a hostile capture. At the usual segment size these are 23 MiB. */
enum { WAITING_MAX = 16384 };

/* A copy of a segment. */
typedef struct waiting_segment {
    int64_t time;
    uint32_t seq;
    uint32_t ack;
    uint32_t size;     /* on the wire */
    uint32_t captured; /* bytes of data */
    uint32_t arrived;  /* number of the packet in the connection */
    uint8_t flags;
    uint8_t data[];
} waiting_segment;

/* All zero is an empty list. */
typedef struct waiting {
    waiting_segment **items; /* ascending from items[first] */
    uint32_t first;
    uint32_t count;
    uint32_t cap;
} waiting;

/* The first one; NULL if none waits. */
static inline const waiting_segment *waiting_head(const waiting *w)
{
    return w->count != 0 ? w->items[w->first] : NULL;
}

/* Copies the segment to its place, unless a waiting one has all of its bytes. False if there are too many, or the
 * budget is used up. */
bool waiting_add(waiting *w, const segment *s, uint32_t arrived, budget *memory);

/* Removes the first one, which must exist; the caller calls waiting_free(). */
waiting_segment *waiting_take(waiting *w);

void waiting_free(waiting_segment *s, budget *memory);

void waiting_finish(waiting *w, budget *memory);

/* > 0 if sequence number `a` is the later one; they are less than 2^31 apart. */
static inline int32_t seq_distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
