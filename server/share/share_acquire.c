/* SPDX-License-Identifier: Apache-2.0 */
#include "share_acquire.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_RANGES = 4, SMALLEST_THRESHOLD = 2, MOST_HALVINGS = 63 };

/* ---- what is given out ---- */

void share_acquired_finish(struct share_acquired *acquired, struct coordinator_budget *budget)
{
    coordinator_budget_give(budget, acquired->capacity * sizeof *acquired->ranges.items);
    free(acquired->ranges.items);
    *acquired = (struct share_acquired){.capacity = 0};
}

static bool grow(struct share_acquired *out, struct coordinator_budget *budget)
{
    size_t capacity = out->capacity != 0 ? 2 * out->capacity : FIRST_RANGES;
    size_t more = (capacity - out->capacity) * sizeof *out->ranges.items;
    if (!coordinator_budget_take(budget, more))
        return false;
    struct share_batch *items = realloc(out->ranges.items, capacity * sizeof *items);
    if (items == NULL) {
        coordinator_budget_give(budget, more);
        return false;
    }
    out->ranges.items = items;
    out->capacity = capacity;
    return true;
}

static bool add_range(struct share_acquired *out, const struct share_run *run, struct coordinator_budget *budget)
{
    struct share_batches *ranges = &out->ranges;
    struct share_batch *before = ranges->count != 0 ? &ranges->items[ranges->count - 1] : NULL;
    out->count += run->last - run->first + 1;
    if (before != NULL && !run->is_start && before->last + 1 == run->first && before->count == run->count) {
        before->last = run->last;
        return true;
    }
    if (ranges->count == out->capacity && !grow(out, budget))
        return false;
    ranges->items[ranges->count++] = (struct share_batch){run->first, run->last, run->count, SHARE_ACQUIRED};
    return true;
}

/* ---- a pass over what is in flight ---- */

struct acquiring {
    struct share_partition *p;
    const struct share_limits *limits;
    const struct share_acquire *in;
    struct share_acquired *out;
    struct share_runs runs; /* as they will be */
    uint32_t owner;
    int64_t first; /* that was read and matters */
    int64_t last;
    int64_t most;  /* records */
    bool is_short; /* of memory */
};

static void keep(struct acquiring *a, const struct share_run *run)
{
    a->is_short = a->is_short || !share_runs_add(&a->runs, run, a->p->budget);
}

static void give(struct acquiring *a, const struct share_run *run)
{
    struct share_run given = *run;
    if (given.first > given.last)
        return;
    given.count = (int16_t)(run->count < INT16_MAX ? run->count + 1 : INT16_MAX); /* any may have been loaded */
    given.state = SHARE_ACQUIRED;
    given.owner = a->owner;
    given.deadline = a->in->now + a->limits->lock_ms;
    keep(a, &given);
    a->is_short = a->is_short || !add_range(a->out, &given, a->p->budget);
}

static int64_t rest(const struct acquiring *a)
{
    return a->most - a->out->count;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The first batch of the log that ends at the offset or behind it. */
static size_t find_log_batch(const struct acquiring *a, int64_t offset)
{
    size_t from = 0, to = a->in->batch_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (a->in->batches[middle].last < offset)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Where records that have not been delivered yet end: at the end of a batch of the log if possible. */
static int64_t end_of_new(const struct acquiring *a, int64_t first, int64_t last)
{
    if (rest(a) >= last - first + 1)
        return last;
    int64_t end = first + rest(a) - 1;
    size_t i = find_log_batch(a, end);
    if (!a->in->is_exact && i < a->in->batch_count && a->in->batches[i].first <= end)
        end = smaller(a->in->batches[i].last, last);
    return end;
}

/* Whole batches of the log, in pieces of batch_size records if that is less. */
static void give_new(struct acquiring *a, const struct share_run *run)
{
    struct share_run piece = *run;
    bool is_cut = !a->in->is_exact && run->last - run->first + 1 > a->in->batch_size;
    for (size_t i = is_cut ? find_log_batch(a, run->first) : a->in->batch_count; i < a->in->batch_count; i++) {
        int64_t base = a->in->batches[i].first;
        if (base > run->last)
            break;
        if (base - piece.first < a->in->batch_size)
            continue;
        piece.last = base - 1;
        give(a, &piece);
        piece.first = base;
        piece.last = run->last;
        piece.is_start = true;
    }
    give(a, &piece);
}

/* ---- batches in flight: runs from `from` to before `to` ---- */

struct share_group {
    size_t from;
    size_t to;
    int16_t most_deliveries; /* of what is available */
    bool is_read;            /* all of it */
    bool is_uniform;
    int64_t size; /* in offsets */
};

static struct share_group group_at(const struct acquiring *a, size_t from)
{
    const struct share_runs *runs = &a->p->runs;
    struct share_group group = {.from = from, .to = from + 1};
    while (group.to < runs->count && !runs->items[group.to].is_start)
        group.to++;
    const struct share_run *first = &runs->items[from], *last = &runs->items[group.to - 1];
    for (size_t i = from; i < group.to; i++) {
        const struct share_run *run = &runs->items[i];
        bool matters = share_run_is_available(run) && run->last >= a->first && run->first <= a->last;
        if (matters && run->count > group.most_deliveries)
            group.most_deliveries = run->count;
    }
    group.is_read = first->first >= a->first && last->last <= a->last;
    group.is_uniform = group.to == from + 1;
    group.size = last->last - first->first + 1;
    return group;
}

static int16_t threshold(const struct share_limits *limits)
{
    int16_t half = (int16_t)((limits->deliveries + 1) / 2);
    return half > SMALLEST_THRESHOLD ? half : SMALLEST_THRESHOLD;
}

static bool is_last_delivery(const struct acquiring *a, const struct share_run *run)
{
    return a->limits->deliveries > 2 && run->count == a->limits->deliveries - 1;
}

static void keep_group(struct acquiring *a, const struct share_group *group)
{
    for (size_t i = group->from; i < group->to; i++)
        keep(a, &a->p->runs.items[i]);
}

/* What a batch with records that fail again and again may still give: from the first of them on less and less. */
struct caution {
    int64_t given; /* of this batch */
    int64_t most;  /* INT64_MAX: no limit */
    bool is_known; /* the first of them has been seen */
    bool is_over;
};

static int64_t allowed(struct acquiring *a, const struct share_group *group, const struct share_run *run,
                       struct caution *c)
{
    int64_t count = run->last - run->first + 1;
    if (is_last_delivery(a, run)) {
        c->is_over = true;
        return c->given == 0 ? 1 : 0;
    }
    if (run->count >= threshold(a->limits) && !c->is_known) {
        int halvings = run->count - threshold(a->limits) + 1;
        int64_t part = halvings < MOST_HALVINGS ? group->size >> halvings : 0, most = part > 1 ? part : 1;
        c->is_known = true;
        c->most = c->given < most ? most : INT64_MAX; /* as in Kafka: more than that has been given already */
    }
    if (a->in->is_exact)
        count = smaller(count, rest(a));
    count = smaller(count, c->most - c->given);
    return count > 0 ? count : 0;
}

/* The part of a run that was read: as much of it as is allowed. */
static void take_part(struct acquiring *a, const struct share_group *group, const struct share_run *run,
                      struct caution *c)
{
    struct share_run before = share_run_part(run, run->first, a->first - 1);
    struct share_run read = share_run_part(run, a->first, a->last);
    int64_t count = 0;
    if (read.first <= read.last && share_run_is_available(run) && !c->is_over)
        count = allowed(a, group, &read, c);
    if (count > 0 && run->count == 0)
        count = rest(a) > 0 ? end_of_new(a, read.first, read.last) - read.first + 1 : 0;
    if (count == 0) {
        keep(a, run);
        c->is_over |= share_run_is_available(run) && read.first <= read.last;
        return;
    }
    keep(a, &before);
    read.last = read.first + count - 1;
    if (run->count == 0)
        give_new(a, &read);
    else
        give(a, &read);
    c->given += count;
    c->is_over |= c->given >= c->most || (a->in->is_exact && rest(a) <= 0);
    const struct share_run after = share_run_part(run, read.last + 1, run->last);
    keep(a, &after);
}

static void take_group(struct acquiring *a, const struct share_group *group)
{
    struct caution c = {.most = INT64_MAX};
    for (size_t i = group->from; i < group->to; i++)
        take_part(a, group, &a->p->runs.items[i], &c);
}

/* Returns whether the fetch continues behind it. */
static bool look_at_group(struct acquiring *a, const struct share_group *group)
{
    const struct share_run *run = &a->p->runs.items[group->from];
    int64_t before = a->out->count;
    bool is_cautious = group->most_deliveries >= threshold(a->limits);
    bool is_whole = group->is_read && group->is_uniform && !is_cautious && run->count != 0 &&
                    (!a->in->is_exact || group->size <= rest(a));
    if (is_cautious && before != 0) {
        keep_group(a, group);
        return false;
    }
    if (!is_whole)
        take_group(a, group);
    else if (share_run_is_available(run))
        give(a, run);
    else
        keep(a, run);
    return !is_cautious || a->out->count == before;
}

/* ---- all ---- */

/* Available records that were not found where they were read: the log has no such records any more. */
static struct share_run archive_missing(const struct acquiring *a, const struct share_run *run)
{
    struct share_run out = *run;
    share_run_set(&out, SHARE_ARCHIVED);
    if (out.last >= a->in->batches[0].first)
        out.last = a->in->batches[0].first - 1;
    if (out.first < a->in->fetch_offset) {
        out.first = a->in->fetch_offset;
        out.is_start = false;
    }
    return out;
}

static bool remove_missing(struct acquiring *a)
{
    int64_t base = a->in->batches[0].first;
    struct share_runs runs = {NULL, 0, 0};
    bool fine = true;
    if (base <= a->in->fetch_offset)
        return true;
    for (size_t i = 0; i < a->p->runs.count && fine; i++) {
        const struct share_run *run = &a->p->runs.items[i];
        bool is_missing = share_run_is_available(run) && run->last >= a->in->fetch_offset && run->first < base;
        const struct share_run missing = is_missing ? archive_missing(a, run) : *run;
        const struct share_run before = share_run_part(run, run->first, missing.first - 1);
        const struct share_run after = share_run_part(run, missing.last + 1, run->last);
        fine = (!is_missing || share_runs_add(&runs, &before, a->p->budget)) &&
               share_runs_add(&runs, &missing, a->p->budget) &&
               (!is_missing || share_runs_add(&runs, &after, a->p->budget));
    }
    if (fine)
        share_partition_take(a->p, &runs);
    else
        share_runs_finish(&runs, a->p->budget);
    return fine;
}

/* False: nothing can be acquired. */
static bool limit(struct acquiring *a)
{
    const struct share_acquire *in = a->in;
    a->first = in->batches[0].first > a->p->start ? in->batches[0].first : a->p->start;
    a->last = in->batches[in->batch_count - 1].last;
    a->most = smaller(in->max_records, a->limits->locks - share_partition_in_flight(a->p));
    if (a->most <= 0 && in->fetch_offset < a->p->end) {
        a->most = smaller(in->max_records, a->p->end - in->fetch_offset);
        a->last = smaller(a->last, a->p->end - 1);
    }
    return a->most > 0 && a->first <= a->last;
}

/* Behind all that is in flight. */
static void take_new(struct acquiring *a)
{
    struct share_run run = {.first = a->first > a->p->end ? a->first : a->p->end,
                            .last = a->last,
                            .deadline = INT64_MAX,
                            .state = SHARE_AVAILABLE,
                            .is_start = true};
    if (run.first > run.last || rest(a) <= 0)
        return;
    run.last = end_of_new(a, run.first, run.last);
    give_new(a, &run);
}

static void pass(struct acquiring *a)
{
    const struct share_runs *runs = &a->p->runs;
    bool continues = true;
    for (size_t i = 0; i < runs->count;) {
        const struct share_group group = group_at(a, i);
        bool matters = runs->items[group.to - 1].last >= a->first && runs->items[i].first <= a->last;
        if (continues && matters && rest(a) > 0)
            continues = look_at_group(a, &group);
        else
            keep_group(a, &group);
        i = group.to;
    }
    if (continues)
        take_new(a);
}

bool share_acquire(struct share_partition *p, const struct share_limits *limits, const struct share_acquire *in,
                   struct share_acquired *out)
{
    struct acquiring a = {.p = p, .limits = limits, .in = in, .out = out};
    *out = (struct share_acquired){.capacity = 0};
    if (!remove_missing(&a))
        return false;
    if (!limit(&a))
        return true;
    bool was_empty = p->runs.count == 0;
    a.owner = share_partition_owner(p, in->member);
    a.is_short = a.owner == SHARE_NOBODY;
    if (!a.is_short)
        pass(&a);
    if (a.is_short) {
        share_runs_finish(&a.runs, p->budget);
        share_acquired_finish(out, p->budget);
        return false;
    }
    if (a.runs.count != 0) {
        const struct share_run *last = &a.runs.items[a.runs.count - 1];
        p->end = last->last >= p->end ? last->last + 1 : p->end;
        p->start = was_empty ? a.runs.items[0].first : p->start;
    }
    share_partition_take(p, &a.runs);
    return true;
}

/* ---- what was acquired and must not be read ---- */

static bool withdraw_run(struct share_partition *p, const struct share_run *run, int64_t first, int64_t last,
                         struct share_runs *runs)
{
    const struct share_run before = share_run_part(run, run->first, first - 1);
    const struct share_run after = share_run_part(run, last + 1, run->last);
    struct share_run middle = share_run_part(run, first, last);
    share_run_set(&middle, SHARE_ARCHIVED);
    return share_runs_add(runs, &before, p->budget) && share_runs_add(runs, &middle, p->budget) &&
           share_runs_add(runs, &after, p->budget);
}

/* The ranges without these offsets. */
static bool cut_ranges(const struct share_acquired *from, int64_t first, int64_t last, struct share_acquired *to,
                       struct coordinator_budget *budget)
{
    bool fine = true;
    for (size_t i = 0; i < from->ranges.count && fine; i++) {
        const struct share_batch *b = &from->ranges.items[i];
        struct share_run run = {.first = b->first, .last = b->last, .count = b->count, .is_start = true};
        const struct share_run before = share_run_part(&run, run.first, first - 1);
        const struct share_run after = share_run_part(&run, last + 1, run.last);
        if (before.first <= before.last)
            fine = add_range(to, &before, budget);
        if (fine && after.first <= after.last && after.first > before.last)
            fine = add_range(to, &after, budget);
    }
    return fine;
}

bool share_withdraw(struct share_partition *p, int64_t first, int64_t last, struct share_acquired *out)
{
    struct share_runs runs = {NULL, 0, 0};
    struct share_acquired left = {.capacity = 0};
    bool fine = cut_ranges(out, first, last, &left, p->budget);
    for (size_t i = 0; i < p->runs.count && fine; i++) {
        const struct share_run *run = &p->runs.items[i];
        bool matters = share_run_is_locked(run) && run->last >= first && run->first <= last;
        fine = matters ? withdraw_run(p, run, first, last, &runs) : share_runs_add(&runs, run, p->budget);
    }
    if (!fine) {
        share_runs_finish(&runs, p->budget);
        share_acquired_finish(&left, p->budget);
        return false;
    }
    share_partition_take(p, &runs);
    share_acquired_finish(out, p->budget);
    *out = left;
    return true;
}
