/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_timers.h"

#include "consumer_change.h"
#include "consumer_fence.h"
#include "consumer_settings.h"

/* How long a timer is put off whose group has been replaced, until that is written. */
enum { REPLACED_MS = 500 };

#define SLOT_OF(timer, member) \
    ((struct consumer_slot *)(void *)((char *)(timer)-offsetof(struct consumer_slot, member)))

/* ---- ticks ---- */

/* A slot without a member is one whose removal is not written yet. False: nothing is to be done. */
static bool is_there(const struct consumer_slot *slot, struct coordinator_timer *timer, struct coordinator_decision *d)
{
    if (slot->member == NULL)
        return false;
    if (consumer_group_of(group_find(d->state, slot->group->id)) == slot->group)
        return true;
    coordinator_timer_start(d->shard, timer, d->clock + REPLACED_MS);
    return false;
}

static void start_session_timer(struct shard *shard, struct consumer_slot *slot)
{
    slot->session_end = slot->deadline;
    coordinator_timer_start(shard, &slot->session, slot->deadline);
}

/* The deadline moves with each heartbeat, and the timer only here, unless the session gets shorter. */
static void session_ended(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct consumer_slot *slot = SLOT_OF(timer, session);
    if (!is_there(slot, timer, d))
        return;
    if (slot->deadline > d->clock)
        start_session_timer(d->shard, slot);
    else
        consumer_fence(d, slot);
}

static bool must_revoke(const struct consumer_member *member)
{
    return member->state == MEMBER_UNREVOKED && member->epoch >= 0 && !member->is_classic;
}

static void rebalance_ended(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct consumer_slot *slot = SLOT_OF(timer, rebalance);
    if (is_there(slot, timer, d) && must_revoke(slot->member))
        consumer_fence(d, slot);
}

static void join_ended(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct consumer_slot *slot = SLOT_OF(timer, join);
    if (is_there(slot, timer, d) && slot->member->is_classic)
        consumer_fence(d, slot);
}

static void sync_ended(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct consumer_slot *slot = SLOT_OF(timer, sync);
    if (slot->member == NULL)
        consumer_tidy_slot(d->state, slot);
    else if (is_there(slot, timer, d) && slot->member->is_classic)
        consumer_fence(d, slot);
}

void consumer_timers_init(struct consumer_slot *slot)
{
    slot->session.tick = session_ended;
    slot->rebalance.tick = rebalance_ended;
    slot->join.tick = join_ended;
    slot->sync.tick = sync_ended;
}

/* ---- starting and stopping ---- */

void consumer_timers_stop(struct consumer_slot *slot)
{
    coordinator_timer_stop(&slot->session);
    coordinator_timer_stop(&slot->rebalance);
    coordinator_timer_stop(&slot->join);
    coordinator_timer_stop(&slot->sync);
}

static void start_session(struct group_machine *m, struct consumer_slot *slot)
{
    slot->deadline = m->shard->options.clock() + consumer_session_timeout(m, slot);
    start_session_timer(m->shard, slot);
}

void consumer_touch(const struct coordinator_decision *d, struct consumer_slot *slot, int32_t session_timeout_ms)
{
    slot->deadline = d->clock + session_timeout_ms;
    if (slot->deadline < slot->session_end && coordinator_timer_is_running(&slot->session))
        start_session_timer(d->shard, slot);
}

static void start_rebalance(struct group_machine *m, struct consumer_slot *slot, struct coordinator_timer *timer)
{
    coordinator_timer_start(m->shard, timer, m->shard->options.clock() + slot->member->rebalance_timeout_ms);
}

/* While the log is loaded nobody has timers, nor in a group that is only looked at. */
static bool has_timers(const struct group_machine *m, const struct consumer_slot *slot)
{
    return m->shard != NULL && slot->member != NULL && !slot->group->is_draft;
}

void consumer_move_timers(struct group_machine *m, struct consumer_slot *slot, const struct consumer_member *before)
{
    const struct consumer_member *member = slot->member;
    if (!has_timers(m, slot))
        return;
    if (before == NULL)
        start_session(m, slot);
    if (!must_revoke(member))
        coordinator_timer_stop(&slot->rebalance);
    else if (before == NULL || !consumer_member_has_same(before, member))
        start_rebalance(m, slot, &slot->rebalance);
}

static bool is_timed(const struct coordinator_timer *timer)
{
    return coordinator_timer_is_running(timer) || timer->waiting != NULL;
}

/* A member that had been removed has kept its timers; one that has just fired is tried again. */
void consumer_move_timers_back(struct group_machine *m, struct consumer_slot *slot, const struct consumer_member *after)
{
    const struct consumer_member *member = slot->member;
    if (!has_timers(m, slot))
        return;
    if (!is_timed(&slot->session))
        start_session(m, slot);
    if (!must_revoke(member))
        coordinator_timer_stop(&slot->rebalance);
    else if (after != NULL ? !consumer_member_has_same(after, member) : !is_timed(&slot->rebalance))
        start_rebalance(m, slot, &slot->rebalance);
}

/* Who has partitions to give up and uses the classic protocol is to join again. */
void consumer_start_timers(struct group_machine *m, struct consumer_slot *slot)
{
    consumer_move_timers(m, slot, NULL);
    if (slot->member->is_classic && slot->member->state == MEMBER_UNREVOKED)
        start_rebalance(m, slot, &slot->join);
}

/* ---- members with the classic protocol ---- */

void consumer_await_join(const struct coordinator_decision *d, struct consumer_slot *slot)
{
    if (!is_timed(&slot->join))
        coordinator_timer_start(d->shard, &slot->join, d->clock + slot->member->rebalance_timeout_ms);
}

void consumer_await_sync(const struct coordinator_decision *d, struct consumer_slot *slot, int32_t rebalance_timeout_ms)
{
    coordinator_timer_stop(&slot->join);
    coordinator_timer_start(d->shard, &slot->sync, d->clock + rebalance_timeout_ms);
}

void consumer_end_sync(struct consumer_slot *slot)
{
    coordinator_timer_stop(&slot->sync);
}
