/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_WAITING_H
#define TOOLS_WAITING_H

/* The segments of one direction that came before others that belong in front of them, in the order of the stream. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "budget.h"
#include "segment.h"

/* So that a capture made to hurt cannot make inserting slow. At the usual segment size these are 23 MiB. */
enum { WAITING_MAX = 16384 };

/* A copy of a segment. */
typedef struct waiting_segment {
    int64_t time;
    uint32_t seq;
    uint32_t ack;
    uint32_t size;     /* on the wire */
    uint32_t captured; /* bytes of data */
    uint32_t arrived;  /* which packet of the connection it was */
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

/* The one that belongs first; NULL if none waits. */
static inline const waiting_segment *waiting_head(const waiting *w)
{
    return w->count != 0 ? w->items[w->first] : NULL;
}

/* Copies the segment to its place, unless one that waits has all of its bytes. False if there are too many, or the
 * budget says no. */
bool waiting_add(waiting *w, const segment *s, uint32_t arrived, budget *memory);

/* Takes the first one out, which must be there; waiting_free() is the caller's to call. */
waiting_segment *waiting_take(waiting *w);

void waiting_free(waiting_segment *s, budget *memory);

void waiting_finish(waiting *w, budget *memory);

/* Which of two sequence numbers comes later, less than 2^31 apart: > 0 if it is `a`. */
static inline int32_t seq_distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

#endif
