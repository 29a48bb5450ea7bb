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
    struct share_answer answer;
};

static struct share_answer invalid_state(const char *message)
{
    return (struct share_answer){KW_ERROR_INVALID_RECORD_STATE, message};
}

static struct share_answer invalid_request(const char *message)
{
    return (struct share_answer){KW_ERROR_INVALID_REQUEST, message};
}

static bool has_failed(const struct acknowledging *a)
{
    return a->answer.error != KW_ERROR_NONE;
}

static void fail(struct acknowledging *a, struct share_answer answer)
{
    if (!has_failed(a))
        a->answer = answer;
}

static void fail_without_memory(struct acknowledging *a)
{
    fail(a, (struct share_answer){KW_ERROR_UNKNOWN_SERVER_ERROR, "memory is short"});
}

static void keep(struct acknowledging *a, const struct share_run *run)
{
    if (!share_runs_add(&a->runs, run, a->p->budget))
        fail_without_memory(a);
}

/* It stays the member's until that has been written. */
static void change_to(struct acknowledging *a, struct share_run *run, int8_t state, enum share_letter letter)
{
    run->write = a->write;
    run->next = state;
    run->letter = (int8_t)(state == SHARE_ARCHIVING ? letter : SHARE_NO_LETTER);
    keep(a, run);
    if (!has_failed(a) && !share_change_add(a->change, run, state, a->p->budget))
        fail_without_memory(a);
}

static void acknowledge_as(struct acknowledging *a, struct share_run *run, int8_t type)
{
    switch (type) {
    case SHARE_ACCEPT:
        change_to(a, run, SHARE_ACKNOWLEDGED, SHARE_NO_LETTER);
        break;
    case SHARE_RELEASE:
        change_to(a, run, share_state_when_released(run, a->limits), SHARE_LETTER_EXCEEDED);
        break;
    case SHARE_REJECT:
        change_to(a, run, a->limits->has_letters ? SHARE_ARCHIVING : SHARE_ARCHIVED, SHARE_LETTER_REJECTED);
        break;
    case SHARE_RENEW:
        if (!a->limits->may_renew)
            fail(a, invalid_state("Renewing acquisition locks is not enabled for the group."));
        run->deadline = a->now + a->limits->lock_ms;
        keep(a, run);
        break;
    default:
        change_to(a, run, SHARE_ARCHIVED, SHARE_NO_LETTER);
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

/* Whether all records of its batch have everything in common. */
static bool is_whole_batch(const struct share_runs *runs, size_t index)
{
    return runs->items[index].is_start && (index + 1 == runs->count || runs->items[index + 1].is_start);
}

/* Kafka's text depends on whether it knows one state of a batch, or one of each of its offsets. */
static struct share_answer refusal(const struct acknowledging *a, size_t index)
{
    bool is_batch = is_whole_batch(&a->p->runs, index);
    if (share_run_is_locked(&a->p->runs.items[index]))
        return invalid_state(is_batch ? "Member is not the owner of batch record"
                                      : "Member is not the owner of offset");
    return invalid_state(is_batch ? "The batch cannot be acknowledged. The batch is not in the acquired state."
                                  : "The offset cannot be acknowledged. The offset is not acquired.");
}

/* A part of the run that the member speaks of. */
static void acknowledge_part(struct acknowledging *a, const struct share_acknowledgement *ack, size_t index,
                             const struct share_run *part)
{
    if (!share_run_is_locked(part) || part->owner != a->owner) {
        fail(a, refusal(a, index));
        return;
    }
    for (int64_t at = part->first; at <= part->last && !has_failed(a);) {
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
static struct share_answer check_range(const struct share_partition *p, const struct share_acknowledgement *ack,
                                       size_t index)
{
    const struct share_runs *runs = &p->runs;
    int64_t first = greater(ack->first, p->start);
    if (ack->last < p->start)
        return (struct share_answer){KW_ERROR_NONE, NULL};
    if (runs->count == 0 || runs->items[0].first > first)
        return invalid_state("Batch record not found. The request batch offsets are not found in the cache.");
    if (index != 0 && ack[-1].last >= first)
        return invalid_state("The offset cannot be acknowledged. The offset is not acquired.");
    size_t last = share_runs_find(runs, ack->last);
    if (last < runs->count && runs->items[last].first <= ack->last)
        return (struct share_answer){KW_ERROR_NONE, NULL};
    return invalid_request(runs->items[last - 1].last < first
                               ? "Batch record not found. The first offset in request is past acquired records."
                               : "Batch record not found. The last offset in request is past acquired records.");
}

static void pass(struct acknowledging *a, const struct share_acknowledgements *all)
{
    size_t n = 0;
    for (size_t i = 0; i < a->p->runs.count && !has_failed(a); i++) {
        const struct share_run *run = &a->p->runs.items[i];
        int64_t at = run->first;
        while (n < all->count && all->items[n].last < at)
            n++;
        for (size_t k = n; k < all->count && all->items[k].first <= run->last && !has_failed(a); k++) {
            const struct share_acknowledgement *ack = &all->items[k];
            int64_t first = greater(greater(ack->first, a->p->start), at);
            const struct share_run before = share_run_part(run, at, first - 1);
            const struct share_run part = share_run_part(run, first, smaller(ack->last, run->last));
            if (part.first > part.last)
                continue;
            keep(a, &before);
            acknowledge_part(a, ack, i, &part);
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
    if (has_failed(a)) {
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

/* How many ranges come before the first one that is wrong by itself, and why that one is. */
static size_t count_valid(const struct share_partition *p, const struct share_acknowledgements *all,
                          struct share_answer *answer)
{
    *answer = (struct share_answer){KW_ERROR_NONE, NULL};
    for (size_t i = 0; i < all->count; i++) {
        *answer = check_range(p, &all->items[i], i);
        if (answer->error != KW_ERROR_NONE)
            return i;
    }
    return all->count;
}

struct share_answer share_acknowledge(struct share_partition *p, const struct share_limits *limits, int64_t now,
                                      kw_string member, const struct share_acknowledgements *all,
                                      struct share_change *change)
{
    struct acknowledging a = {.p = p, .limits = limits, .now = now, .change = change};
    struct share_answer wrong;
    const struct share_acknowledgements valid = {all->items, count_valid(p, all, &wrong)};
    *change = (struct share_change){.write = SHARE_NO_WRITE};
    a.owner = share_partition_find_owner(p, member);
    a.write = next_write(p);
    pass(&a, &valid);
    fail(&a, wrong);
    (void)conclude(&a);
    return a.answer;
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
    for (size_t i = 0; i < p->runs.count && !has_failed(&a); i++) {
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
            change_to(&a, &rest, share_state_when_released(run, limits), SHARE_LETTER_EXCEEDED);
    }
    return conclude(&a);
}
