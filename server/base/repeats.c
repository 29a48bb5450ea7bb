/* SPDX-License-Identifier: Apache-2.0 */
#include "repeats.h"

#include <stdlib.h>

static int by_name(const struct named_partition *x, const struct named_partition *y)
{
    int order = kw_string_compare(x->topic, y->topic);
    return order != 0 ? order : (x->partition > y->partition) - (x->partition < y->partition);
}

static int by_name_and_place(const void *a, const void *b)
{
    const struct named_partition *x = *(struct named_partition *const *)a, *y = *(struct named_partition *const *)b;
    int order = by_name(x, y);
    return order != 0 ? order : (x > y) - (x < y);
}

bool repeats_leave_any(const struct named_partition *partitions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (partitions[i].last == i)
            return true;
    return false;
}

bool repeats_find(struct named_partition *partitions, size_t count, kw_arena *arena)
{
    struct named_partition **sorted = kw_arena_array(arena, count, sizeof *sorted);
    if (sorted == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &partitions[i];
        partitions[i].last = i;
    }
    qsort(sorted, count, sizeof *sorted, by_name_and_place);
    for (size_t i = 1, first = 0; i < count; i++) {
        if (by_name(sorted[first], sorted[i]) == 0) {
            sorted[first]->last = sorted[i]->last;
            sorted[i]->last = NAMED_BEFORE;
        } else {
            first = i;
        }
    }
    return true;
}
