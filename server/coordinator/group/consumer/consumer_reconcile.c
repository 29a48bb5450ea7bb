/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_reconcile.h"

#include <string.h>

#include <kwire/error.h>

#include "../../machine.h"

/* A set that is put together in order. */
struct growing_set {
    struct set_partition *items;
    size_t count;
};

static bool grow_to(struct growing_set *set, size_t most, kw_arena *arena)
{
    set->items = kw_arena_array(arena, most + 1, sizeof *set->items);
    set->count = 0;
    return set->items != NULL;
}

static void add(struct growing_set *set, const struct set_partition *partition, int32_t epoch)
{
    set->items[set->count] = *partition;
    set->items[set->count++].epoch = epoch;
}

static struct partition_set as_set(const struct growing_set *set)
{
    return (struct partition_set){set->items, set->count};
}

static bool is_subscribed(const struct reconcile_input *in, kw_uuid topic)
{
    size_t low = 0, high = in->topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kw_uuid_compare(topic, in->topics[middle]);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool client_has_any(const struct reconcile_input *in, struct partition_set set)
{
    return !in->says_owned || partition_set_has_any(set, in->owned);
}

static struct reconciled as_it_is(const struct consumer_member *m)
{
    return (struct reconciled){m->epoch, m->previous_epoch, m->state, m->assigned, m->revoking};
}

static void set_epoch(struct reconciled *out, int32_t before, int32_t epoch)
{
    out->previous_epoch = before;
    out->epoch = epoch;
}

/* ---- compute ---- */

struct difference {
    struct growing_set keep;
    struct growing_set revoke;
    struct growing_set assigned; /* keep and take */
    size_t taken;
    bool is_blocked;
};

static bool may_take(const struct reconcile_input *in, const struct set_partition *p)
{
    return !partition_owners_has(in->owners, p->topic, p->index) ||
           partition_set_find(in->member->revoking, p->topic, p->index) != NULL;
}

static void want(const struct reconcile_input *in, const struct set_partition *p, struct difference *d)
{
    if (!is_subscribed(in, p->topic))
        return;
    if (!may_take(in, p)) {
        d->is_blocked = true;
        return;
    }
    add(&d->assigned, p, in->target_epoch);
    d->taken++;
}

static void have(const struct reconcile_input *in, const struct set_partition *p, bool is_in_target,
                 struct difference *d)
{
    if (!is_in_target || !is_subscribed(in, p->topic)) {
        add(&d->revoke, p, p->epoch);
        return;
    }
    add(&d->keep, p, p->epoch);
    add(&d->assigned, p, p->epoch);
}

static bool compare(const struct reconcile_input *in, kw_arena *arena, struct difference *d)
{
    struct partition_set has = in->member->assigned, target = in->target;
    size_t h = 0, t = 0;
    if (!grow_to(&d->keep, has.count, arena) || !grow_to(&d->revoke, has.count, arena) ||
        !grow_to(&d->assigned, has.count + target.count, arena))
        return false;
    while (h < has.count || t < target.count) {
        int order = h == has.count      ? 1
                    : t == target.count ? -1
                                        : set_partition_compare(&has.items[h], &target.items[t]);
        if (order > 0)
            want(in, &target.items[t], d);
        else
            have(in, &has.items[h], order == 0, d);
        h += order <= 0;
        t += order >= 0;
    }
    return true;
}

/* `epoch` is that from which it moves. */
static int16_t compute(const struct reconcile_input *in, int32_t epoch, kw_arena *arena, struct reconciled *out)
{
    struct difference d = {.taken = 0};
    if (!compare(in, arena, &d))
        return COORDINATOR_NO_MEMORY;
    if (d.revoke.count != 0 && client_has_any(in, as_set(&d.revoke))) {
        set_epoch(out, in->member->epoch, epoch);
        out->state = MEMBER_UNREVOKED;
        out->assigned = as_set(&d.keep);
        out->revoking = as_set(&d.revoke);
        return KW_ERROR_NONE;
    }
    set_epoch(out, in->member->epoch, in->target_epoch);
    out->state = d.is_blocked ? MEMBER_UNRELEASED : MEMBER_STABLE;
    out->assigned = as_set(d.taken != 0 ? &d.assigned : &d.keep);
    out->revoking = (struct partition_set){NULL, 0};
    return KW_ERROR_NONE;
}

/* ---- trim ---- */

static void merge(struct partition_set a, struct partition_set b, struct growing_set *out)
{
    size_t i = 0, j = 0;
    while (i < a.count || j < b.count) {
        int order = i == a.count ? 1 : j == b.count ? -1 : set_partition_compare(&a.items[i], &b.items[j]);
        const struct set_partition *p = order < 0 ? &a.items[i] : &b.items[j];
        add(out, p, p->epoch);
        i += order <= 0;
        j += order >= 0;
    }
}

static int16_t trim(const struct reconcile_input *in, kw_arena *arena, struct reconciled *out)
{
    struct partition_set has = in->member->assigned;
    struct growing_set keep, drop, revoking;
    if (!grow_to(&keep, has.count, arena) || !grow_to(&drop, has.count, arena) ||
        !grow_to(&revoking, has.count + in->member->revoking.count, arena))
        return COORDINATOR_NO_MEMORY;
    for (size_t i = 0; i < has.count; i++)
        add(is_subscribed(in, has.items[i].topic) ? &keep : &drop, &has.items[i], has.items[i].epoch);
    if (drop.count == 0)
        return KW_ERROR_NONE;
    merge(in->member->revoking, as_set(&drop), &revoking);
    set_epoch(out, in->member->epoch, in->member->epoch);
    out->assigned = as_set(&keep);
    if (client_has_any(in, as_set(&revoking))) {
        out->state = MEMBER_UNREVOKED;
        out->revoking = as_set(&revoking);
    }
    return KW_ERROR_NONE;
}

/* ---- states ---- */

int16_t consumer_reconcile(const struct reconcile_input *in, kw_arena *arena, struct reconciled *out)
{
    const struct consumer_member *m = in->member;
    *out = as_it_is(m);
    switch (m->state) {
    case MEMBER_STABLE:
        if (m->epoch != in->target_epoch)
            return compute(in, m->epoch, arena, out);
        return in->has_changed_subscription ? trim(in, arena, out) : KW_ERROR_NONE;
    case MEMBER_UNREVOKED:
        if (!client_has_any(in, m->revoking))
            return compute(in, m->epoch, arena, out);
        return in->has_changed_subscription ? trim(in, arena, out) : KW_ERROR_NONE;
    case MEMBER_UNRELEASED:
        return compute(in, m->epoch, arena, out);
    case MEMBER_UNKNOWN:
    default:
        if (!in->says_owned || in->owned.count != 0)
            return KW_ERROR_FENCED_MEMBER_EPOCH;
        return compute(in, in->target_epoch, arena, out);
    }
}
