/* SPDX-License-Identifier: Apache-2.0 */
/* What a consumer group has in common with other groups. */
#include <kwire/error.h>

#include "consumer_change.h"
#include "consumer_records.h"
#include "consumer_timers.h"

static void loaded(struct group_machine *m, struct group *group)
{
    const struct consumer_group *g = group->state.consumer;
    for (struct consumer_slot *slot = consumer_first(g); slot != NULL; slot = consumer_next(slot))
        consumer_start_timers(m, slot);
}

/* ---- offsets ---- */

static bool may_commit(const struct consumer_member *member, kw_uuid topic, int32_t index, int32_t epoch)
{
    const struct set_partition *p = partition_set_find(member->assigned, topic, index);
    if (p == NULL)
        p = partition_set_find(member->revoking, topic, index);
    return p != NULL && epoch >= p->epoch;
}

/* A member whose epoch has grown meanwhile may commit what it has had since before. */
static bool may_commit_all(const struct consumer_member *member, const struct offset_commit_check *check)
{
    for (int32_t t = 0; t < check->topic_count; t++) {
        const kw_offset_commit_request_topic *topic = &check->topics[t];
        for (int32_t p = 0; p < topic->partitions.len; p++)
            if (!may_commit(member, topic->topic_id, topic->partitions.items[p].partition_index, check->generation))
                return false;
    }
    return true;
}

static int16_t stale(const struct consumer_member *member)
{
    return member->is_classic ? KW_ERROR_ILLEGAL_GENERATION : KW_ERROR_STALE_MEMBER_EPOCH;
}

static int16_t check_commit(struct group_machine *m, struct coordinator_decision *d, struct group *group,
                            const struct offset_commit_check *check)
{
    const struct consumer_group *g = group->state.consumer;
    (void)m;
    (void)d;
    if (check->generation < 0 && g->member_count == 0)
        return KW_ERROR_NONE;
    if (check->is_transactional && check->generation == -1 && check->member_id.len <= 0 && check->instance_id.len < 0)
        return KW_ERROR_NONE;
    const struct consumer_slot *slot = consumer_find(g, check->member_id);
    if (slot == NULL)
        return KW_ERROR_UNKNOWN_MEMBER_ID;
    if (!check->is_transactional && !slot->member->is_classic && check->version < 9)
        return KW_ERROR_UNSUPPORTED_VERSION;
    if (check->generation == slot->member->epoch)
        return KW_ERROR_NONE;
    if (check->generation < slot->member->epoch && may_commit_all(slot->member, check))
        return KW_ERROR_NONE;
    return stale(slot->member);
}

static int16_t check_fetch(struct group_machine *m, const struct group *group, kw_string member_id, int32_t epoch)
{
    const struct consumer_group *g = group->state.consumer;
    (void)m;
    if (member_id.len < 0 && epoch < 0)
        return KW_ERROR_NONE;
    const struct consumer_slot *slot = consumer_find(g, member_id);
    if (slot == NULL)
        return KW_ERROR_UNKNOWN_MEMBER_ID;
    return epoch == slot->member->epoch ? KW_ERROR_NONE : stale(slot->member);
}

static int16_t check_offset_delete(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return KW_ERROR_NONE;
}

static bool is_subscribed(struct group_machine *m, const struct group *group, kw_string topic)
{
    const struct name_count *count = name_counts_find(&group->state.consumer->topics, topic);
    (void)m;
    return count != NULL && name_count_is_used(count);
}

static struct offset_age offset_age(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return (struct offset_age){.never = false, .since = -1};
}

/* ---- the group ---- */

static bool is_empty(struct group_machine *m, const struct group *group)
{
    (void)m;
    return group->state.consumer->member_count == 0;
}

static int16_t check_delete(struct group_machine *m, const struct group *group)
{
    return is_empty(m, group) ? KW_ERROR_NONE : KW_ERROR_NON_EMPTY_GROUP;
}

static void remove_group(struct group_machine *m, struct coordinator_decision *d, struct group *group)
{
    (void)m;
    consumer_records_remove_group(&d->records, group->state.consumer, NULL, (kw_string){NULL, -1});
}

static kw_string state_name(struct group_machine *m, const struct group *group)
{
    (void)m;
    return kw_string_of(consumer_state_name(group->state.consumer));
}

static kw_string protocol_type(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return kw_string_of("consumer");
}

const struct group_kind consumer_kind = {
    .name = "consumer",
    .destroy = consumer_destroy,
    .loaded = loaded,
    .check_commit = check_commit,
    .check_fetch = check_fetch,
    .check_offset_delete = check_offset_delete,
    .check_delete = check_delete,
    .is_subscribed = is_subscribed,
    .offset_age = offset_age,
    .is_empty = is_empty,
    .remove = remove_group,
    .state_name = state_name,
    .protocol_type = protocol_type,
};
