/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_heartbeat.h"

#include <string.h>

#include <kwire/error.h>
#include <kwire/messages/consumer_group_partition_metadata_key.h>

#include "../../../base/growth.h"
#include "../../../metadata/refusal.h"
#include "consumer_change.h"
#include "consumer_fence.h"
#include "consumer_reconcile.h"
#include "consumer_records.h"
#include "consumer_regex.h"
#include "consumer_resolve.h"
#include "consumer_target.h"
#include "consumer_topics.h"

enum { WORK_OF_A_REACTOR = 2000 /* members and partitions, at 2 us each for those whose target changes */ };

/* One heartbeat on its way. */
struct beat {
    struct group_machine *m;
    struct coordinator_decision *d;
    const struct consumer_heartbeat *in;
    const kw_consumer_group_heartbeat_request *request;
    kw_consumer_group_heartbeat_response *response;
    kw_arena *arena;          /* until the end of the decision */
    struct consumer_group *g; /* `created` if there is none yet */
    struct consumer_group created;
    kw_string member_id;
    struct consumer_slot *slot;     /* of the member; NULL: it is new */
    struct consumer_slot *replaced; /* the static member whose place it takes */
    struct consumer_member before;  /* as it is, or was when it was replaced, or new */
    struct consumer_member after;
    bool has_changed_subscription;
    int32_t epoch; /* of the group */
    int32_t target_epoch;
    struct partition_set target;
    struct partition_set owned; /* what the client says */
};

/* ---- ends ---- */

static bool no_memory(struct beat *b)
{
    record_out_fail(&b->d->records, b->arena->status != KW_OK ? b->arena->status : KW_ERR_NO_MEMORY);
    return false;
}

static bool refuse(struct beat *b, int16_t error, kw_string message)
{
    b->response->error_code = error;
    b->response->error_message = message;
    b->d->records.count = 0;
    return false;
}

#define REFUSE(beat, error, ...)                                            \
    do {                                                                    \
        struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};               \
        (void)refuse_with(&refusal, (beat)->in->arena, error, __VA_ARGS__); \
        return refuse((beat), error, refusal.message);                      \
    } while (0)

static bool refuse_unknown_member(struct beat *b)
{
    REFUSE(b, KW_ERROR_UNKNOWN_MEMBER_ID, "Member %.*s is not a member of group %.*s.", KW_FMT(b->member_id),
           KW_FMT(b->request->group_id));
}

static bool refuse_unknown_instance(struct beat *b)
{
    REFUSE(b, KW_ERROR_UNKNOWN_MEMBER_ID, "Instance id %.*s is unknown.", KW_FMT(b->request->instance_id));
}

static bool refuse_fenced_instance(struct beat *b, const struct consumer_slot *slot)
{
    REFUSE(b, KW_ERROR_FENCED_INSTANCE_ID, "Static member %.*s with instance id %.*s was fenced by member %.*s.",
           KW_FMT(b->member_id), KW_FMT(b->request->instance_id), KW_FMT(slot->id));
}

/* ---- the group ---- */

static void use_new_group(struct beat *b)
{
    b->created.id = b->request->group_id;
    b->created.epochs = consumer_epochs_new();
    b->created.must_look = true;
    b->g = &b->created;
}

static bool find_group(struct beat *b)
{
    struct group *group = group_find(b->m, b->request->group_id);
    b->g = consumer_group_of(group);
    if (b->g != NULL)
        return true;
    if (group == NULL && b->request->member_epoch == EPOCH_JOIN) {
        use_new_group(b);
        return true;
    }
    if (group == NULL)
        REFUSE(b, KW_ERROR_GROUP_ID_NOT_FOUND, "%s %.*s not found.",
               b->request->member_epoch > 0 ? "Consumer group" : "Group", KW_FMT(b->request->group_id));
    if (group->type != GROUP_CLASSIC || b->request->member_epoch != EPOCH_JOIN)
        REFUSE(b, KW_ERROR_GROUP_ID_NOT_FOUND, "Group %.*s is not a consumer group.", KW_FMT(b->request->group_id));
    const struct group_kind *kind = group_kind_of(group->type);
    if (!kind->is_empty(b->m, group))
        REFUSE(b, KW_ERROR_GROUP_ID_NOT_FOUND,
               "Cannot upgrade classic group %.*s to consumer group because online upgrade is disabled.",
               KW_FMT(b->request->group_id));
    kind->remove(b->m, b->d, group);
    use_new_group(b);
    return true;
}

/* ---- the member ---- */

static bool check_size(struct beat *b)
{
    int32_t most = b->m->settings.consumer.max_size;
    if (b->g->member_count < (size_t)most || consumer_find(b->g, b->member_id) != NULL ||
        (b->request->instance_id.len >= 0 && consumer_find_static(b->g, b->request->instance_id) != NULL))
        return true;
    REFUSE(b, KW_ERROR_GROUP_MAX_SIZE_REACHED, "The consumer group has reached its maximum capacity of %d members.",
           most);
}

static bool name_member(struct beat *b)
{
    kw_uuid id;
    char text[23];
    b->member_id = b->request->member_id;
    if (b->member_id.len > 0)
        return true;
    if (!random_uuid(b->d->random, &id))
        REFUSE(b, KW_ERROR_UNKNOWN_SERVER_ERROR, "No random member id is available.");
    kw_uuid_format(id, text);
    b->member_id = arena_copy_string(b->arena, kw_string_of(text));
    return b->member_id.data != NULL || no_memory(b);
}

/* Its last answer may have been lost. */
static bool is_one_behind(const struct beat *b, const struct consumer_member *member)
{
    return b->request->member_epoch == member->previous_epoch && b->request->topic_partitions.len >= 0 &&
           partition_set_has_all(member->assigned, b->owned);
}

static bool check_epoch(struct beat *b, const struct consumer_member *member)
{
    int32_t epoch = b->request->member_epoch;
    if (epoch == EPOCH_JOIN || epoch == member->epoch || (epoch < member->epoch && is_one_behind(b, member)))
        return true;
    REFUSE(b, KW_ERROR_FENCED_MEMBER_EPOCH,
           "The consumer group member has a %s member epoch (%d) than the one known by the group coordinator (%d). The "
           "member must abandon all its partitions and rejoin.",
           epoch > member->epoch ? "greater" : "smaller", epoch, member->epoch);
}

static bool find_dynamic(struct beat *b)
{
    b->slot = consumer_find(b->g, b->member_id);
    if (b->slot == NULL && b->request->member_epoch != EPOCH_JOIN)
        return refuse_unknown_member(b);
    b->before = b->slot != NULL ? *b->slot->member : consumer_member_new(b->member_id);
    return check_epoch(b, &b->before);
}

/* It takes the place of one that has left. */
static bool replace_static(struct beat *b, struct consumer_slot *old)
{
    struct record_out *out = &b->d->records;
    if (!old->member->is_classic && old->member->epoch != EPOCH_LEAVE_STATIC)
        REFUSE(b, KW_ERROR_UNRELEASED_INSTANCE_ID,
               "Static member %.*s with instance id %.*s cannot join the group because the instance id is owned by "
               "%.*s member.",
               KW_FMT(b->member_id), KW_FMT(b->request->instance_id), KW_FMT(old->id));
    b->replaced = old;
    b->before = *old->member;
    b->before.id = b->member_id;
    b->before.epoch = b->before.previous_epoch = EPOCH_JOIN;
    consumer_records_remove_member(out, b->request->group_id, old->id);
    consumer_records_add_member(out, b->request->group_id, &b->before);
    consumer_records_add_target(out, b->request->group_id, b->member_id, consumer_target_of(old));
    consumer_records_add_assignment(out, b->request->group_id, &b->before);
    return true;
}

static bool find_static(struct beat *b)
{
    struct consumer_slot *slot = consumer_find_static(b->g, b->request->instance_id);
    if (b->request->member_epoch == EPOCH_JOIN) {
        if (slot != NULL)
            return replace_static(b, slot);
        b->slot = consumer_find(b->g, b->member_id);
        b->before = b->slot != NULL ? *b->slot->member : consumer_member_new(b->member_id);
        return true;
    }
    if (slot == NULL)
        return refuse_unknown_instance(b);
    if (!kw_string_equal(slot->id, b->member_id))
        return refuse_fenced_instance(b, slot);
    b->slot = slot;
    b->before = *slot->member;
    return check_epoch(b, &b->before);
}

/* More memory is only taken for what is new. */
static bool check_budget(struct beat *b)
{
    size_t size = sizeof(struct consumer_slot) + sizeof(struct consumer_member) + sizeof(struct consumer_group);
    if (b->slot != NULL || b->replaced != NULL)
        return true;
    if (!coordinator_budget_take(b->m->budget, size))
        REFUSE(b, KW_ERROR_COORDINATOR_NOT_AVAILABLE, "There is no memory for another member.");
    coordinator_budget_give(b->m->budget, size);
    return true;
}

/* ---- what it says ---- */

static bool read_names(struct beat *b)
{
    kw_string_array names = b->request->subscribed_topic_names;
    if (names.len < 0)
        return true;
    kw_string *copy = kw_arena_array(b->arena, (size_t)names.len + 1, sizeof *copy);
    if (copy == NULL)
        return no_memory(b);
    if (names.len > 0)
        memcpy(copy, names.items, (size_t)names.len * sizeof *copy);
    b->after.names = (kw_string_array){copy, sort_names(copy, names.len)};
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
    struct set_partition *items = kw_arena_array(b->arena, count, sizeof *items);
    if (items == NULL)
        return no_memory(b);
    count = 0;
    for (int32_t t = 0; t < topics->len; t++)
        for (int32_t p = 0; p < topics->items[t].partitions.len; p++)
            items[count++] = (struct set_partition){topics->items[t].topic_id, topics->items[t].partitions.items[p], 0};
    b->owned = partition_set_of(items, count);
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
    b->after = b->before;
    replace_text(&b->after.instance_id, r->instance_id);
    replace_text(&b->after.rack, r->rack_id);
    replace_text(&b->after.assignor, r->server_assignor);
    replace_text(&b->after.pattern, r->subscribed_topic_regex);
    if (r->rebalance_timeout_ms != -1)
        b->after.rebalance_timeout_ms = r->rebalance_timeout_ms;
    b->after.client_id = b->in->client_id.len >= 0 ? b->in->client_id : (kw_string){"", 0};
    b->after.client_host = b->in->client_host;
    b->after.is_classic = false;
    b->after.classic_protocol_count = 0;
    if (!read_names(b))
        return false;
    if (!consumer_member_says_same(&b->before, &b->after))
        consumer_records_add_member(&b->d->records, r->group_id, &b->after);
    return true;
}

/* ---- epochs ---- */

/* Of whom records say something that is counted; a replaced member is counted under its old id. */
static const struct consumer_member *counted_before(const struct beat *b)
{
    return b->slot != NULL ? b->slot->member : b->replaced != NULL ? b->replaced->member : NULL;
}

static bool has_changed_assignor(const struct beat *b)
{
    const struct consumer_settings *s = &b->m->settings.consumer;
    const struct consumer_member *before = counted_before(b);
    if (kw_string_equal(b->before.assignor, b->after.assignor))
        return false;
    return consumer_preferred_assignor(b->g, NULL, NULL, s->assignor_names, s->assignor_count) !=
           consumer_preferred_assignor(b->g, before, &b->after, s->assignor_names, s->assignor_count);
}

static bool look_at_metadata(struct beat *b, bool bump, const struct consumer_pattern *dropped)
{
    const struct pattern_result result = {dropped, NULL};
    const struct subscription_change change = {
        .without = counted_before(b), .with = &b->after, .results = &result, .result_count = dropped != NULL};
    int64_t hash;
    if (!consumer_topics_hash(b->d->image, b->g, &change, b->arena, &hash))
        return no_memory(b);
    if (!bump && hash == b->g->epochs.metadata_hash) {
        b->g->must_look = false;
        return true;
    }
    b->epoch++;
    if (b->g->epochs.has_old_metadata)
        group_records_remove_group(&b->d->records, KW_CONSUMER_GROUP_PARTITION_METADATA_KEY_TYPE, b->request->group_id);
    consumer_records_add_epoch(&b->d->records, b->request->group_id, b->epoch, hash);
    return true;
}

static bool bump_epoch(struct beat *b)
{
    struct pattern_change pattern = {false, false, false, NULL};
    bool names_changed = !same_names(b->before.names, b->after.names);
    struct refusal refusal = {KW_ERROR_NONE, {NULL, -1}};
    if (!consumer_change_pattern(b->d, b->g, counted_before(b), &b->after, &pattern, b->in->arena, &refusal))
        return refusal.error == KW_ERROR_NONE ? no_memory(b) : refuse(b, refusal.error, refusal.message);
    consumer_resolve_if_due(b->m, b->d, b->g, counted_before(b), &b->after, pattern.is_new);
    b->has_changed_subscription = names_changed || pattern.has_changed;
    b->epoch = b->g->epochs.epoch;
    bool bump = names_changed || pattern.is_known || has_changed_assignor(b);
    return (!bump && !b->g->must_look) || look_at_metadata(b, bump, pattern.dropped);
}

/* ---- target ---- */

static bool is_time_for_target(const struct beat *b)
{
    int32_t interval = consumer_assignment_interval(b->m, b->request->group_id);
    return b->g->epochs.target_time == 0 || interval == 0 || b->d->now >= b->g->epochs.target_time + interval;
}

/* That of records 7. One with an instance id has that of whoever has had it; nobody has had a new one. */
static struct partition_set last_target(const struct beat *b)
{
    const struct consumer_slot *slot = b->after.instance_id.len >= 0 ? consumer_find_static(b->g, b->after.instance_id)
                                                                     : consumer_find_slot(b->g, b->member_id);
    return slot != NULL ? consumer_target_of(slot) : (struct partition_set){NULL, 0};
}

/* More than a thread of the network should do: some milliseconds. */
static bool is_long(const struct beat *b)
{
    return b->g->member_count + b->g->owners.used > WORK_OF_A_REACTOR;
}

static bool find_target(struct beat *b)
{
    const struct consumer_settings *s = &b->m->settings.consumer;
    b->target_epoch = b->g->epochs.target_epoch;
    if (b->target_epoch >= b->epoch || !is_time_for_target(b)) {
        b->target = last_target(b);
        return true;
    }
    if (is_long(b) && !b->d->is_on_worker) {
        b->d->needs_worker = true;
        return false;
    }
    size_t preferred =
        consumer_preferred_assignor(b->g, counted_before(b), &b->after, s->assignor_names, s->assignor_count);
    struct target_request request = {
        .image = b->d->image,
        .group = b->g,
        .updated = &b->after,
        .replaced = b->replaced,
        .assign = s->assignors[preferred],
        .epoch = b->epoch,
        .now = b->d->now,
    };
    b->target_epoch = b->epoch;
    return consumer_target_compute(&request, &b->d->records, &b->target) || no_memory(b);
}

/* ---- reconcile ---- */

static bool list_topic_ids(struct beat *b, struct reconcile_input *in)
{
    struct topic_list list = {NULL, 0, NULL};
    if (!consumer_topics_of(b->d->image, b->g, &b->after, b->arena, &list))
        return no_memory(b);
    kw_uuid *ids = kw_arena_array(b->arena, list.count + 1, sizeof *ids);
    if (ids == NULL)
        return no_memory(b);
    for (size_t i = 0; i < list.count; i++)
        ids[i] = list.items[i]->id;
    in->topics = ids;
    in->topic_count = list.count;
    return true;
}

static void take_over(struct consumer_member *member, const struct reconciled *r)
{
    member->epoch = r->epoch;
    member->previous_epoch = r->previous_epoch;
    member->state = r->state;
    member->assigned = r->assigned;
    member->revoking = r->revoking;
}

static bool reconcile(struct beat *b)
{
    struct reconciled next;
    struct reconcile_input in = {
        .member = &b->after,
        .target_epoch = b->target_epoch,
        .target = b->target,
        .has_changed_subscription = b->has_changed_subscription,
        .says_owned = b->request->topic_partitions.len >= 0,
        .owned = b->owned,
        .owners = &b->g->owners,
    };
    if (!b->has_changed_subscription && b->after.state == MEMBER_STABLE && b->after.epoch == b->target_epoch)
        return true;
    if (!list_topic_ids(b, &in))
        return false;
    int16_t error = consumer_reconcile(&in, b->arena, &next);
    if (error == COORDINATOR_NO_MEMORY)
        return no_memory(b);
    if (error != KW_ERROR_NONE)
        REFUSE(b, error,
               "The consumer group member is in a unknown state. The member must abandon all its partitions "
               "and rejoin.");
    const struct consumer_member before = b->after;
    take_over(&b->after, &next);
    if (!consumer_member_has_same(&before, &b->after))
        consumer_records_add_assignment(&b->d->records, b->request->group_id, &b->after);
    return true;
}

/* ---- the answer ---- */

static bool list_assignment(struct beat *b)
{
    struct partition_set set = b->after.assigned;
    kw_arena *arena = b->in->arena;
    size_t count = partition_set_topics(set), t = 0;
    kw_consumer_group_heartbeat_response_assignment *out = kw_arena_alloc(arena, sizeof *out);
    kw_consumer_group_heartbeat_response_topic_partitions *topics = kw_arena_array(arena, count + 1, sizeof *topics);
    int32_t *indexes = kw_arena_array(arena, set.count + 1, sizeof *indexes);
    if (out == NULL || topics == NULL || indexes == NULL)
        return no_memory(b);
    kw_consumer_group_heartbeat_response_assignment_init(out);
    for (size_t i = 0, end; i < set.count; i = end, t++) {
        end = partition_set_topic_end(set, i);
        kw_consumer_group_heartbeat_response_topic_partitions_init(&topics[t]);
        topics[t].topic_id = set.items[i].topic;
        topics[t].partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
        for (size_t p = i; p < end; p++)
            indexes[p] = set.items[p].index;
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
    b->response->member_id = arena_copy_string(b->in->arena, b->member_id);
    b->response->member_epoch = b->after.epoch;
    b->response->heartbeat_interval_ms = consumer_heartbeat_interval(b->m, b->request->group_id);
    if (b->response->member_id.data == NULL)
        return no_memory(b);
    if (b->request->member_epoch == EPOCH_JOIN || is_full_request(b->request) ||
        !partition_set_same(b->before.assigned, b->after.assigned))
        return list_assignment(b);
    return true;
}

/* ---- leaving ---- */

static bool leave_for_now(struct beat *b, const struct consumer_slot *slot)
{
    struct consumer_member leaving = *slot->member;
    size_t count = leaving.assigned.count;
    struct set_partition *items = kw_arena_array(b->arena, count + 1, sizeof *items);
    if (items == NULL)
        return no_memory(b);
    for (size_t i = 0; i < count; i++) {
        items[i] = leaving.assigned.items[i];
        items[i].epoch = 0;
    }
    leaving.epoch = EPOCH_LEAVE_STATIC;
    leaving.assigned = (struct partition_set){items, count};
    leaving.revoking.count = 0;
    consumer_records_add_assignment(&b->d->records, b->request->group_id, &leaving);
    return true;
}

static bool leave(struct beat *b)
{
    bool is_static = b->request->instance_id.len >= 0;
    struct consumer_slot *slot =
        is_static ? consumer_find_static(b->g, b->request->instance_id) : consumer_find(b->g, b->member_id);
    if (slot == NULL)
        return is_static ? refuse_unknown_instance(b) : refuse_unknown_member(b);
    if (!kw_string_equal(slot->id, b->member_id))
        return refuse_fenced_instance(b, slot);
    if (is_static && b->request->member_epoch == EPOCH_LEAVE_STATIC) {
        if (!leave_for_now(b, slot))
            return false;
    } else {
        consumer_fence(b->d, slot);
    }
    b->response->member_epoch = b->request->member_epoch;
    b->response->member_id = arena_copy_string(b->in->arena, b->member_id);
    return b->response->member_id.data != NULL || no_memory(b);
}

/* ---- all of it ---- */

static bool stay(struct beat *b)
{
    if (!check_size(b) || !name_member(b) || !(b->request->instance_id.len >= 0 ? find_static(b) : find_dynamic(b)) ||
        !check_budget(b) || !update_member(b) || !bump_epoch(b) || !find_target(b) || !reconcile(b))
        return false;
    if (b->slot != NULL)
        b->slot->deadline = b->d->clock + consumer_session_timeout(b->m, b->slot);
    return answer(b);
}

void consumer_heartbeat(struct group_machine *m, struct coordinator_decision *d, const struct consumer_heartbeat *in,
                        kw_consumer_group_heartbeat_response *response)
{
    struct beat b = {
        .m = m,
        .d = d,
        .in = in,
        .request = in->request,
        .response = response,
        .arena = d->records.arena,
        .member_id = in->request->member_id,
    };
    if (!find_group(&b) || !read_owned(&b))
        return;
    if (b.request->member_epoch == EPOCH_LEAVE || b.request->member_epoch == EPOCH_LEAVE_STATIC)
        (void)leave(&b);
    else
        (void)stay(&b);
}
