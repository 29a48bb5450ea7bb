/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_heartbeat.h"

#include <string.h>

#include <kwire/error.h>

#include "../../../base/growth.h"
#include "../../../metadata/refusal.h"
#include "consumer_fence.h"
#include "consumer_records.h"
#include "consumer_step.h"
#include "consumer_timers.h"
#include "consumer_upgrade.h"

/* One heartbeat on its way. */
struct beat {
    struct consumer_step step; /* the first member */
    const struct consumer_heartbeat *in;
    const kw_consumer_group_heartbeat_request *request;
    kw_consumer_group_heartbeat_response *response;
    struct consumer_group created;  /* the group, if there is none yet */
    struct classic_group *upgraded; /* that is going to be the group; NULL: none is */
};

/* ---- refusals ---- */

static bool refuse_unknown_member(struct beat *b)
{
    return consumer_step_refuse(&b->step, KW_ERROR_UNKNOWN_MEMBER_ID, "Member %.*s is not a member of group %.*s.",
                                KW_FMT(b->step.member_id), KW_FMT(b->request->group_id));
}

static bool refuse_unknown_instance(struct beat *b)
{
    return consumer_step_refuse(&b->step, KW_ERROR_UNKNOWN_MEMBER_ID, "Instance id %.*s is unknown.",
                                KW_FMT(b->request->instance_id));
}

static bool refuse_fenced_instance(struct beat *b, const struct consumer_slot *slot)
{
    return consumer_step_refuse(&b->step, KW_ERROR_FENCED_INSTANCE_ID,
                                "Static member %.*s with instance id %.*s was fenced by member %.*s.",
                                KW_FMT(b->step.member_id), KW_FMT(b->request->instance_id), KW_FMT(slot->id));
}

/* ---- the group ---- */

static void use_new_group(struct beat *b)
{
    b->created.id = b->request->group_id;
    b->created.epochs = consumer_epochs_new();
    b->created.must_look = true;
    b->step.g = &b->created;
}

static bool find_group(struct beat *b)
{
    struct consumer_step *s = &b->step;
    struct group *group = group_find(s->m, s->group_id);
    s->g = consumer_group_of(group);
    if (s->g != NULL)
        return true;
    if (group == NULL && b->request->member_epoch == EPOCH_JOIN) {
        use_new_group(b);
        return true;
    }
    if (group == NULL)
        return consumer_step_refuse(s, KW_ERROR_GROUP_ID_NOT_FOUND, "%s %.*s not found.",
                                    b->request->member_epoch > 0 ? "Consumer group" : "Group", KW_FMT(s->group_id));
    if (group->type != GROUP_CLASSIC || b->request->member_epoch != EPOCH_JOIN)
        return consumer_step_refuse(s, KW_ERROR_GROUP_ID_NOT_FOUND, "Group %.*s is not a consumer group.",
                                    KW_FMT(s->group_id));
    const struct group_kind *kind = group_kind_of(group->type);
    if (!kind->is_empty(s->m, group)) {
        b->upgraded = group->state.classic;
        return consumer_upgrade(s, group);
    }
    kind->remove(s->m, s->d, group);
    use_new_group(b);
    return true;
}

/* ---- the member ---- */

/* Its last answer may have been lost. */
static bool is_one_behind(const struct beat *b, const struct consumer_member *member)
{
    return b->request->member_epoch == member->previous_epoch && b->request->topic_partitions.len >= 0 &&
           partition_set_has_all(member->assigned, b->step.owned);
}

static bool check_epoch(struct beat *b, const struct consumer_member *member)
{
    int32_t epoch = b->request->member_epoch;
    if (epoch == EPOCH_JOIN || epoch == member->epoch || (epoch < member->epoch && is_one_behind(b, member)))
        return true;
    return consumer_step_refuse(
        &b->step, KW_ERROR_FENCED_MEMBER_EPOCH,
        "The consumer group member has a %s member epoch (%d) than the one known by the group coordinator (%d). The "
        "member must abandon all its partitions and rejoin.",
        epoch > member->epoch ? "greater" : "smaller", epoch, member->epoch);
}

static bool find_dynamic(struct beat *b)
{
    (void)consumer_step_find(&b->step);
    if (b->step.slot == NULL && b->request->member_epoch != EPOCH_JOIN)
        return refuse_unknown_member(b);
    return check_epoch(b, &b->step.before);
}

static bool find_static(struct beat *b)
{
    struct consumer_slot *slot = consumer_find_static(b->step.g, b->request->instance_id);
    if (b->request->member_epoch == EPOCH_JOIN)
        return consumer_step_find_static(&b->step, false);
    if (slot == NULL)
        return refuse_unknown_instance(b);
    if (!kw_string_equal(slot->id, b->step.member_id))
        return refuse_fenced_instance(b, slot);
    b->step.slot = slot;
    b->step.before = *slot->member;
    return check_epoch(b, &b->step.before);
}

/* ---- what it says ---- */

static bool read_names(struct beat *b)
{
    kw_string_array names = b->request->subscribed_topic_names;
    if (names.len < 0)
        return true;
    kw_string *copy = kw_arena_array(b->step.d->records.arena, (size_t)names.len + 1, sizeof *copy);
    if (copy == NULL)
        return consumer_step_fail(&b->step);
    if (names.len > 0)
        memcpy(copy, names.items, (size_t)names.len * sizeof *copy);
    b->step.after.names = (kw_string_array){copy, sort_names(copy, names.len)};
    return true;
}

static bool read_owned(struct beat *b)
{
    const kw_consumer_group_heartbeat_request_topic_partitions_array *topics = &b->request->topic_partitions;
    size_t count = 0;
    for (int32_t t = 0; t < topics->len; t++)
        count += topics->items[t].partitions.len > 0 ? (size_t)topics->items[t].partitions.len : 0;
    if (count == 0)
        return true;
    struct set_partition *items = kw_arena_array(b->step.d->records.arena, count, sizeof *items);
    if (items == NULL)
        return consumer_step_fail(&b->step);
    count = 0;
    for (int32_t t = 0; t < topics->len; t++)
        for (int32_t p = 0; p < topics->items[t].partitions.len; p++)
            items[count++] = (struct set_partition){topics->items[t].topic_id, topics->items[t].partitions.items[p], 0};
    b->step.owned = partition_set_of(items, count);
    return true;
}

static void replace_text(kw_string *text, kw_string by)
{
    if (by.len >= 0)
        *text = by;
}

static bool update_member(struct beat *b)
{
    const kw_consumer_group_heartbeat_request *r = b->request;
    b->step.after = b->step.before;
    replace_text(&b->step.after.instance_id, r->instance_id);
    replace_text(&b->step.after.rack, r->rack_id);
    replace_text(&b->step.after.assignor, r->server_assignor);
    replace_text(&b->step.after.pattern, r->subscribed_topic_regex);
    if (r->rebalance_timeout_ms != -1)
        b->step.after.rebalance_timeout_ms = r->rebalance_timeout_ms;
    b->step.after.client_id = b->in->client_id.len >= 0 ? b->in->client_id : (kw_string){"", 0};
    b->step.after.client_host = b->in->client_host;
    b->step.after.is_classic = false;
    b->step.after.classic_protocol_count = 0;
    return read_names(b);
}

/* ---- the answer ---- */

static bool list_assignment(struct beat *b)
{
    struct partition_set set = b->step.after.assigned;
    kw_arena *arena = b->in->arena;
    size_t count = partition_set_topics(set), t = 0;
    kw_consumer_group_heartbeat_response_assignment *out = kw_arena_alloc(arena, sizeof *out);
    kw_consumer_group_heartbeat_response_topic_partitions *topics = kw_arena_array(arena, count + 1, sizeof *topics);
    int32_t *indexes = partition_set_indexes(set, arena);
    if (out == NULL || topics == NULL || indexes == NULL)
        return consumer_step_fail(&b->step);
    kw_consumer_group_heartbeat_response_assignment_init(out);
    for (size_t i = 0, end; i < set.count; i = end, t++) {
        end = partition_set_topic_end(set, i);
        kw_consumer_group_heartbeat_response_topic_partitions_init(&topics[t]);
        topics[t].topic_id = set.items[i].topic;
        topics[t].partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
    }
    out->topic_partitions.items = topics;
    out->topic_partitions.len = (int32_t)count;
    b->response->assignment = out;
    return true;
}

static bool is_full_request(const kw_consumer_group_heartbeat_request *r)
{
    return r->rebalance_timeout_ms != -1 &&
           (r->subscribed_topic_names.len >= 0 || r->subscribed_topic_regex.len >= 0) && r->topic_partitions.len >= 0;
}

static bool answer(struct beat *b)
{
    b->response->member_id = arena_copy_string(b->in->arena, b->step.member_id);
    b->response->member_epoch = b->step.after.epoch;
    b->response->heartbeat_interval_ms = consumer_heartbeat_interval(b->step.m, b->request->group_id);
    if (b->response->member_id.data == NULL)
        return consumer_step_fail(&b->step);
    if (b->request->member_epoch == EPOCH_JOIN || is_full_request(b->request) ||
        !partition_set_same(b->step.before.assigned, b->step.after.assigned))
        return list_assignment(b);
    return true;
}

/* ---- leaving ---- */

static bool leave_for_now(struct beat *b, const struct consumer_slot *slot)
{
    struct consumer_member leaving = *slot->member;
    size_t count = leaving.assigned.count;
    struct set_partition *items = kw_arena_array(b->step.d->records.arena, count + 1, sizeof *items);
    if (items == NULL)
        return consumer_step_fail(&b->step);
    for (size_t i = 0; i < count; i++) {
        items[i] = leaving.assigned.items[i];
        items[i].epoch = 0;
    }
    leaving.epoch = EPOCH_LEAVE_STATIC;
    leaving.assigned = (struct partition_set){items, count};
    leaving.revoking.count = 0;
    consumer_records_add_assignment(&b->step.d->records, b->request->group_id, &leaving);
    return true;
}

static bool leave(struct beat *b)
{
    bool is_static = b->request->instance_id.len >= 0;
    struct consumer_slot *slot = is_static ? consumer_find_static(b->step.g, b->request->instance_id)
                                           : consumer_find(b->step.g, b->step.member_id);
    if (slot == NULL)
        return is_static ? refuse_unknown_instance(b) : refuse_unknown_member(b);
    if (!kw_string_equal(slot->id, b->step.member_id))
        return refuse_fenced_instance(b, slot);
    if (is_static && b->request->member_epoch == EPOCH_LEAVE_STATIC) {
        if (!leave_for_now(b, slot))
            return false;
    } else {
        consumer_fence(b->step.d, slot);
    }
    b->response->member_epoch = b->request->member_epoch;
    b->response->member_id = arena_copy_string(b->in->arena, b->step.member_id);
    return b->response->member_id.data != NULL || consumer_step_fail(&b->step);
}

/* ---- all of it ---- */

static bool stay(struct beat *b)
{
    struct consumer_step *s = &b->step;
    if (!consumer_step_check_size(s) || !consumer_step_name(s) ||
        !(s->instance_id.len >= 0 ? find_static(b) : find_dynamic(b)) || !consumer_step_check_budget(s) ||
        !update_member(b) || !consumer_step_say(s) || !consumer_step_find_target(s) || !consumer_step_reconcile(s))
        return false;
    if (s->slot != NULL)
        consumer_touch(s->d, s->slot, consumer_group_session_timeout(s->m, s->group_id));
    return answer(b);
}

static bool proceed(struct beat *b)
{
    if (!find_group(b) || !read_owned(b))
        return false;
    return b->request->member_epoch == EPOCH_LEAVE || b->request->member_epoch == EPOCH_LEAVE_STATIC ? leave(b)
                                                                                                     : stay(b);
}

void consumer_heartbeat(struct group_machine *m, struct coordinator_decision *d, const struct consumer_heartbeat *in,
                        kw_consumer_group_heartbeat_response *response)
{
    const kw_consumer_group_heartbeat_request *request = in->request;
    struct beat b = {
        .in = in,
        .request = request,
        .response = response,
        .step = {.m = m,
                 .d = d,
                 .answers = in->arena,
                 .group_id = request->group_id,
                 .member_id = request->member_id,
                 .instance_id = request->instance_id,
                 .says_owned = request->topic_partitions.len >= 0},
    };
    bool is_done = proceed(&b);
    if (b.step.refusal.error != KW_ERROR_NONE) {
        response->error_code = b.step.refusal.error;
        response->error_message = b.step.refusal.message;
    }
    if (b.upgraded != NULL)
        consumer_upgrade_end(&b.step, b.upgraded, is_done);
}
