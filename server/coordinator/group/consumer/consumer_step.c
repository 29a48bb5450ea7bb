/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_step.h"

#include <kwire/error.h>
#include <kwire/messages/consumer_group_partition_metadata_key.h>

#include "../../../base/growth.h"
#include "consumer_reconcile.h"
#include "consumer_records.h"
#include "consumer_regex.h"
#include "consumer_resolve.h"
#include "consumer_target.h"
#include "consumer_topics.h"

enum { WORK_OF_A_REACTOR = 2000 /* members and partitions, at 2 us each for those whose target changes */ };

bool consumer_step_fail(struct consumer_step *s)
{
    kw_arena *arena = s->d->records.arena;
    record_out_fail(&s->d->records, arena->status != KW_OK ? arena->status : KW_ERR_NO_MEMORY);
    return false;
}

/* ---- the member ---- */

bool consumer_step_check_size(struct consumer_step *s)
{
    int32_t most = s->m->settings.consumer.max_size;
    if (s->g->member_count < (size_t)most || consumer_find(s->g, s->member_id) != NULL ||
        (s->instance_id.len >= 0 && consumer_find_static(s->g, s->instance_id) != NULL))
        return true;
    return consumer_step_refuse(s, KW_ERROR_GROUP_MAX_SIZE_REACHED,
                                "The consumer group has reached its maximum capacity of %d members.", most);
}

bool consumer_step_name(struct consumer_step *s)
{
    kw_uuid id;
    char text[23];
    if (s->member_id.len > 0)
        return true;
    if (!random_uuid(s->d->random, &id))
        return consumer_step_refuse(s, KW_ERROR_UNKNOWN_SERVER_ERROR, "No random member id is available.");
    kw_uuid_format(id, text);
    s->member_id = arena_copy_string(s->answers, kw_string_of(text));
    return s->member_id.data != NULL || consumer_step_fail(s);
}

bool consumer_step_find(struct consumer_step *s)
{
    s->slot = consumer_find(s->g, s->member_id);
    s->before = s->slot != NULL ? *s->slot->member : consumer_member_new(s->member_id);
    return true;
}

static void take_place(struct consumer_step *s, struct consumer_slot *old)
{
    struct record_out *out = &s->d->records;
    s->replaced = old;
    s->before = *old->member;
    s->before.id = s->member_id;
    s->before.epoch = s->before.previous_epoch = EPOCH_JOIN;
    consumer_records_remove_member(out, s->group_id, old->id);
    consumer_records_add_member(out, s->group_id, &s->before);
    consumer_records_add_target(out, s->group_id, s->member_id, consumer_target_of(old));
    consumer_records_add_assignment(out, s->group_id, &s->before);
}

bool consumer_step_find_static(struct consumer_step *s, bool uses_classic)
{
    struct consumer_slot *old = consumer_find_static(s->g, s->instance_id);
    if (old == NULL)
        return consumer_step_find(s);
    if (!uses_classic && !old->member->is_classic && old->member->epoch != EPOCH_LEAVE_STATIC)
        return consumer_step_refuse(
            s, KW_ERROR_UNRELEASED_INSTANCE_ID,
            "Static member %.*s with instance id %.*s cannot join the group because the instance id is owned by "
            "%.*s member.",
            KW_FMT(s->member_id), KW_FMT(s->instance_id), KW_FMT(old->id));
    take_place(s, old);
    return true;
}

bool consumer_step_check_budget(struct consumer_step *s)
{
    size_t size = sizeof(struct consumer_slot) + sizeof(struct consumer_member) + sizeof(struct consumer_group);
    if (s->slot != NULL || s->replaced != NULL)
        return true;
    if (!coordinator_budget_take(s->m->budget, size))
        return consumer_step_refuse(s, KW_ERROR_COORDINATOR_NOT_AVAILABLE, "There is no memory for another member.");
    coordinator_budget_give(s->m->budget, size);
    return true;
}

/* ---- epochs ---- */

/* Of whom records say something that is counted; a replaced member is counted under its old id. */
static const struct consumer_member *counted_before(const struct consumer_step *s)
{
    return s->slot != NULL ? s->slot->member : s->replaced != NULL ? s->replaced->member : NULL;
}

static bool has_changed_assignor(const struct consumer_step *s)
{
    const struct consumer_settings *known = &s->m->settings.consumer;
    const struct consumer_member *before = counted_before(s);
    if (kw_string_equal(s->before.assignor, s->after.assignor))
        return false;
    return consumer_preferred_assignor(s->g, NULL, NULL, known->assignor_names, known->assignor_count) !=
           consumer_preferred_assignor(s->g, before, &s->after, known->assignor_names, known->assignor_count);
}

static bool look_at_metadata(struct consumer_step *s, bool bump, const struct consumer_pattern *dropped)
{
    const struct pattern_result result = {dropped, NULL};
    const struct subscription_change change = {
        .without = counted_before(s), .with = &s->after, .results = &result, .result_count = dropped != NULL};
    int64_t hash;
    if (!consumer_topics_hash(s->d, s->g, &change, s->d->records.arena, &hash))
        return consumer_step_fail(s);
    if (!bump && hash == s->g->epochs.metadata_hash) {
        s->g->must_look = false;
        return true;
    }
    s->epoch++;
    if (s->g->epochs.has_old_metadata)
        group_records_remove_group(&s->d->records, KW_CONSUMER_GROUP_PARTITION_METADATA_KEY_TYPE, s->group_id);
    consumer_records_add_epoch(&s->d->records, s->group_id, s->epoch, hash);
    return true;
}

bool consumer_step_say(struct consumer_step *s)
{
    if (!consumer_member_says_same(&s->before, &s->after))
        consumer_records_add_member(&s->d->records, s->group_id, &s->after);
    struct pattern_change pattern = {false, false, false, NULL};
    bool names_changed = !same_names(s->before.names, s->after.names);
    if (!consumer_change_pattern(s->d, s->g, counted_before(s), &s->after, &pattern, s->answers, &s->refusal)) {
        s->d->records.count = 0;
        return s->refusal.error == KW_ERROR_NONE && consumer_step_fail(s);
    }
    consumer_resolve_if_due(s->m, s->d, s->g, counted_before(s), &s->after, pattern.is_new);
    s->has_changed_subscription = names_changed || pattern.has_changed;
    s->epoch = s->g->epochs.epoch;
    bool bump = names_changed || pattern.is_known || has_changed_assignor(s);
    return (!bump && !s->g->must_look) || look_at_metadata(s, bump, pattern.dropped);
}

/* ---- target ---- */

static bool is_time_for_target(const struct consumer_step *s)
{
    int32_t interval = consumer_assignment_interval(s->m, s->group_id);
    return s->g->epochs.target_time == 0 || interval == 0 || s->d->now >= s->g->epochs.target_time + interval;
}

/* That of records 7. One with an instance id has that of whoever has had it; nobody has had a new one. */
static struct partition_set last_target(const struct consumer_step *s)
{
    const struct consumer_slot *slot = s->after.instance_id.len >= 0 ? consumer_find_static(s->g, s->after.instance_id)
                                                                     : consumer_find_slot(s->g, s->member_id);
    return slot != NULL ? consumer_target_of(slot) : (struct partition_set){NULL, 0};
}

/* More than a thread of the network should do: some milliseconds. */
static bool is_long(const struct consumer_step *s)
{
    return s->g->member_count + s->g->owners.used > WORK_OF_A_REACTOR;
}

bool consumer_step_find_target(struct consumer_step *s)
{
    const struct consumer_settings *known = &s->m->settings.consumer;
    s->target_epoch = s->g->epochs.target_epoch;
    if (s->target_epoch >= s->epoch || !is_time_for_target(s)) {
        s->target = last_target(s);
        return true;
    }
    if (is_long(s) && !s->d->is_on_worker) {
        s->d->needs_worker = true;
        return false;
    }
    size_t preferred =
        consumer_preferred_assignor(s->g, counted_before(s), &s->after, known->assignor_names, known->assignor_count);
    struct target_request request = {
        .image = s->d->image,
        .group = s->g,
        .updated = &s->after,
        .replaced = s->replaced,
        .assign = known->assignors[preferred],
        .epoch = s->epoch,
        .now = s->d->now,
    };
    s->target_epoch = s->epoch;
    return consumer_target_compute(&request, &s->d->records, &s->target) || consumer_step_fail(s);
}

/* ---- reconcile ---- */

static bool list_topic_ids(struct consumer_step *s, struct reconcile_input *in)
{
    struct topic_list list = {NULL, 0, NULL};
    if (!consumer_topics_of(s->d->image, s->g, &s->after, s->d->records.arena, &list))
        return consumer_step_fail(s);
    kw_uuid *ids = kw_arena_array(s->d->records.arena, list.count + 1, sizeof *ids);
    if (ids == NULL)
        return consumer_step_fail(s);
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

bool consumer_step_reconcile(struct consumer_step *s)
{
    struct reconciled next;
    struct reconcile_input in = {
        .member = &s->after,
        .target_epoch = s->target_epoch,
        .target = s->target,
        .has_changed_subscription = s->has_changed_subscription,
        .says_owned = s->says_owned,
        .owned = s->owned,
        .owners = &s->g->owners,
    };
    if (!s->has_changed_subscription && s->after.state == MEMBER_STABLE && s->after.epoch == s->target_epoch)
        return true;
    if (!list_topic_ids(s, &in))
        return false;
    int16_t error = consumer_reconcile(&in, s->d->records.arena, &next);
    if (error == COORDINATOR_NO_MEMORY)
        return consumer_step_fail(s);
    if (error != KW_ERROR_NONE)
        return consumer_step_refuse(s, error,
                                    "The consumer group member is in a unknown state. The member must abandon all its "
                                    "partitions and rejoin.");
    const struct consumer_member before = s->after;
    take_over(&s->after, &next);
    if (!consumer_member_has_same(&before, &s->after))
        consumer_records_add_assignment(&s->d->records, s->group_id, &s->after);
    return true;
}
