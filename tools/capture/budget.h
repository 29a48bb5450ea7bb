/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BUDGET_H
#define TOOLS_BUDGET_H

/* How much memory may be held at a time. Who allocates asks first, and does without where the answer is no. */

#include <stdbool.h>
#include <stddef.h>

typedef struct budget {
    size_t limit;
    size_t used; /* bytes; never more than the limit */
} budget;

static inline size_t budget_left(const budget *b)
{
    return b->limit - b->used;
}

static inline bool budget_take(budget *b, size_t size)
{
    if (size > budget_left(b))
        return false;
    b->used += size;
    return true;
}

/* What of it is left for the content of packets: an eighth of all is for what keeps account of them. */
static inline size_t budget_left_for_bulk(const budget *b)
{
    size_t reserve = b->limit / 8;
    return budget_left(b) > reserve ? budget_left(b) - reserve : 0;
}

static inline bool budget_take_bulk(budget *b, size_t size)
{
    return size <= budget_left_for_bulk(b) && budget_take(b, size);
}

static inline void budget_give(budget *b, size_t size)
{
    b->used -= size;
}

#endif
