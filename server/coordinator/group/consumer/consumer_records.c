/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_records.h"

#include <kwire/messages/consumer_group_current_member_assignment_key.h>
#include <kwire/messages/consumer_group_current_member_assignment_value.h>
#include <kwire/messages/consumer_group_member_metadata_key.h>
#include <kwire/messages/consumer_group_member_metadata_value.h>
#include <kwire/messages/consumer_group_metadata_key.h>
#include <kwire/messages/consumer_group_metadata_value.h>
#include <kwire/messages/consumer_group_partition_metadata_key.h>
#include <kwire/messages/consumer_group_regular_expression_key.h>
#include <kwire/messages/consumer_group_regular_expression_value.h>
#include <kwire/messages/consumer_group_target_assignment_member_key.h>
#include <kwire/messages/consumer_group_target_assignment_member_value.h>
#include <kwire/messages/consumer_group_target_assignment_metadata_key.h>
#include <kwire/messages/consumer_group_target_assignment_metadata_value.h>

void consumer_records_add_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t metadata_hash)
{
    kw_consumer_group_metadata_key key;
    kw_consumer_group_metadata_value value;
    kw_consumer_group_metadata_key_init(&key);
    kw_consumer_group_metadata_value_init(&value);
    key.group_id = group;
    value.epoch = epoch;
    value.metadata_hash = metadata_hash;
    group_records_add(out, KW_CONSUMER_GROUP_METADATA_KEY_TYPE, &key, &value);
}

void consumer_records_add_target_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t time)
{
    kw_consumer_group_target_assignment_metadata_key key;
    kw_consumer_group_target_assignment_metadata_value value;
    kw_consumer_group_target_assignment_metadata_key_init(&key);
    kw_consumer_group_target_assignment_metadata_value_init(&value);
    key.group_id = group;
    value.assignment_epoch = epoch;
    value.assignment_timestamp = time;
    group_records_add(out, KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE, &key, &value);
}

/* ---- members ---- */

/* NULL: the arena is full. */
static kw_consumer_group_member_metadata_value_classic_member_metadata *
classic_metadata(kw_arena *arena, const struct consumer_member *member)
{
    kw_consumer_group_member_metadata_value_classic_member_metadata *out = kw_arena_alloc(arena, sizeof *out);
    kw_consumer_group_member_metadata_value_classic_protocol *protocols =
        kw_arena_array(arena, member->classic_protocol_count + 1, sizeof *protocols);
    if (out == NULL || protocols == NULL)
        return NULL;
    kw_consumer_group_member_metadata_value_classic_member_metadata_init(out);
    out->session_timeout_ms = member->classic_session_timeout_ms;
    for (size_t i = 0; i < member->classic_protocol_count; i++) {
        kw_consumer_group_member_metadata_value_classic_protocol_init(&protocols[i]);
        protocols[i].name = member->classic_protocols[i].name;
        protocols[i].metadata = member->classic_protocols[i].metadata;
    }
    out->supported_protocols.items = protocols;
    out->supported_protocols.len = (int32_t)member->classic_protocol_count;
    return out;
}

void consumer_records_add_member(struct record_out *out, kw_string group, const struct consumer_member *member)
{
    kw_consumer_group_member_metadata_key key;
    kw_consumer_group_member_metadata_value value;
    kw_consumer_group_member_metadata_key_init(&key);
    kw_consumer_group_member_metadata_value_init(&value);
    key.group_id = group;
    key.member_id = member->id;
    value.instance_id = member->instance_id;
    value.rack_id = member->rack;
    value.client_id = member->client_id;
    value.client_host = member->client_host;
    value.subscribed_topic_names = member->names;
    value.subscribed_topic_regex = member->pattern;
    value.rebalance_timeout_ms = member->rebalance_timeout_ms;
    value.server_assignor = member->assignor;
    /* Kafka takes a record without this field for one of a member with the classic protocol. */
    value.classic_member_metadata = member->is_classic ? classic_metadata(out->arena, member) : NULL;
    if (member->is_classic && value.classic_member_metadata == NULL)
        record_out_fail(out, kw_arena_status(out->arena));
    group_records_add(out, KW_CONSUMER_GROUP_MEMBER_METADATA_KEY_TYPE, &key, &value);
}

/* ---- assignments ---- */

void consumer_records_add_target(struct record_out *out, kw_string group, kw_string member, struct partition_set set)
{
    kw_consumer_group_target_assignment_member_key key;
    kw_consumer_group_target_assignment_member_value value;
    size_t topics = partition_set_topics(set), t = 0;
    kw_consumer_group_target_assignment_member_key_init(&key);
    kw_consumer_group_target_assignment_member_value_init(&value);
    key.group_id = group;
    key.member_id = member;
    value.topic_partitions.items = kw_arena_array(out->arena, topics + 1, sizeof *value.topic_partitions.items);
    int32_t *indexes = partition_set_indexes(set, out->arena);
    bool is_done = value.topic_partitions.items != NULL && indexes != NULL;
    for (size_t i = 0, end; is_done && i < set.count; i = end, t++) {
        kw_consumer_group_target_assignment_member_value_topic_partition *topic = &value.topic_partitions.items[t];
        end = partition_set_topic_end(set, i);
        kw_consumer_group_target_assignment_member_value_topic_partition_init(topic);
        topic->topic_id = set.items[i].topic;
        topic->partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
    }
    value.topic_partitions.len = (int32_t)t;
    if (!is_done)
        record_out_fail(out, kw_arena_status(out->arena));
    group_records_add(out, KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE, &key, &value);
}

static int32_t *list_epochs(struct partition_set set, kw_arena *arena)
{
    int32_t *epochs = kw_arena_array(arena, set.count + 1, sizeof *epochs);
    for (size_t i = 0; i < set.count && epochs != NULL; i++)
        epochs[i] = set.items[i].epoch;
    return epochs;
}

static bool list_topics(kw_arena *arena, struct partition_set set,
                        kw_consumer_group_current_member_assignment_value_topic_partitions_array *out)
{
    size_t topics = partition_set_topics(set), t = 0;
    int32_t *indexes = partition_set_indexes(set, arena), *epochs = list_epochs(set, arena);
    out->items = kw_arena_array(arena, topics + 1, sizeof *out->items);
    out->len = (int32_t)topics;
    if (indexes == NULL || epochs == NULL || out->items == NULL)
        return false;
    for (size_t i = 0, end; i < set.count; i = end, t++) {
        kw_consumer_group_current_member_assignment_value_topic_partitions *topic = &out->items[t];
        end = partition_set_topic_end(set, i);
        kw_consumer_group_current_member_assignment_value_topic_partitions_init(topic);
        topic->topic_id = set.items[i].topic;
        topic->partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
        topic->assignment_epochs = (kw_int32_array){epochs + i, (int32_t)(end - i)};
    }
    return true;
}

void consumer_records_add_assignment(struct record_out *out, kw_string group, const struct consumer_member *member)
{
    kw_consumer_group_current_member_assignment_key key;
    kw_consumer_group_current_member_assignment_value value;
    kw_consumer_group_current_member_assignment_key_init(&key);
    kw_consumer_group_current_member_assignment_value_init(&value);
    key.group_id = group;
    key.member_id = member->id;
    value.member_epoch = member->epoch;
    value.previous_member_epoch = member->previous_epoch;
    value.state = (int8_t)member->state;
    if (!list_topics(out->arena, member->assigned, &value.assigned_partitions) ||
        !list_topics(out->arena, member->revoking, &value.partitions_pending_revocation))
        record_out_fail(out, kw_arena_status(out->arena));
    group_records_add(out, KW_CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE, &key, &value);
}

/* ---- patterns ---- */

void consumer_records_add_pattern(struct record_out *out, kw_string group, kw_string pattern,
                                  const struct resolved_topics *resolved)
{
    kw_consumer_group_regular_expression_key key;
    kw_consumer_group_regular_expression_value value;
    kw_consumer_group_regular_expression_key_init(&key);
    kw_consumer_group_regular_expression_value_init(&value);
    key.group_id = group;
    key.regular_expression = pattern;
    value.topics = resolved->names;
    value.version = resolved->version;
    value.timestamp = resolved->time;
    group_records_add(out, KW_CONSUMER_GROUP_REGULAR_EXPRESSION_KEY_TYPE, &key, &value);
}

void consumer_records_remove_pattern(struct record_out *out, kw_string group, kw_string pattern)
{
    group_records_remove_member(out, KW_CONSUMER_GROUP_REGULAR_EXPRESSION_KEY_TYPE, group, pattern);
}

/* ---- removing ---- */

void consumer_records_remove_member(struct record_out *out, kw_string group, kw_string member)
{
    group_records_remove_member(out, KW_CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE, group, member);
    group_records_remove_member(out, KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE, group, member);
    group_records_remove_member(out, KW_CONSUMER_GROUP_MEMBER_METADATA_KEY_TYPE, group, member);
}

/* A group whose members get tombstones. */
struct removing {
    struct record_out *out;
    const struct consumer_group *group;
    const struct consumer_slot *replaced;
    kw_string by;
};

static void remove_all(const struct removing *r, int16_t type)
{
    for (const struct consumer_slot *slot = r->group->first; slot != NULL; slot = slot->next)
        if (slot->member != NULL || slot->target != NULL)
            group_records_remove_member(r->out, type, r->group->id, slot == r->replaced ? r->by : slot->id);
}

void consumer_records_remove_group(struct record_out *out, const struct consumer_group *group,
                                   const struct consumer_slot *replaced, kw_string by)
{
    const struct removing r = {out, group, replaced, by};
    kw_string id = group->id;
    remove_all(&r, KW_CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE);
    remove_all(&r, KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE);
    group_records_remove_group(out, KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE, id);
    remove_all(&r, KW_CONSUMER_GROUP_MEMBER_METADATA_KEY_TYPE);
    for (const struct hash_link *link = NULL; (link = hash_chains_after(&group->patterns, link)) != NULL;)
        if (consumer_pattern_at(link)->resolved != NULL)
            consumer_records_remove_pattern(out, id, consumer_pattern_at(link)->text);
    group_records_remove_group(out, KW_CONSUMER_GROUP_PARTITION_METADATA_KEY_TYPE, id);
    group_records_remove_group(out, KW_CONSUMER_GROUP_METADATA_KEY_TYPE, id);
}
