/* SPDX-License-Identifier: Apache-2.0 */
#include "share_group_records.h"

#include <kwire/messages/share_group_current_member_assignment_key.h>
#include <kwire/messages/share_group_current_member_assignment_value.h>
#include <kwire/messages/share_group_member_metadata_key.h>
#include <kwire/messages/share_group_member_metadata_value.h>
#include <kwire/messages/share_group_metadata_key.h>
#include <kwire/messages/share_group_metadata_value.h>
#include <kwire/messages/share_group_state_partition_metadata_key.h>
#include <kwire/messages/share_group_state_partition_metadata_value.h>
#include <kwire/messages/share_group_target_assignment_member_key.h>
#include <kwire/messages/share_group_target_assignment_member_value.h>
#include <kwire/messages/share_group_target_assignment_metadata_key.h>
#include <kwire/messages/share_group_target_assignment_metadata_value.h>

typedef kw_share_group_state_partition_metadata_value_topic_partitions_info topic_info;
typedef kw_share_group_state_partition_metadata_value_topic_partitions_info_array topic_info_array;

/* ---- the group ---- */

void share_records_add_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t metadata_hash)
{
    kw_share_group_metadata_key key;
    kw_share_group_metadata_value value;
    kw_share_group_metadata_key_init(&key);
    kw_share_group_metadata_value_init(&value);
    key.group_id = group;
    value.epoch = epoch;
    value.metadata_hash = metadata_hash;
    group_records_add(out, KW_SHARE_GROUP_METADATA_KEY_TYPE, &key, &value);
}

void share_records_add_target_epoch(struct record_out *out, kw_string group, int32_t epoch, int64_t time)
{
    kw_share_group_target_assignment_metadata_key key;
    kw_share_group_target_assignment_metadata_value value;
    kw_share_group_target_assignment_metadata_key_init(&key);
    kw_share_group_target_assignment_metadata_value_init(&value);
    key.group_id = group;
    value.assignment_epoch = epoch;
    value.assignment_timestamp = time;
    group_records_add(out, KW_SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE, &key, &value);
}

/* ---- members ---- */

void share_records_add_member(struct record_out *out, kw_string group, kw_string id, const struct share_member *member)
{
    kw_share_group_member_metadata_key key;
    kw_share_group_member_metadata_value value;
    kw_share_group_member_metadata_key_init(&key);
    kw_share_group_member_metadata_value_init(&value);
    key.group_id = group;
    key.member_id = id;
    value.rack_id = member->rack;
    value.client_id = member->client_id;
    value.client_host = member->client_host;
    value.subscribed_topic_names = member->names;
    group_records_add(out, KW_SHARE_GROUP_MEMBER_METADATA_KEY_TYPE, &key, &value);
}

void share_records_add_target(struct record_out *out, kw_string group, kw_string id, struct partition_set set)
{
    kw_share_group_target_assignment_member_key key;
    kw_share_group_target_assignment_member_value value;
    size_t topics = partition_set_topics(set), t = 0;
    kw_share_group_target_assignment_member_key_init(&key);
    kw_share_group_target_assignment_member_value_init(&value);
    key.group_id = group;
    key.member_id = id;
    value.topic_partitions.items = kw_arena_array(out->arena, topics + 1, sizeof *value.topic_partitions.items);
    int32_t *indexes = partition_set_indexes(set, out->arena);
    bool fine = value.topic_partitions.items != NULL && indexes != NULL;
    for (size_t i = 0, end; i < set.count && fine; i = end, t++) {
        kw_share_group_target_assignment_member_value_topic_partition *topic = &value.topic_partitions.items[t];
        end = partition_set_topic_end(set, i);
        kw_share_group_target_assignment_member_value_topic_partition_init(topic);
        topic->topic_id = set.items[i].topic;
        topic->partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
    }
    value.topic_partitions.len = (int32_t)t;
    if (fine)
        group_records_add(out, KW_SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE, &key, &value);
    else
        record_out_fail(out, kw_arena_status(out->arena));
}

void share_records_add_assignment(struct record_out *out, kw_string group, kw_string id,
                                  const struct share_assignment *assignment)
{
    kw_share_group_current_member_assignment_key key;
    kw_share_group_current_member_assignment_value value;
    struct partition_set set = assignment->set;
    size_t topics = partition_set_topics(set), t = 0;
    kw_share_group_current_member_assignment_key_init(&key);
    kw_share_group_current_member_assignment_value_init(&value);
    key.group_id = group;
    key.member_id = id;
    value.member_epoch = assignment->epoch;
    value.previous_member_epoch = assignment->previous_epoch;
    value.state = assignment->state;
    value.assigned_partitions.items = kw_arena_array(out->arena, topics + 1, sizeof *value.assigned_partitions.items);
    int32_t *indexes = partition_set_indexes(set, out->arena);
    bool fine = value.assigned_partitions.items != NULL && indexes != NULL;
    for (size_t i = 0, end; i < set.count && fine; i = end, t++) {
        kw_share_group_current_member_assignment_value_topic_partitions *topic = &value.assigned_partitions.items[t];
        end = partition_set_topic_end(set, i);
        kw_share_group_current_member_assignment_value_topic_partitions_init(topic);
        topic->topic_id = set.items[i].topic;
        topic->partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
    }
    value.assigned_partitions.len = (int32_t)t;
    if (fine)
        group_records_add(out, KW_SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE, &key, &value);
    else
        record_out_fail(out, kw_arena_status(out->arena));
}

/* ---- topics ---- */

static kw_string name_of(const struct metadata_image *image, kw_uuid id)
{
    const struct metadata_topic *topic = metadata_topic_by_id(image, id);
    return topic != NULL ? topic->name : kw_string_of("<UNKNOWN>");
}

static bool list_topics(kw_arena *arena, const struct metadata_image *image, struct partition_set set,
                        topic_info_array *out)
{
    size_t topics = partition_set_topics(set), t = 0;
    int32_t *indexes = partition_set_indexes(set, arena);
    out->items = kw_arena_array(arena, topics + 1, sizeof *out->items);
    out->len = (int32_t)topics;
    if (indexes == NULL || out->items == NULL)
        return false;
    for (size_t i = 0, end; i < set.count; i = end, t++) {
        topic_info *topic = &out->items[t];
        end = partition_set_topic_end(set, i);
        kw_share_group_state_partition_metadata_value_topic_partitions_info_init(topic);
        topic->topic_id = set.items[i].topic;
        topic->topic_name = name_of(image, topic->topic_id);
        topic->partitions = (kw_int32_array){indexes + i, (int32_t)(end - i)};
    }
    return true;
}

void share_records_add_topics(struct record_out *out, kw_string group, const struct metadata_image *image,
                              const struct share_topics *topics)
{
    kw_share_group_state_partition_metadata_key key;
    kw_share_group_state_partition_metadata_value value;
    kw_share_group_state_partition_metadata_key_init(&key);
    kw_share_group_state_partition_metadata_value_init(&value);
    key.group_id = group;
    value.deleting_topics.items =
        kw_arena_array(out->arena, topics->deleting_count + 1, sizeof *value.deleting_topics.items);
    if (value.deleting_topics.items == NULL ||
        !list_topics(out->arena, image, topics->initializing, &value.initializing_topics) ||
        !list_topics(out->arena, image, topics->initialized, &value.initialized_topics)) {
        record_out_fail(out, kw_arena_status(out->arena));
        return;
    }
    for (size_t i = 0; i < topics->deleting_count; i++) {
        kw_share_group_state_partition_metadata_value_topic_info *topic = &value.deleting_topics.items[i];
        kw_share_group_state_partition_metadata_value_topic_info_init(topic);
        topic->topic_id = topics->deleting[i];
        topic->topic_name = name_of(image, topic->topic_id);
    }
    value.deleting_topics.len = (int32_t)topics->deleting_count;
    group_records_add(out, KW_SHARE_GROUP_STATE_PARTITION_METADATA_KEY_TYPE, &key, &value);
}

/* ---- tombstones ---- */

void share_records_remove_member(struct record_out *out, kw_string group, kw_string id)
{
    group_records_remove_member(out, KW_SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE, group, id);
    group_records_remove_member(out, KW_SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE, group, id);
    group_records_remove_member(out, KW_SHARE_GROUP_MEMBER_METADATA_KEY_TYPE, group, id);
}

void share_records_remove_group(struct record_out *out, const struct share_group *group)
{
    for (const struct share_slot *slot = share_first(group); slot != NULL; slot = share_next(slot))
        share_records_remove_member(out, group->id, slot->id);
    group_records_remove_group(out, KW_SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE, group->id);
    group_records_remove_group(out, KW_SHARE_GROUP_STATE_PARTITION_METADATA_KEY_TYPE, group->id);
    group_records_remove_group(out, KW_SHARE_GROUP_METADATA_KEY_TYPE, group->id);
}
