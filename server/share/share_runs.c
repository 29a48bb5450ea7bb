/* SPDX-License-Identifier: Apache-2.0 */
#include "share_runs.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 8 };

void share_runs_finish(struct share_runs *runs, struct coordinator_budget *budget)
{
    coordinator_budget_give(budget, runs->capacity * sizeof *runs->items);
    free(runs->items);
    *runs = (struct share_runs){NULL, 0, 0};
}

static bool grow(struct share_runs *runs, struct coordinator_budget *budget)
{
    size_t capacity = runs->capacity != 0 ? 2 * runs->capacity : FIRST_CAPACITY;
    size_t more = (capacity - runs->capacity) * sizeof *runs->items;
    if (!coordinator_budget_take(budget, more))
        return false;
    struct share_run *items = realloc(runs->items, capacity * sizeof *items);
    if (items == NULL) {
        coordinator_budget_give(budget, more);
        return false;
    }
    runs->items = items;
    runs->capacity = capacity;
    return true;
}

static bool is_continued(const struct share_run *before, const struct share_run *run)
{
    return !run->is_start && before->last + 1 == run->first && before->deadline == run->deadline &&
           before->owner == run->owner && before->write == run->write && before->count == run->count &&
           before->state == run->state && before->next == run->next && before->letter == run->letter;
}

bool share_runs_add(struct share_runs *runs, const struct share_run *run, struct coordinator_budget *budget)
{
    struct share_run *before = runs->count != 0 ? &runs->items[runs->count - 1] : NULL;
    if (run->first > run->last)
        return true;
    if (before != NULL && is_continued(before, run)) {
        before->last = run->last;
        return true;
    }
    if (runs->count == runs->capacity && !grow(runs, budget))
        return false;
    runs->items[runs->count++] = *run;
    return true;
}

struct share_run share_run_part(const struct share_run *run, int64_t first, int64_t last)
{
    struct share_run part = *run;
    if (first > part.first) {
        part.first = first;
        part.is_start = false;
    }
    if (last < part.last)
        part.last = last;
    return part;
}

size_t share_runs_find(const struct share_runs *runs, int64_t offset)
{
    size_t from = 0, to = runs->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (runs->items[middle].last < offset)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}
