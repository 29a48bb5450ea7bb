/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_classic.h"

#include <string.h>

#include <kwire/error.h>

#include "../../../base/growth.h"
#include "../classic/client_partitions.h"
#include "consumer_change.h"
#include "consumer_downgrade.h"
#include "consumer_step.h"
#include "consumer_timers.h"

enum { FIRST_VERSION_WITH_PENDING_IDS = 4 };

static const kw_string no_id = {"", 0};

/* ---- JoinGroup: what it must be ---- */

/* One JoinGroup on its way. */
struct joining {
    struct consumer_step step; /* the first member */
    const struct join_request *in;
    struct join_result *out;
    kw_consumer_protocol_subscription subscription;
};

static bool refuse(struct joining *j, int16_t error)
{
    j->step.refusal.error = error;
    j->step.d->records.count = 0;
    return false;
}

static bool may_join(struct joining *j)
{
    const struct consumer_settings *known = &j->step.m->settings.consumer;
    return known->allows_upgrade || known->allows_downgrade || refuse(j, KW_ERROR_INCONSISTENT_GROUP_PROTOCOL);
}

/* Each member that uses the classic protocol must support one of them. */
static bool check_protocols(struct joining *j)
{
    const struct consumer_group *g = j->step.g;
    const kw_join_group_request_protocol_array *protocols = &j->in->message->protocols;
    bool is_supported = false;
    for (int32_t i = 0; !is_supported && i < protocols->len; i++) {
        const struct name_count *count = name_counts_find(&g->protocols, protocols->items[i].name);
        is_supported = (count != NULL ? count->members : 0) == g->classic_count;
    }
    return (kw_string_equal(j->in->message->protocol_type, kw_string_of(CONSUMER_PROTOCOL_TYPE)) && is_supported) ||
           refuse(j, KW_ERROR_INCONSISTENT_GROUP_PROTOCOL);
}

static bool hand_out_id(struct joining *j)
{
    classic_join_refuse(j->out->response, KW_ERROR_MEMBER_ID_REQUIRED, j->step.member_id);
    return false;
}

static bool find_member(struct joining *j, bool is_unknown)
{
    struct consumer_step *s = &j->step;
    if (s->instance_id.len < 0)
        return consumer_step_find(s);
    if (is_unknown)
        return consumer_step_find_static(s, true);
    s->slot = consumer_find_static(s->g, s->instance_id);
    if (s->slot == NULL)
        return refuse(j, KW_ERROR_UNKNOWN_MEMBER_ID);
    if (!kw_string_equal(s->slot->id, s->member_id))
        return refuse(j, KW_ERROR_FENCED_INSTANCE_ID);
    s->before = *s->slot->member;
    return true;
}

/* ---- JoinGroup: what it says ---- */

/* All protocols have the same subscription, so the first one's is enough. */
static bool read_subscription(struct joining *j)
{
    kw_arena *arena = j->step.d->records.arena;
    kw_status status =
        consumer_protocol_read_subscription(j->in->message->protocols.items[0].metadata, arena, &j->subscription);
    if (status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT)
        return consumer_step_fail(&j->step);
    if (status != KW_OK)
        return refuse(j, KW_ERROR_INCONSISTENT_GROUP_PROTOCOL);
    j->step.says_owned = true;
    return client_partitions_owned(j->step.d->image, &j->subscription, arena, &j->step.owned) ||
           consumer_step_fail(&j->step);
}

static bool list_protocols(struct joining *j)
{
    const kw_join_group_request_protocol_array *from = &j->in->message->protocols;
    struct member_protocol *items = kw_arena_array(j->step.d->records.arena, (size_t)from->len, sizeof *items);
    if (items == NULL)
        return consumer_step_fail(&j->step);
    for (int32_t i = 0; i < from->len; i++)
        items[i] = (struct member_protocol){from->items[i].name, from->items[i].metadata};
    j->step.after.classic_protocols = items;
    j->step.after.classic_protocol_count = (size_t)from->len;
    return true;
}

static bool update_member(struct joining *j)
{
    const kw_join_group_request *message = j->in->message;
    struct consumer_member *after = &j->step.after;
    *after = j->step.before;
    if (message->group_instance_id.len >= 0)
        after->instance_id = message->group_instance_id;
    if (j->subscription.rack_id.len >= 0)
        after->rack = j->subscription.rack_id;
    if (message->rebalance_timeout_ms != -1)
        after->rebalance_timeout_ms = message->rebalance_timeout_ms;
    after->names = j->subscription.topics;
    after->names.len = sort_names(after->names.items, after->names.len);
    after->pattern = (kw_string){"", 0};
    after->client_id = j->in->client_id;
    after->client_host = j->in->client_host;
    after->is_classic = true;
    after->classic_session_timeout_ms = message->session_timeout_ms;
    return list_protocols(j);
}

/* ---- JoinGroup: the group stays ---- */

/* The timers of a member that is new start with its records, but for this one. */
static bool start_timers(struct joining *j)
{
    struct consumer_step *s = &j->step;
    const kw_join_group_request *message = j->in->message;
    struct consumer_slot *slot = s->slot != NULL ? s->slot : consumer_demand_slot(s->m, s->g, s->member_id);
    if (slot == NULL)
        return consumer_step_fail(s);
    if (s->slot != NULL)
        consumer_touch(s->d, slot, message->session_timeout_ms);
    consumer_await_sync(s->d, slot, message->rebalance_timeout_ms);
    return true;
}

/* ---- JoinGroup: the group becomes a classic one ---- */

/* The last member with the consumer protocol is a static one whose place is taken. */
static bool downgrade(struct joining *j, struct consumer_downgrade *change)
{
    struct consumer_step *s = &j->step;
    change->rebalance = s->g->epochs.target_epoch < s->epoch;
    if (!change->rebalance && (!consumer_step_find_target(s) || !consumer_step_reconcile(s)))
        return false;
    change->joining = &s->after;
    return consumer_downgrade(s->d, change);
}

/* ---- JoinGroup ---- */

static bool answer(struct joining *j)
{
    kw_join_group_response *response = j->out->response;
    kw_arena *arena = j->in->arena;
    response->generation_id = j->step.after.epoch;
    if (!arena_put_string(arena, j->step.member_id, &response->member_id) ||
        !arena_put_string(arena, j->in->message->protocols.items[0].name, &response->protocol_name))
        return consumer_step_fail(&j->step);
    response->protocol_type = kw_string_of(CONSUMER_PROTOCOL_TYPE);
    return true;
}

static bool proceed(struct joining *j)
{
    struct consumer_step *s = &j->step;
    bool is_unknown = s->member_id.len == 0;
    if (!may_join(j) || !consumer_step_check_size(s) || !consumer_step_name(s) || !check_protocols(j))
        return false;
    if (is_unknown && s->instance_id.len < 0 && j->in->version >= FIRST_VERSION_WITH_PENDING_IDS)
        return hand_out_id(j);
    if (!find_member(j, is_unknown) || !consumer_step_check_budget(s) || !read_subscription(j) || !update_member(j) ||
        !consumer_step_say(s))
        return false;
    struct consumer_downgrade change = {.g = s->g};
    change.replaced = s->instance_id.len >= 0 ? consumer_find_static(s->g, s->instance_id) : NULL;
    if (change.replaced != NULL && consumer_may_downgrade(s->m, &change))
        return downgrade(j, &change) && answer(j);
    return consumer_step_find_target(s) && consumer_step_reconcile(s) && answer(j) && start_timers(j);
}

void consumer_join(struct coordinator_decision *d, struct consumer_group *group, const struct join_request *in,
                   struct join_result *out)
{
    struct joining j = {
        .in = in,
        .out = out,
        .step = {.m = d->state,
                 .d = d,
                 .answers = in->arena,
                 .g = group,
                 .group_id = group->id,
                 .member_id = in->message->member_id,
                 .instance_id = in->message->group_instance_id},
    };
    if (!proceed(&j) && j.step.refusal.error != KW_ERROR_NONE)
        classic_join_refuse(out->response, j.step.refusal.error, no_id);
}

/* ---- SyncGroup and Heartbeat: who it is ---- */

static struct consumer_slot *find_classic(const struct consumer_group *group, kw_string member_id,
                                          kw_string instance_id, int32_t generation, int16_t *error)
{
    struct consumer_slot *slot =
        instance_id.len >= 0 ? consumer_find_static(group, instance_id) : consumer_find(group, member_id);
    if (slot != NULL && !kw_string_equal(slot->id, member_id))
        *error = KW_ERROR_FENCED_INSTANCE_ID;
    else if (slot == NULL || !slot->member->is_classic)
        *error = KW_ERROR_UNKNOWN_MEMBER_ID;
    else
        *error = generation == slot->member->epoch ? KW_ERROR_NONE : KW_ERROR_ILLEGAL_GENERATION;
    return *error == KW_ERROR_NONE ? slot : NULL;
}

/* ---- SyncGroup ---- */

/* A member that has partitions to give up has joined already, and first does that. */
static bool is_behind(const struct consumer_group *group, const struct consumer_member *member)
{
    return group->epochs.target_epoch > member->epoch && member->state != MEMBER_UNREVOKED;
}

static bool differs(kw_string said, kw_string is)
{
    return said.len >= 0 && !kw_string_equal(said, is);
}

static int16_t check_sync(const struct consumer_group *group, const struct consumer_member *member,
                          const kw_sync_group_request *message)
{
    if (differs(message->protocol_type, kw_string_of(CONSUMER_PROTOCOL_TYPE)) || member->classic_protocol_count == 0 ||
        differs(message->protocol_name, member->classic_protocols[0].name))
        return KW_ERROR_INCONSISTENT_GROUP_PROTOCOL;
    return is_behind(group, member) ? KW_ERROR_REBALANCE_IN_PROGRESS : KW_ERROR_NONE;
}

void consumer_sync(struct coordinator_decision *d, const struct consumer_group *group, const struct sync_request *in,
                   struct sync_result *out)
{
    const kw_sync_group_request *message = in->message;
    kw_sync_group_response *response = out->response;
    struct consumer_slot *slot = find_classic(group, message->member_id, message->group_instance_id,
                                              message->generation_id, &response->error_code);
    if (slot == NULL)
        return;
    response->error_code = check_sync(group, slot->member, message);
    if (response->error_code == KW_ERROR_REBALANCE_IN_PROGRESS)
        consumer_await_join(d, slot);
    if (response->error_code != KW_ERROR_NONE)
        return;
    kw_status status =
        client_partitions_encode(d->image, slot->member->assigned, slot->member->classic_protocols[0].metadata,
                                 in->arena, &response->assignment);
    if (status != KW_OK) {
        record_out_fail(&d->records, status);
        return;
    }
    response->protocol_type = message->protocol_type;
    response->protocol_name = message->protocol_name;
    consumer_touch(d, slot, slot->member->classic_session_timeout_ms);
    consumer_end_sync(slot);
}

/* ---- Heartbeat ---- */

/* Whether others still have what it is to get. */
static bool is_blocked(const struct consumer_group *group, const struct consumer_slot *slot)
{
    struct partition_set target = consumer_target_of(slot);
    for (size_t i = 0; i < target.count; i++) {
        const struct set_partition *p = &target.items[i];
        if (partition_set_find(slot->member->assigned, p->topic, p->index) == NULL &&
            partition_owners_has(&group->owners, p->topic, p->index))
            return true;
    }
    return false;
}

static bool must_join(const struct consumer_group *group, const struct consumer_slot *slot)
{
    const struct consumer_member *member = slot->member;
    return member->epoch < group->epochs.target_epoch || member->state == MEMBER_UNREVOKED ||
           (member->state == MEMBER_UNRELEASED && !is_blocked(group, slot));
}

int16_t consumer_classic_heartbeat(struct coordinator_decision *d, const struct consumer_group *group,
                                   const kw_heartbeat_request *request)
{
    int16_t error;
    struct consumer_slot *slot =
        find_classic(group, request->member_id, request->group_instance_id, request->generation_id, &error);
    if (slot == NULL)
        return error;
    consumer_touch(d, slot, slot->member->classic_session_timeout_ms);
    if (!must_join(group, slot))
        return KW_ERROR_NONE;
    consumer_await_join(d, slot);
    return KW_ERROR_REBALANCE_IN_PROGRESS;
}
