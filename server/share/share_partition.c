/* SPDX-License-Identifier: Apache-2.0 */
#include "share_partition.h"

#include <stdlib.h>
#include <string.h>

/* ---- changes ---- */

enum { FIRST_BATCHES = 8 };

void share_change_finish(struct share_change *change, struct coordinator_budget *budget)
{
    coordinator_budget_give(budget, change->capacity * sizeof *change->batches.items);
    free(change->batches.items);
    *change = (struct share_change){.write = SHARE_NO_WRITE};
}

static bool grow_change(struct share_change *change, struct coordinator_budget *budget)
{
    size_t capacity = change->capacity != 0 ? 2 * change->capacity : FIRST_BATCHES;
    size_t more = (capacity - change->capacity) * sizeof *change->batches.items;
    if (!coordinator_budget_take(budget, more))
        return false;
    struct share_batch *items = realloc(change->batches.items, capacity * sizeof *items);
    if (items == NULL) {
        coordinator_budget_give(budget, more);
        return false;
    }
    change->batches.items = items;
    change->capacity = capacity;
    return true;
}

bool share_change_add(struct share_change *change, const struct share_run *run, int8_t state,
                      struct coordinator_budget *budget)
{
    struct share_batches *batches = &change->batches;
    struct share_batch *before = batches->count != 0 ? &batches->items[batches->count - 1] : NULL;
    if (before != NULL && before->last + 1 == run->first && before->count == run->count && before->state == state) {
        before->last = run->last;
        return true;
    }
    if (batches->count == change->capacity && !grow_change(change, budget))
        return false;
    batches->items[batches->count++] = (struct share_batch){run->first, run->last, run->count, state};
    return true;
}

void share_change_close(struct share_change *change, const struct share_partition *p)
{
    int64_t count = 0;
    for (size_t i = share_runs_find(&p->runs, p->start); i < p->runs.count; i++) {
        const struct share_run *run = &p->runs.items[i];
        int8_t state = run->write != SHARE_NO_WRITE ? run->next : run->state;
        int64_t first = run->first > p->start ? run->first : p->start;
        if (state == SHARE_ACKNOWLEDGED || state == SHARE_ARCHIVED)
            count += run->last - first + 1;
    }
    change->start_offset = p->start;
    change->complete_count = count < INT32_MAX ? (int32_t)count : INT32_MAX;
}

/* ---- owners ---- */

static bool is_owner(const struct share_owner *owner, kw_string member)
{
    return owner->size == member.len && memcmp(owner->id, member.data, owner->size) == 0;
}

uint32_t share_partition_find_owner(const struct share_partition *p, kw_string member)
{
    for (uint32_t i = 0; i < p->owner_count && member.len > 0; i++)
        if (is_owner(&p->owners[i], member))
            return i + 1;
    return SHARE_NOBODY;
}

static void free_unused_owners(struct share_partition *p)
{
    for (uint32_t i = 0; i < p->owner_count; i++) {
        bool is_used = false;
        for (size_t r = 0; r < p->runs.count && !is_used; r++)
            is_used = p->runs.items[r].owner == i + 1;
        if (!is_used)
            p->owners[i].size = 0;
    }
}

/* 0: there is no memory. */
static uint32_t free_owner(struct share_partition *p)
{
    free_unused_owners(p);
    for (uint32_t i = 0; i < p->owner_count; i++)
        if (p->owners[i].size == 0)
            return i + 1;
    struct share_owner *owners = NULL;
    if (coordinator_budget_take(p->budget, sizeof *owners))
        owners = realloc(p->owners, (p->owner_count + 1) * sizeof *owners);
    else
        return SHARE_NOBODY;
    if (owners == NULL) {
        coordinator_budget_give(p->budget, sizeof *owners);
        return SHARE_NOBODY;
    }
    p->owners = owners;
    return ++p->owner_count;
}

uint32_t share_partition_owner(struct share_partition *p, kw_string member)
{
    uint32_t number = share_partition_find_owner(p, member);
    if (number != SHARE_NOBODY || member.len <= 0 || member.len > SHARE_MEMBER_ID_SIZE)
        return number;
    number = free_owner(p);
    if (number != SHARE_NOBODY) {
        memcpy(p->owners[number - 1].id, member.data, (size_t)member.len);
        p->owners[number - 1].size = (uint8_t)member.len;
    }
    return number;
}

/* ---- the start ---- */

/* Below the start only what members have stays. From there on go those that are finished, and gaps behind them, as the
 * log has no records there. */
static void drop_finished(struct share_partition *p)
{
    struct share_run *items = p->runs.items;
    size_t kept = 0, i = 0;
    for (; i < p->runs.count && items[i].last < p->start; i++)
        if (items[i].state == SHARE_ACQUIRED)
            items[kept++] = items[i];
    if (i < p->runs.count && items[i].first < p->start && items[i].state != SHARE_ACQUIRED)
        items[i].first = p->start;
    for (; i < p->runs.count && share_run_is_final(&items[i]); i++)
        p->start = i + 1 < p->runs.count ? items[i + 1].first : items[i].last + 1;
    if (i != kept && i < p->runs.count)
        memmove(&items[kept], &items[i], (p->runs.count - i) * sizeof *items);
    p->runs.count -= i - kept;
    if (p->end < p->start)
        p->end = p->start;
}

void share_partition_take(struct share_partition *p, struct share_runs *runs)
{
    if (runs != &p->runs) {
        share_runs_finish(&p->runs, p->budget);
        p->runs = *runs;
        *runs = (struct share_runs){NULL, 0, 0};
    }
    drop_finished(p);
}

void share_partition_move_start(struct share_partition *p, int64_t log_start)
{
    if (log_start <= p->start)
        return;
    p->start = log_start;
    drop_finished(p);
}

/* ---- life ---- */

void share_partition_finish(struct share_partition *p)
{
    share_runs_finish(&p->runs, p->budget);
    coordinator_budget_give(p->budget, p->owner_count * sizeof *p->owners);
    free(p->owners);
    *p = (struct share_partition){.budget = p->budget};
}

static bool is_valid(const struct share_batch *batch, int64_t from)
{
    return batch->first >= from && batch->last >= batch->first && batch->last < INT64_MAX && batch->count >= 0 &&
           (batch->state == SHARE_AVAILABLE || batch->state == SHARE_ACKNOWLEDGED || batch->state == SHARE_ARCHIVING ||
            batch->state == SHARE_ARCHIVED);
}

static bool load_batch(struct share_partition *p, struct share_runs *runs, int64_t from,
                       const struct share_batch *batch)
{
    struct share_run gap = {.first = from, .deadline = INT64_MAX, .state = SHARE_AVAILABLE, .is_start = true};
    struct share_run run = gap;
    if (!is_valid(batch, from))
        return false;
    gap.last = batch->first - 1;
    run.first = batch->first;
    run.last = batch->last;
    run.count = batch->count;
    run.state = batch->state;
    if (batch->state == SHARE_ARCHIVING) {
        run.letter = SHARE_LETTER_LOADED;
        p->may_have_letters = true;
    }
    return share_runs_add(runs, &gap, p->budget) && share_runs_add(runs, &run, p->budget);
}

bool share_partition_load(struct share_partition *p, int64_t start, const struct share_batches *batches)
{
    struct share_runs runs = {NULL, 0, 0};
    int64_t next = start;
    bool fine = start >= 0;
    for (size_t i = 0; i < batches->count && fine; i++) {
        fine = load_batch(p, &runs, next, &batches->items[i]);
        next = fine ? batches->items[i].last + 1 : next;
    }
    if (!fine) {
        share_runs_finish(&runs, p->budget);
        return false;
    }
    p->start = start;
    p->end = next;
    share_partition_take(p, &runs);
    return true;
}

/* ---- what can be acquired ---- */

int64_t share_partition_next_offset(const struct share_partition *p)
{
    for (size_t i = share_runs_find(&p->runs, p->start); i < p->runs.count; i++) {
        const struct share_run *run = &p->runs.items[i];
        if (share_run_is_available(run))
            return run->first > p->start ? run->first : p->start;
    }
    return p->end;
}

int64_t share_partition_in_flight(const struct share_partition *p)
{
    return p->end - p->start;
}

bool share_partition_can_acquire(const struct share_partition *p, const struct share_limits *limits)
{
    return share_partition_next_offset(p) != p->end || share_partition_in_flight(p) < limits->locks;
}

int8_t share_state_when_released(const struct share_run *run, const struct share_limits *limits)
{
    if (run->count < limits->deliveries)
        return SHARE_AVAILABLE;
    return limits->has_letters ? SHARE_ARCHIVING : SHARE_ARCHIVED;
}

/* ---- locks ---- */

int64_t share_partition_deadline(const struct share_partition *p)
{
    int64_t deadline = INT64_MAX;
    for (size_t i = 0; i < p->runs.count; i++)
        if (share_run_is_locked(&p->runs.items[i]) && p->runs.items[i].deadline < deadline)
            deadline = p->runs.items[i].deadline;
    return deadline;
}

static bool expire_run(struct share_partition *p, const struct share_limits *limits, const struct share_run *run,
                       struct share_runs *runs, struct share_change *change)
{
    struct share_run below = share_run_part(run, run->first, p->start - 1),
                     rest = share_run_part(run, p->start, run->last);
    int8_t state = share_state_when_released(run, limits);
    if (below.first <= below.last) {
        share_run_set(&below, SHARE_ARCHIVED); /* nobody can read it any more */
        if (!share_runs_add(runs, &below, p->budget))
            return false;
    }
    if (rest.first > rest.last)
        return true;
    share_run_set(&rest, state);
    if (state == SHARE_ARCHIVING) {
        rest.letter = SHARE_LETTER_EXCEEDED;
        p->may_have_letters = true;
    }
    return share_runs_add(runs, &rest, p->budget) && share_change_add(change, &rest, state, p->budget);
}

bool share_partition_expire(struct share_partition *p, const struct share_limits *limits, int64_t now,
                            struct share_change *change)
{
    struct share_runs runs = {NULL, 0, 0};
    bool fine = true;
    *change = (struct share_change){.write = SHARE_NO_WRITE};
    if (share_partition_deadline(p) > now)
        return true;
    for (size_t i = 0; i < p->runs.count && fine; i++) {
        const struct share_run *run = &p->runs.items[i];
        fine = share_run_is_locked(run) && run->deadline <= now ? expire_run(p, limits, run, &runs, change)
                                                                : share_runs_add(&runs, run, p->budget);
    }
    if (!fine) {
        share_runs_finish(&runs, p->budget);
        share_change_finish(change, p->budget);
        return false;
    }
    share_partition_take(p, &runs);
    share_change_close(change, p);
    return true;
}

/* ---- writes ---- */

bool share_partition_written(struct share_partition *p, uint32_t write, bool is_written)
{
    int64_t start = p->start;
    bool has_changed = false;
    for (size_t i = 0; i < p->runs.count; i++) {
        struct share_run *run = &p->runs.items[i];
        if (run->write != write)
            continue;
        int8_t letter = is_written ? run->letter : SHARE_NO_LETTER;
        if (is_written) {
            share_run_set(run, run->next);
            has_changed |= run->state == SHARE_AVAILABLE;
        }
        p->may_have_letters |= letter != SHARE_NO_LETTER;
        run->letter = letter;
        run->write = SHARE_NO_WRITE;
    }
    drop_finished(p);
    return has_changed || p->start != start;
}

/* ---- dead letters ---- */

bool share_partition_take_dead(struct share_partition *p, const struct share_limits *limits, struct share_dead *out)
{
    for (size_t i = 0; i < p->runs.count && p->may_have_letters; i++) {
        struct share_run *run = &p->runs.items[i];
        if (run->state != SHARE_ARCHIVING || run->letter == SHARE_LETTER_TAKEN)
            continue;
        bool was_rejected = run->letter == SHARE_LETTER_REJECTED ||
                            (run->letter == SHARE_LETTER_LOADED && run->count < limits->deliveries);
        *out = (struct share_dead){run->first, run->last, run->count, was_rejected};
        run->letter = SHARE_LETTER_TAKEN;
        return true;
    }
    p->may_have_letters = false;
    return false;
}

void share_partition_bury(struct share_partition *p, struct share_change *change)
{
    *change = (struct share_change){.write = SHARE_NO_WRITE};
    for (size_t i = 0; i < p->runs.count; i++) {
        struct share_run *run = &p->runs.items[i];
        if (run->letter != SHARE_LETTER_TAKEN)
            continue;
        share_run_set(run, SHARE_ARCHIVED);
        (void)share_change_add(change, run, SHARE_ARCHIVED, p->budget);
    }
    share_change_close(change, p); /* as in Kafka the start moves afterwards */
    drop_finished(p);
}
