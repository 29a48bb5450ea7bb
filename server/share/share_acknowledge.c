/* SPDX-License-Identifier: Apache-2.0 */
#include "share_acknowledge.h"

#include <kwire/error.h>

/* ---- a pass over what is in flight ---- */

struct acknowledging {
    struct share_partition *p;
    const struct share_limits *limits;
    int64_t now;
    uint32_t owner;
    uint32_t write;
    struct share_runs runs; /* as they will be */
    struct share_change *change;
    int16_t error;
};

static void fail(struct acknowledging *a, int16_t error)
{
    if (a->error == KW_ERROR_NONE)
        a->error = error;
}

static void keep(struct acknowledging *a, const struct share_run *run)
{
    if (!share_runs_add(&a->runs, run, a->p->budget))
        fail(a, KW_ERROR_UNKNOWN_SERVER_ERROR);
}

/* It stays the member's until that has been written. */
static void change_to(struct acknowledging *a, struct share_run *run, int8_t state)
{
    run->write = a->write;
    run->next = state;
    keep(a, run);
    if (a->error == KW_ERROR_NONE && !share_change_add(a->change, run, state, a->p->budget))
        fail(a, KW_ERROR_UNKNOWN_SERVER_ERROR);
}

static void acknowledge_as(struct acknowledging *a, struct share_run *run, int8_t type)
{
    switch (type) {
    case SHARE_ACCEPT:
        change_to(a, run, SHARE_ACKNOWLEDGED);
        break;
    case SHARE_RELEASE:
        change_to(a, run, share_state_when_released(run, a->limits));
        break;
    case SHARE_RENEW:
        if (!a->limits->may_renew)
            fail(a, KW_ERROR_INVALID_RECORD_STATE);
        run->deadline = a->now + a->limits->lock_ms;
        keep(a, run);
        break;
    default:
        change_to(a, run, SHARE_ARCHIVED);
    }
}

static int8_t type_at(const struct share_acknowledgement *ack, int64_t offset)
{
    return ack->types[ack->type_count > 1 ? offset - ack->first : 0];
}

/* The last offset from there on that has the same type. */
static int64_t same_until(const struct share_acknowledgement *ack, int64_t offset, int64_t last)
{
    if (ack->type_count <= 1)
        return last;
    while (offset < last && type_at(ack, offset + 1) == type_at(ack, offset))
        offset++;
    return offset;
}

/* A part of a run that the member speaks of. */
static void acknowledge_part(struct acknowledging *a, const struct share_acknowledgement *ack,
                             const struct share_run *part)
{
    if (!share_run_is_locked(part) || part->owner != a->owner) {
        fail(a, KW_ERROR_INVALID_RECORD_STATE);
        return;
    }
    for (int64_t at = part->first; at <= part->last && a->error == KW_ERROR_NONE;) {
        struct share_run piece = share_run_part(part, at, same_until(ack, at, part->last));
        acknowledge_as(a, &piece, type_at(ack, at));
        at = piece.last + 1;
    }
}

/* ---- which runs a range is about ---- */

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* As in Kafka; gaps inside do not matter. */
static int16_t check_range(const struct share_partition *p, const struct share_acknowledgement *ack, size_t index)
{
    const struct share_runs *runs = &p->runs;
    int64_t first = greater(ack->first, p->start);
    if (ack->last < p->start)
        return KW_ERROR_NONE;
    if (runs->count == 0 || runs->items[0].first > first || (index != 0 && ack[-1].last >= first))
        return KW_ERROR_INVALID_RECORD_STATE;
    size_t last = share_runs_find(runs, ack->last);
    if (last == runs->count || runs->items[last].first > ack->last)
        return KW_ERROR_INVALID_REQUEST;
    return KW_ERROR_NONE;
}

static void pass(struct acknowledging *a, const struct share_acknowledgements *all)
{
    size_t n = 0;
    for (size_t i = 0; i < a->p->runs.count && a->error == KW_ERROR_NONE; i++) {
        const struct share_run *run = &a->p->runs.items[i];
        int64_t at = run->first;
        while (n < all->count && all->items[n].last < at)
            n++;
        for (size_t k = n; k < all->count && all->items[k].first <= run->last && a->error == KW_ERROR_NONE; k++) {
            const struct share_acknowledgement *ack = &all->items[k];
            int64_t first = greater(greater(ack->first, a->p->start), at);
            const struct share_run before = share_run_part(run, at, first - 1);
            const struct share_run part = share_run_part(run, first, smaller(ack->last, run->last));
            if (part.first > part.last)
                continue;
            keep(a, &before);
            acknowledge_part(a, ack, &part);
            at = part.last + 1;
        }
        const struct share_run after = share_run_part(run, at, run->last);
        keep(a, &after);
    }
}

static uint32_t next_write(struct share_partition *p)
{
    if (++p->last_write == SHARE_NO_WRITE)
        p->last_write++;
    return p->last_write;
}

/* Whether the changes hold. */
static bool conclude(struct acknowledging *a)
{
    struct share_partition *p = a->p;
    if (a->error != KW_ERROR_NONE) {
        share_runs_finish(&a->runs, p->budget);
        share_change_finish(a->change, p->budget);
        return false;
    }
    share_partition_take(p, &a->runs);
    if (a->change->batches.count != 0) {
        a->change->write = a->write;
        share_change_close(a->change, p);
    }
    return true;
}

int16_t share_acknowledge(struct share_partition *p, const struct share_limits *limits, int64_t now, kw_string member,
                          const struct share_acknowledgements *all, struct share_change *change)
{
    struct acknowledging a = {.p = p, .limits = limits, .now = now, .change = change};
    *change = (struct share_change){.write = SHARE_NO_WRITE};
    for (size_t i = 0; i < all->count; i++)
        if ((a.error = check_range(p, &all->items[i], i)) != KW_ERROR_NONE)
            return a.error;
    a.owner = share_partition_find_owner(p, member);
    a.write = next_write(p);
    pass(&a, all);
    (void)conclude(&a);
    return a.error;
}

bool share_release_all(struct share_partition *p, const struct share_limits *limits, kw_string member,
                       struct share_change *change)
{
    struct acknowledging a = {.p = p, .limits = limits, .change = change};
    *change = (struct share_change){.write = SHARE_NO_WRITE};
    a.owner = share_partition_find_owner(p, member);
    if (a.owner == SHARE_NOBODY)
        return true;
    a.write = next_write(p);
    for (size_t i = 0; i < p->runs.count && a.error == KW_ERROR_NONE; i++) {
        const struct share_run *run = &p->runs.items[i];
        struct share_run below = share_run_part(run, run->first, p->start - 1);
        struct share_run rest = share_run_part(run, p->start, run->last);
        if (!share_run_is_locked(run) || run->owner != a.owner) {
            keep(&a, run);
            continue;
        }
        share_run_set(&below, SHARE_ARCHIVED);
        keep(&a, &below);
        if (rest.first <= rest.last)
            change_to(&a, &rest, share_state_when_released(run, limits));
    }
    return conclude(&a);
}
