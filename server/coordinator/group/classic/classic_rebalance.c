/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_rebalance.h"

#include <kwire/error.h>
#include <kwire/messages/group_metadata_key.h>
#include <kwire/messages/group_metadata_value.h>

#include "../group_records.h"
#include "classic_sync.h"

/* How long something is put off that cannot be done yet, for lack of memory or as records are being written. */
enum { SHORTAGE_MS = 500 };

#define OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

struct classic_moment classic_moment_of(struct coordinator_decision *d)
{
    return (struct classic_moment){d->state, d->shard, d->now, d->clock, d};
}

struct classic_moment classic_moment_after(struct group_machine *m)
{
    return (struct classic_moment){m, m->shard, m->shard->options.now(), m->shard->options.clock(), NULL};
}

struct classic_group *classic_demand(struct group_machine *m, struct group *group)
{
    if (group->state.classic != NULL)
        return group->state.classic;
    struct classic_group *state = classic_group_create(group->id, m->budget);
    if (state != NULL)
        (void)group_become(m, group, GROUP_CLASSIC, state, NULL); /* without undo it cannot fail */
    return state;
}

/* ---- the record ---- */

static void describe_member(const struct classic_member *member, const struct shared_bytes *assignment,
                            kw_group_metadata_value_member_metadata *out)
{
    kw_group_metadata_value_member_metadata_init(out);
    out->member_id = classic_member_id(member);
    out->group_instance_id = member->instance_id;
    out->client_id = member->client_id;
    out->client_host = member->client_host;
    out->rebalance_timeout = member->rebalance_timeout_ms;
    out->session_timeout = member->session_timeout_ms;
    out->subscription = classic_metadata(member, member->group->protocol);
    out->assignment = shared_bytes_view(assignment);
}

void classic_write(struct coordinator_decision *d, const struct classic_group *group,
                   struct shared_bytes *const *assignments)
{
    kw_group_metadata_key key;
    kw_group_metadata_value value;
    kw_group_metadata_key_init(&key);
    kw_group_metadata_value_init(&value);
    size_t count = classic_member_count(group), i = 0;
    value.members.items = kw_arena_array(d->records.arena, count, sizeof *value.members.items);
    value.members.len = (int32_t)count;
    if (value.members.items == NULL) {
        record_out_fail(&d->records, KW_ERR_NO_MEMORY);
        return;
    }
    for (const struct classic_member *member = group->first; member != NULL; member = member->next, i++)
        describe_member(member, assignments != NULL ? assignments[i] : member->assignment, &value.members.items[i]);
    key.group = group->id;
    value.protocol_type = group->protocol_type != NULL ? classic_protocol_type(group) : kw_string_of("");
    value.generation = group->generation;
    value.protocol = classic_protocol(group);
    value.leader = classic_leader(group);
    value.current_state_timestamp = group->state_since;
    d->copies = true;
    group_records_add(&d->records, KW_GROUP_METADATA_KEY_TYPE, &key, &value);
}

/* ---- deadlines ---- */

static bool is_busy(const struct classic_group *group)
{
    return group->state == CLASSIC_COMPLETING_REBALANCE || group->state == CLASSIC_STABLE;
}

static bool all_have_joined(const struct classic_group *group)
{
    return group->joining == classic_member_count(group) && group->pending.count == 0;
}

static void complete(const struct classic_moment *at, struct classic_group *group);

/* A consumer group has taken its place, and that is not written yet: then the timer is put off. */
static bool is_replaced(const struct classic_group *group, struct coordinator_timer *timer,
                        struct coordinator_decision *d)
{
    const struct group *now = group_find(d->state, group->id);
    if (now != NULL && now->type == GROUP_CLASSIC && now->state.classic == group)
        return false;
    coordinator_timer_start(d->shard, timer, d->clock + SHORTAGE_MS);
    return true;
}

/* Also at the start of the group, unlike after LeaveGroup. */
static void complete_without(const struct classic_moment *at, struct classic_group *group)
{
    if (group->state == CLASSIC_PREPARING_REBALANCE && all_have_joined(group))
        complete(at, group);
}

static void start_member_timer(struct shard *shard, struct classic_member *member)
{
    member->timer_deadline = member->deadline;
    coordinator_timer_start(shard, &member->timer, member->deadline);
}

/* A member that waits is alive, unless it is one that cannot know its id. */
static void expire_member(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct classic_member *member = OF(timer, struct classic_member, timer);
    struct classic_group *group = member->group;
    struct classic_moment at = classic_moment_of(d);
    if (is_replaced(group, timer, d))
        return;
    if (member->deadline > d->clock) {
        start_member_timer(d->shard, member);
    } else if (member->is_new || (!classic_is_joining(member) && member->sync.waiter == NULL)) {
        classic_remove(group, member, KW_ERROR_UNKNOWN_MEMBER_ID);
        if (is_busy(group))
            classic_prepare_rebalance(&at, group);
        else
            complete_without(&at, group);
    }
}

void classic_touch(const struct classic_moment *at, struct classic_member *member, int64_t ms)
{
    member->deadline = at->clock + ms;
    member->timer.tick = expire_member;
    if (!coordinator_timer_is_running(&member->timer) || member->deadline < member->timer_deadline)
        start_member_timer(at->shard, member);
}

static void expire_pending(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct classic_pending *pending = OF(timer, struct classic_pending, timer);
    struct classic_group *group = pending->group;
    struct classic_moment at = classic_moment_of(d);
    if (is_replaced(group, timer, d))
        return;
    classic_remove_pending(group, pending);
    complete_without(&at, group);
}

void classic_touch_pending(const struct classic_moment *at, struct classic_pending *pending, int64_t ms)
{
    pending->timer.tick = expire_pending;
    coordinator_timer_start(at->shard, &pending->timer, at->clock + ms);
}

/* ---- SyncGroup is awaited ---- */

static void expire_awaited(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct classic_group *group = OF(timer, struct classic_group, sync_timer);
    struct classic_moment at = classic_moment_of(d);
    if (!is_busy(group) || group->awaited == 0 || is_replaced(group, timer, d))
        return;
    for (struct classic_member *member = group->first, *next; member != NULL; member = next) {
        next = member->next;
        if (member->is_awaited)
            classic_remove(group, member, KW_ERROR_UNKNOWN_MEMBER_ID);
    }
    classic_prepare_rebalance(&at, group);
}

static void await_all(const struct classic_moment *at, struct classic_group *group)
{
    for (struct classic_member *member = group->first; member != NULL; member = member->next)
        classic_await(member, true);
    group->sync_timer.tick = expire_awaited;
    coordinator_timer_start(at->shard, &group->sync_timer, at->clock + classic_longest_rebalance_timeout(group));
}

static void await_none(struct classic_group *group)
{
    for (struct classic_member *member = group->first; member != NULL; member = member->next)
        classic_await(member, false);
    coordinator_timer_stop(&group->sync_timer);
}

/* ---- the end of the join phase ---- */

static void complete_on_time(struct coordinator_timer *timer, struct coordinator_decision *d);

static void wait_for_joins(const struct classic_moment *at, struct classic_group *group, int64_t ms)
{
    group->rebalance_timer.tick = complete_on_time;
    coordinator_timer_start(at->shard, &group->rebalance_timer, at->clock + ms);
}

static void remove_missing(struct classic_group *group)
{
    for (struct classic_member *member = group->first, *next; member != NULL; member = next) {
        next = member->next;
        if (!classic_is_joining(member) && !classic_is_static(member))
            classic_remove(group, member, KW_ERROR_UNKNOWN_MEMBER_ID);
    }
}

/* False: no member waits. */
static bool elect_leader(struct classic_group *group)
{
    struct classic_member *member = group->leader;
    if (member != NULL && classic_is_joining(member))
        return true;
    member = group->first;
    while (member != NULL && !classic_is_joining(member))
        member = member->next;
    if (member != NULL)
        group->leader = member;
    return member != NULL;
}

static int32_t next_generation(const struct classic_group *group)
{
    return (int32_t)((uint32_t)group->generation + 1); /* as in Java */
}

static void become_empty(const struct classic_moment *at, struct classic_group *group)
{
    group->generation = next_generation(group);
    classic_set_protocol(group, NULL);
    classic_compute_topics(group);
    classic_set_state(group, CLASSIC_EMPTY, at->now);
    classic_write(at->decision, group, NULL);
}

/* What members get to know of the generation that is to come. False: there is no memory. */
static bool announce(struct classic_group *group, struct classic_roster **roster)
{
    classic_set_protocol(group, classic_select_protocol(group));
    struct classic_generation *announced = classic_generation_create(
        next_generation(group), classic_protocol_type(group), classic_protocol(group), classic_leader(group));
    *roster = announced != NULL ? classic_roster_create() : NULL;
    if (*roster == NULL || !classic_list_members(group, &(*roster)->arena, &(*roster)->members)) {
        classic_roster_free(*roster);
        classic_generation_release(announced);
        return false;
    }
    classic_generation_release(group->announced);
    group->announced = announced;
    return true;
}

static void answer_joins(const struct classic_moment *at, struct classic_group *group, struct classic_roster *roster)
{
    for (struct classic_member *member = group->first; member != NULL; member = member->next) {
        if (classic_is_joining(member))
            classic_end_join(member, member == group->leader ? roster : NULL);
        classic_touch(at, member, member->session_timeout_ms);
        member->is_new = false;
    }
}

static void complete(const struct classic_moment *at, struct classic_group *group)
{
    struct classic_roster *roster;
    coordinator_timer_stop(&group->rebalance_timer);
    remove_missing(group);
    if (group->first == NULL) {
        become_empty(at, group);
    } else if (!elect_leader(group)) {
        wait_for_joins(at, group, classic_longest_rebalance_timeout(group));
    } else if (!announce(group, &roster)) {
        wait_for_joins(at, group, SHORTAGE_MS);
    } else {
        group->generation = next_generation(group);
        classic_compute_topics(group);
        classic_set_state(group, CLASSIC_COMPLETING_REBALANCE, at->now);
        answer_joins(at, group, roster);
        await_all(at, group);
    }
}

bool classic_is_initial(const struct classic_group *group)
{
    return group->state == CLASSIC_PREPARING_REBALANCE && group->previous == CLASSIC_EMPTY;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void complete_on_time(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct classic_group *group = OF(timer, struct classic_group, rebalance_timer);
    struct classic_moment at = classic_moment_of(d);
    if (group->state != CLASSIC_PREPARING_REBALANCE || is_replaced(group, timer, d))
        return;
    if (!classic_is_initial(group) || !group->new_member_came || group->initial_remaining_ms == 0) {
        complete(&at, group);
        return;
    }
    int64_t last_delay = group->initial_delay_ms, remaining = group->initial_remaining_ms;
    group->new_member_came = false;
    group->initial_delay_ms = smaller(at.machine->settings.classic_initial_delay_ms, remaining);
    group->initial_remaining_ms = remaining > last_delay ? remaining - last_delay : 0;
    wait_for_joins(&at, group, group->initial_delay_ms);
}

void classic_complete_if_possible(const struct classic_moment *at, struct classic_group *group)
{
    if (!classic_is_initial(group))
        complete_without(at, group);
}

/* ---- the start ---- */

void classic_fail_syncs(const struct classic_moment *at, struct classic_group *group, int16_t error)
{
    for (struct classic_member *member = group->first; member != NULL; member = member->next) {
        classic_set_assignment(member, NULL);
        if (member->sync.waiter == NULL)
            continue;
        classic_fail_sync(member, error);
        classic_touch(at, member, member->session_timeout_ms); /* while it waited it had no deadline */
    }
}

static void prepare_first(const struct classic_moment *at, struct classic_group *group)
{
    int64_t delay = at->machine->settings.classic_initial_delay_ms;
    int64_t longest = classic_longest_rebalance_timeout(group);
    group->initial_delay_ms = delay;
    group->initial_remaining_ms = longest > delay ? longest - delay : 0;
    if (delay > 0)
        wait_for_joins(at, group, delay);
    else
        complete(at, group);
}

void classic_prepare_rebalance(const struct classic_moment *at, struct classic_group *group)
{
    if (group->state == CLASSIC_COMPLETING_REBALANCE) {
        classic_forget_assignments(group);
        classic_fail_syncs(at, group, KW_ERROR_REBALANCE_IN_PROGRESS);
    }
    await_none(group);
    classic_set_state(group, CLASSIC_PREPARING_REBALANCE, at->now);
    if (group->previous == CLASSIC_EMPTY)
        prepare_first(at, group);
    else if (all_have_joined(group))
        complete(at, group);
    else
        wait_for_joins(at, group, classic_longest_rebalance_timeout(group));
}

void classic_rebalance(const struct classic_moment *at, struct classic_group *group)
{
    if (group->state == CLASSIC_PREPARING_REBALANCE)
        classic_complete_if_possible(at, group);
    else
        classic_prepare_rebalance(at, group);
}
