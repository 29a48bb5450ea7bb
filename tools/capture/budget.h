/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BUDGET_H
#define TOOLS_BUDGET_H

/* A limit of the memory that is held at a time. Callers reserve before they allocate, and do not allocate if that
 * fails. */

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

/* The part available for the content of packets: an eighth of the limit is reserved for bookkeeping. */
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
