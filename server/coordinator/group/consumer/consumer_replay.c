/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_group.h"

#include <stdlib.h>
#include <string.h>

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

#include "../../../metadata/blocks.h"
#include "../group_table.h"
#include "consumer_change.h"

/* ---- groups ---- */

/* The group of a record that is no tombstone. A group of another type is replaced: that type's records have ended, or
 * it is a simple group. */
static kw_status demand(struct group_machine *m, kw_string id, struct coordinator_undo_list *undo,
                        struct consumer_group **out)
{
    struct group *group = group_demand(m, id);
    if (group == NULL)
        return KW_ERR_NO_MEMORY;
    *out = consumer_group_of(group);
    if (*out != NULL)
        return KW_OK;
    *out = consumer_create(m, group);
    kw_status status = *out != NULL ? group_become(m, group, GROUP_CONSUMER, *out, undo) : KW_ERR_NO_MEMORY;
    if (status != KW_OK) {
        if (*out != NULL)
            consumer_destroy(m, *out);
        group_tidy(m, group);
    }
    return status;
}

/* Of a tombstone; NULL: it removes nothing. */
static struct consumer_group *find(struct group_machine *m, kw_string id)
{
    return consumer_group_of(group_find(m, id));
}

/* ---- 3, 4, 6: the group ---- */

static kw_status replay_group(struct group_machine *m, const struct group_record *record,
                              struct coordinator_undo_list *undo)
{
    const kw_consumer_group_metadata_key *key = record->key;
    const kw_consumer_group_metadata_value *value = record->value;
    struct consumer_group *g = NULL;
    if (value == NULL) {
        g = find(m, key->group_id);
        return g != NULL ? group_become(m, g->group, GROUP_NONE, NULL, undo) : KW_OK;
    }
    kw_status status = demand(m, key->group_id, undo, &g);
    if (status != KW_OK)
        return status;
    struct consumer_epochs epochs = g->epochs;
    epochs.epoch = value->epoch;
    epochs.metadata_hash = value->metadata_hash;
    status = consumer_set_epochs(g, &epochs, undo);
    if (status == KW_OK)
        g->must_look = undo == NULL; /* else the hash is that of this moment */
    return status;
}

static kw_status replay_old_metadata(struct group_machine *m, const struct group_record *record,
                                     struct coordinator_undo_list *undo)
{
    const kw_consumer_group_partition_metadata_key *key = record->key;
    struct consumer_group *g = find(m, key->group_id);
    kw_status status = g == NULL && record->value != NULL ? demand(m, key->group_id, undo, &g) : KW_OK;
    if (status != KW_OK || g == NULL)
        return status;
    struct consumer_epochs epochs = g->epochs;
    epochs.has_old_metadata = record->value != NULL;
    return consumer_set_epochs(g, &epochs, undo);
}

static kw_status replay_target_epoch(struct group_machine *m, const struct group_record *record,
                                     struct coordinator_undo_list *undo)
{
    const kw_consumer_group_target_assignment_metadata_key *key = record->key;
    const kw_consumer_group_target_assignment_metadata_value *value = record->value;
    struct consumer_group *g = find(m, key->group_id);
    kw_status status = g == NULL && value != NULL ? demand(m, key->group_id, undo, &g) : KW_OK;
    if (status != KW_OK || g == NULL)
        return status;
    struct consumer_epochs epochs = g->epochs;
    epochs.target_epoch = value != NULL ? value->assignment_epoch : -1;
    epochs.target_time = value != NULL ? value->assignment_timestamp : 0;
    return consumer_set_epochs(g, &epochs, undo);
}

/* ---- 5, 8: members ---- */

/* A copy becomes the member. */
static kw_status replace(struct group_machine *m, struct consumer_group *g, const struct consumer_member *member,
                         struct coordinator_undo_list *undo)
{
    struct consumer_member *copy = consumer_member_create(member);
    struct consumer_slot *slot = copy != NULL ? consumer_demand_slot(m, g, copy->id) : NULL;
    if (slot == NULL) {
        consumer_member_release(copy);
        return KW_ERR_NO_MEMORY;
    }
    return consumer_set_member(m, slot, copy, undo);
}

static struct consumer_member member_of(const struct consumer_group *g, kw_string id)
{
    const struct consumer_slot *slot = consumer_find(g, id);
    return slot != NULL ? *slot->member : consumer_member_new(id);
}

static struct member_protocol *
list_protocols(const kw_consumer_group_member_metadata_value_classic_member_metadata *from)
{
    struct member_protocol *protocols =
        calloc(from->supported_protocols.len > 0 ? (size_t)from->supported_protocols.len : 1, sizeof *protocols);
    for (int32_t i = 0; protocols != NULL && i < from->supported_protocols.len; i++) {
        protocols[i].name = from->supported_protocols.items[i].name;
        protocols[i].metadata = from->supported_protocols.items[i].metadata;
    }
    return protocols;
}

static kw_status say(struct group_machine *m, struct consumer_group *g, kw_string id,
                     const kw_consumer_group_member_metadata_value *value, struct coordinator_undo_list *undo)
{
    struct consumer_member member = member_of(g, id);
    struct member_protocol *protocols = NULL;
    member.instance_id = value->instance_id;
    member.rack = value->rack_id;
    member.client_id = value->client_id;
    member.client_host = value->client_host;
    member.names = value->subscribed_topic_names;
    member.names.len = sort_names(member.names.items, member.names.len);
    member.pattern = value->subscribed_topic_regex;
    member.assignor = value->server_assignor;
    member.rebalance_timeout_ms = value->rebalance_timeout_ms;
    member.is_classic = value->classic_member_metadata != NULL;
    member.classic_protocol_count = 0;
    if (member.is_classic) {
        protocols = list_protocols(value->classic_member_metadata);
        if (protocols == NULL)
            return KW_ERR_NO_MEMORY;
        member.classic_session_timeout_ms = value->classic_member_metadata->session_timeout_ms;
        member.classic_protocols = protocols;
        member.classic_protocol_count = (size_t)value->classic_member_metadata->supported_protocols.len;
    }
    kw_status status = replace(m, g, &member, undo);
    free(protocols);
    return status;
}

static kw_status replay_member(struct group_machine *m, const struct group_record *record,
                               struct coordinator_undo_list *undo)
{
    const kw_consumer_group_member_metadata_key *key = record->key;
    struct consumer_group *g = NULL;
    if (record->value == NULL) {
        g = find(m, key->group_id);
        struct consumer_slot *slot = g != NULL ? consumer_find(g, key->member_id) : NULL;
        return slot != NULL ? consumer_set_member(m, slot, NULL, undo) : KW_OK;
    }
    kw_status status = demand(m, key->group_id, undo, &g);
    return status == KW_OK ? say(m, g, key->member_id, record->value, undo) : status;
}

/* Epochs are those of the member if there is not one for each. */
static void list_partitions(const kw_consumer_group_current_member_assignment_value_topic_partitions_array *from,
                            int32_t member_epoch, struct set_partition *items, struct partition_set *out)
{
    size_t count = 0;
    for (int32_t t = 0; t < from->len; t++) {
        const kw_consumer_group_current_member_assignment_value_topic_partitions *topic = &from->items[t];
        bool has_epochs = topic->assignment_epochs.len == topic->partitions.len;
        for (int32_t p = 0; p < topic->partitions.len; p++)
            items[count++] = (struct set_partition){topic->topic_id, topic->partitions.items[p],
                                                    has_epochs ? topic->assignment_epochs.items[p] : member_epoch};
    }
    *out = partition_set_of(items, count);
}

static size_t count_partitions(const kw_consumer_group_current_member_assignment_value_topic_partitions_array *from)
{
    size_t count = 0;
    for (int32_t t = 0; t < from->len; t++)
        count += from->items[t].partitions.len > 0 ? (size_t)from->items[t].partitions.len : 0;
    return count;
}

static kw_status assign(struct group_machine *m, struct consumer_group *g, kw_string id,
                        const kw_consumer_group_current_member_assignment_value *value,
                        struct coordinator_undo_list *undo)
{
    struct consumer_member member = member_of(g, id);
    size_t assigned = count_partitions(&value->assigned_partitions);
    size_t revoking = count_partitions(&value->partitions_pending_revocation);
    struct set_partition *items = calloc(assigned + revoking + 1, sizeof *items);
    if (items == NULL)
        return KW_ERR_NO_MEMORY;
    member.epoch = value->member_epoch;
    member.previous_epoch = value->previous_member_epoch;
    member.state = value->state >= MEMBER_STABLE && value->state <= MEMBER_UNRELEASED
                       ? (enum consumer_member_state)value->state
                       : MEMBER_UNKNOWN;
    list_partitions(&value->assigned_partitions, member.epoch, items, &member.assigned);
    list_partitions(&value->partitions_pending_revocation, member.epoch, items + assigned, &member.revoking);
    kw_status status = replace(m, g, &member, undo);
    free(items);
    return status;
}

/* A member without its record 8 is one that leaves. */
static kw_status unassign(struct group_machine *m, struct consumer_group *g, kw_string id,
                          struct coordinator_undo_list *undo)
{
    struct consumer_slot *slot = g != NULL ? consumer_find(g, id) : NULL;
    if (slot == NULL)
        return KW_OK;
    struct consumer_member member = *slot->member;
    member.epoch = member.previous_epoch = EPOCH_LEAVE;
    member.assigned.count = member.revoking.count = 0;
    return replace(m, g, &member, undo);
}

static kw_status replay_assignment(struct group_machine *m, const struct group_record *record,
                                   struct coordinator_undo_list *undo)
{
    const kw_consumer_group_current_member_assignment_key *key = record->key;
    struct consumer_group *g = NULL;
    if (record->value == NULL)
        return unassign(m, find(m, key->group_id), key->member_id, undo);
    kw_status status = demand(m, key->group_id, undo, &g);
    return status == KW_OK ? assign(m, g, key->member_id, record->value, undo) : status;
}

/* ---- 7: targets ---- */

static struct consumer_target *create_target(const kw_consumer_group_target_assignment_member_value *value)
{
    size_t count = 0;
    for (int32_t t = 0; t < value->topic_partitions.len; t++)
        count += value->topic_partitions.items[t].partitions.len > 0
                     ? (size_t)value->topic_partitions.items[t].partitions.len
                     : 0;
    struct consumer_target *target = calloc(1, sizeof *target + count * sizeof *target->items);
    if (target == NULL)
        return NULL;
    count = 0;
    for (int32_t t = 0; t < value->topic_partitions.len; t++) {
        const kw_consumer_group_target_assignment_member_value_topic_partition *topic =
            &value->topic_partitions.items[t];
        for (int32_t p = 0; p < topic->partitions.len; p++)
            target->items[count++] = (struct set_partition){topic->topic_id, topic->partitions.items[p], 0};
    }
    target->set = partition_set_of(target->items, count);
    return target;
}

static kw_status replay_target(struct group_machine *m, const struct group_record *record,
                               struct coordinator_undo_list *undo)
{
    const kw_consumer_group_target_assignment_member_key *key = record->key;
    struct consumer_group *g = NULL;
    if (record->value == NULL) {
        g = find(m, key->group_id);
        struct consumer_slot *slot = g != NULL ? consumer_find_slot(g, key->member_id) : NULL;
        return slot != NULL && slot->target != NULL ? consumer_set_target(m, slot, NULL, undo) : KW_OK;
    }
    kw_status status = demand(m, key->group_id, undo, &g);
    if (status != KW_OK)
        return status;
    struct consumer_target *target = create_target(record->value);
    struct consumer_slot *slot = target != NULL ? consumer_demand_slot(m, g, key->member_id) : NULL;
    if (slot == NULL) {
        free(target);
        return KW_ERR_NO_MEMORY;
    }
    return consumer_set_target(m, slot, target, undo);
}

/* ---- 16: patterns ---- */

static struct resolved_topics *create_resolved(const kw_consumer_group_regular_expression_value *value)
{
    struct block block;
    kw_string_array names = value->topics;
    names.len = sort_names(names.items, names.len);
    size_t size = block_size(sizeof(struct resolved_topics), (size_t)names.len, sizeof *names.items);
    for (int32_t i = 0; i < names.len; i++)
        size += names.items[i].len > 0 ? (size_t)names.items[i].len : 0;
    if (!block_create(&block, size))
        return NULL;
    struct resolved_topics *resolved = block_take(&block, 1, sizeof *resolved);
    kw_string *copies = block_take(&block, (size_t)names.len, sizeof *copies);
    for (int32_t i = 0; i < names.len; i++) {
        copies[i] = names.items[i];
        block_string(&block, &copies[i]);
    }
    *resolved = (struct resolved_topics){value->version, value->timestamp, {copies, names.len}};
    return resolved;
}

static kw_status replay_pattern(struct group_machine *m, const struct group_record *record,
                                struct coordinator_undo_list *undo)
{
    const kw_consumer_group_regular_expression_key *key = record->key;
    struct consumer_group *g = NULL;
    if (record->value == NULL) {
        g = find(m, key->group_id);
        struct consumer_pattern *pattern = g != NULL ? consumer_find_pattern(g, key->regular_expression) : NULL;
        return pattern != NULL && pattern->resolved != NULL ? consumer_set_resolved(g, pattern, NULL, undo) : KW_OK;
    }
    kw_status status = demand(m, key->group_id, undo, &g);
    if (status != KW_OK)
        return status;
    struct resolved_topics *resolved = create_resolved(record->value);
    struct consumer_pattern *pattern = resolved != NULL ? consumer_demand_pattern(g, key->regular_expression) : NULL;
    if (pattern == NULL) {
        free(resolved);
        return KW_ERR_NO_MEMORY;
    }
    return consumer_set_resolved(g, pattern, resolved, undo);
}

kw_status consumer_replay(struct group_machine *m, const struct group_record *record,
                          struct coordinator_undo_list *undo)
{
    switch (record->type) {
    case KW_CONSUMER_GROUP_METADATA_KEY_TYPE:
        return replay_group(m, record, undo);
    case KW_CONSUMER_GROUP_PARTITION_METADATA_KEY_TYPE:
        return replay_old_metadata(m, record, undo);
    case KW_CONSUMER_GROUP_MEMBER_METADATA_KEY_TYPE:
        return replay_member(m, record, undo);
    case KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE:
        return replay_target_epoch(m, record, undo);
    case KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE:
        return replay_target(m, record, undo);
    case KW_CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE:
        return replay_assignment(m, record, undo);
    case KW_CONSUMER_GROUP_REGULAR_EXPRESSION_KEY_TYPE:
        return replay_pattern(m, record, undo);
    default:
        return KW_OK;
    }
}
