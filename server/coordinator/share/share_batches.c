/* SPDX-License-Identifier: Apache-2.0 */
#include "share_batches.h"

#include <stdbool.h>
#include <stdlib.h>

/* Those that contain the offset at which the sweep is: a heap with the one that has it at the top, and some that have
 * ended already. */
struct sweep {
    const struct share_batch **heap;
    size_t count;
};

static int compare_first(const void *left, const void *right)
{
    const struct share_batch *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

static bool wins(const struct share_batch *a, const struct share_batch *b)
{
    return a->count != b->count ? a->count > b->count : a->state > b->state;
}

static void push(struct sweep *sweep, const struct share_batch *batch)
{
    size_t at = sweep->count++;
    while (at > 0 && wins(batch, sweep->heap[(at - 1) / 2])) {
        sweep->heap[at] = sweep->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    sweep->heap[at] = batch;
}

static void pop(struct sweep *sweep)
{
    const struct share_batch *moved = sweep->heap[--sweep->count];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < sweep->count) {
        if (child + 1 < sweep->count && wins(sweep->heap[child + 1], sweep->heap[child]))
            child++;
        if (!wins(sweep->heap[child], moved))
            break;
        sweep->heap[at] = sweep->heap[child];
        at = child;
    }
    sweep->heap[at] = moved;
}

static void emit(struct share_batches *out, const struct share_batch *from, int64_t first, int64_t last)
{
    struct share_batch *before = out->count != 0 ? &out->items[out->count - 1] : NULL;
    if (before != NULL && before->last + 1 == first && before->count == from->count && before->state == from->state)
        before->last = last;
    else
        out->items[out->count++] = (struct share_batch){first, last, from->count, from->state};
}

/* Each range ends where a batch ends or before the next one starts: there are fewer than twice as many as batches. */
static void sweep_over(const struct share_batches *sorted, struct sweep *sweep, struct share_batches *out)
{
    size_t next = 0;
    int64_t at = 0;
    while (next < sorted->count || sweep->count != 0) {
        if (sweep->count == 0)
            at = sorted->items[next].first;
        for (; next < sorted->count && sorted->items[next].first == at; next++)
            push(sweep, &sorted->items[next]);
        const struct share_batch *top = sweep->heap[0];
        if (top->last < at) {
            pop(sweep);
            continue;
        }
        int64_t last = top->last;
        if (next < sorted->count && sorted->items[next].first <= last)
            last = sorted->items[next].first - 1;
        emit(out, top, at, last);
        if (last == INT64_MAX)
            return;
        at = last + 1;
    }
}

static void collect(struct share_batches *all, const struct share_batches *from, int64_t start)
{
    for (size_t i = 0; i < from->count; i++) {
        struct share_batch batch = from->items[i];
        if (start != SHARE_NO_START && batch.first < start)
            batch.first = start;
        if (batch.first <= batch.last)
            all->items[all->count++] = batch;
    }
}

kw_status share_batches_merge(const struct share_batches *known, const struct share_batches *added, int64_t start,
                              kw_arena *arena, struct share_batches *out)
{
    size_t most = known->count + added->count;
    *out = (struct share_batches){NULL, 0};
    if (most == 0)
        return KW_OK;
    struct share_batches all = {kw_arena_array(arena, most, sizeof *all.items), 0};
    struct sweep sweep = {kw_arena_array(arena, most, sizeof(struct share_batch *)), 0};
    out->items = kw_arena_array(arena, 2 * most, sizeof *out->items);
    if (all.items == NULL || sweep.heap == NULL || out->items == NULL)
        return kw_arena_status(arena);
    collect(&all, known, start);
    collect(&all, added, start);
    qsort(all.items, all.count, sizeof *all.items, compare_first);
    sweep_over(&all, &sweep, out);
    return KW_OK;
}
