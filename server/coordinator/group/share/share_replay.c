/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

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

#include "../group_machine.h"
#include "share_group.h"

/* ---- undo ---- */

enum share_place { SHARE_EPOCHS, SHARE_TOPICS, SHARE_MEMBER, SHARE_ASSIGNMENT, SHARE_TARGET };

/* What stood at one place of a group or of a slot. */
struct share_group_undo {
    struct coordinator_undo undo; /* the first member */
    struct share_group *group;
    struct share_slot *slot; /* NULL: the place is in the group */
    enum share_place place;
    struct share_block *block;
    struct share_epochs epochs;
};

/* Returns what stood there. */
static struct share_block *exchange(struct group_machine *m, struct share_group *g, struct share_slot *slot,
                                    enum share_place place, struct share_block *block)
{
    struct share_block *before = NULL;
    g->may_assign = true;
    switch (place) {
    case SHARE_TOPICS:
        before = (struct share_block *)g->topics;
        g->topics = (struct share_topics *)(void *)block;
        g->may_initialize = true;
        break;
    case SHARE_MEMBER:
        before = (struct share_block *)slot->member;
        g->member_count += (size_t)(block != NULL) - (size_t)(before != NULL);
        slot->member = (struct share_member *)(void *)block;
        share_move_timer(m, slot);
        break;
    case SHARE_ASSIGNMENT:
        before = (struct share_block *)slot->assignment;
        slot->assignment = (struct share_assignment *)(void *)block;
        break;
    case SHARE_TARGET:
        before = (struct share_block *)slot->target;
        slot->target = (struct share_target *)(void *)block;
        break;
    default:
        break;
    }
    return before;
}

static void free_undo(struct group_machine *m, struct share_group_undo *u)
{
    if (u->slot != NULL) {
        u->slot->references--;
        share_tidy_slot(m, u->slot);
    }
    share_group_release(m, u->group);
    free(u);
}

static void put_back(struct coordinator_undo *undo, void *state)
{
    struct share_group_undo *u = (struct share_group_undo *)(void *)undo;
    if (u->place == SHARE_EPOCHS)
        u->group->epochs = u->epochs;
    else
        share_block_free(state, exchange(state, u->group, u->slot, u->place, u->block));
    u->group->must_look = u->group->may_initialize = true;
    free_undo(state, u);
}

static void drop(struct coordinator_undo *undo, void *state)
{
    struct share_group_undo *u = (struct share_group_undo *)(void *)undo;
    share_block_free(state, u->block);
    free_undo(state, u);
}

/* False: there is no memory. */
static bool keep_undo(struct share_group *g, struct share_slot *slot, enum share_place place,
                      struct coordinator_undo_list *list, struct share_group_undo **out)
{
    struct share_group_undo *u = *out = list != NULL ? calloc(1, sizeof *u) : NULL;
    if (u == NULL)
        return list == NULL;
    *u = (struct share_group_undo){{put_back, drop, NULL}, g, slot, place, NULL, g->epochs};
    g->references++;
    if (slot != NULL)
        slot->references++;
    coordinator_undo_add(list, &u->undo);
    return true;
}

/* Takes over the block; NULL removes what is there. */
static kw_status set(struct group_machine *m, struct share_group *g, struct share_slot *slot, enum share_place place,
                     struct share_block *block, struct coordinator_undo_list *list)
{
    struct share_group_undo *u;
    bool fine = keep_undo(g, slot, place, list, &u);
    struct share_block *before = fine ? exchange(m, g, slot, place, block) : block;
    if (u != NULL)
        u->block = before;
    else
        share_block_free(m, before);
    if (slot != NULL)
        share_tidy_slot(m, slot);
    return fine ? KW_OK : KW_ERR_NO_MEMORY;
}

static kw_status set_epochs(struct share_group *g, const struct share_epochs *epochs,
                            struct coordinator_undo_list *list)
{
    struct share_group_undo *u;
    if (!keep_undo(g, NULL, SHARE_EPOCHS, list, &u))
        return KW_ERR_NO_MEMORY;
    g->epochs = *epochs;
    return KW_OK;
}

/* ---- groups ---- */

/* The group of a record that is no tombstone. One of another type is replaced: that type's records have ended, or it is
 * a simple group. */
static kw_status demand(struct group_machine *m, kw_string id, struct coordinator_undo_list *undo,
                        struct share_group **out)
{
    struct group *group = group_demand(m, id);
    if (group == NULL)
        return KW_ERR_NO_MEMORY;
    *out = share_group_of(group);
    if (*out != NULL)
        return KW_OK;
    *out = share_group_create(m, group);
    kw_status status = *out != NULL ? group_become(m, group, GROUP_SHARE, *out, undo) : KW_ERR_NO_MEMORY;
    if (status != KW_OK) {
        if (*out != NULL)
            share_group_destroy(m, *out);
        group_tidy(m, group);
    }
    return status;
}

/* Of a record; *out is NULL if it is a tombstone that removes nothing. */
static kw_status find_or_demand(struct group_machine *m, kw_string id, bool is_tombstone,
                                struct coordinator_undo_list *undo, struct share_group **out)
{
    *out = share_group_of(group_find(m, id));
    return *out != NULL || is_tombstone ? KW_OK : demand(m, id, undo, out);
}

/* The same for the slot of a member. */
static kw_status find_slot(struct group_machine *m, kw_string id, kw_string member, bool is_tombstone,
                           struct coordinator_undo_list *undo, struct share_slot **out)
{
    struct share_group *g;
    kw_status status = find_or_demand(m, id, is_tombstone, undo, &g);
    *out = NULL;
    if (status != KW_OK || g == NULL)
        return status;
    *out = is_tombstone ? share_find_slot(g, member) : share_demand_slot(m, g, member);
    return *out != NULL || is_tombstone ? KW_OK : KW_ERR_NO_MEMORY;
}

/* ---- blocks ---- */

/* NULL: there is no memory. */
static void *create_block(struct group_machine *m, size_t size)
{
    struct share_block *block = calloc(1, size);
    if (block != NULL) {
        block->size = size;
        coordinator_budget_force(m->budget, size);
    }
    return block;
}

static size_t length_of(kw_string text)
{
    return text.len > 0 ? (size_t)text.len : 0;
}

static kw_string put_text(char **at, kw_string text)
{
    kw_string out = {*at, text.len};
    if (text.len > 0)
        memcpy(*at, text.data, length_of(text));
    *at += length_of(text);
    return out;
}

static struct share_member *create_member(struct group_machine *m, const kw_share_group_member_metadata_value *from)
{
    size_t count = from->subscribed_topic_names.len > 0 ? (size_t)from->subscribed_topic_names.len : 0;
    size_t size = sizeof(struct share_member) + count * sizeof(kw_string) + length_of(from->rack_id) +
                  length_of(from->client_id) + length_of(from->client_host);
    for (size_t i = 0; i < count; i++)
        size += length_of(from->subscribed_topic_names.items[i]);
    struct share_member *out = create_block(m, size);
    if (out == NULL)
        return NULL;
    kw_string *names = (kw_string *)(void *)(out + 1);
    char *at = (char *)(names + count);
    out->rack = put_text(&at, from->rack_id);
    out->client_id = put_text(&at, from->client_id);
    out->client_host = put_text(&at, from->client_host);
    for (size_t i = 0; i < count; i++)
        names[i] = put_text(&at, from->subscribed_topic_names.items[i]);
    out->names = (kw_string_array){names, (int32_t)count};
    return out;
}

/* ---- 11, 12: the group ---- */

static kw_status replay_group(struct group_machine *m, const struct group_record *record,
                              struct coordinator_undo_list *undo)
{
    const kw_share_group_metadata_key *key = record->key;
    const kw_share_group_metadata_value *value = record->value;
    struct share_group *g;
    kw_status status = find_or_demand(m, key->group_id, value == NULL, undo, &g);
    if (status != KW_OK || g == NULL)
        return status;
    if (value == NULL)
        return group_become(m, g->group, GROUP_NONE, NULL, undo);
    struct share_epochs epochs = g->epochs;
    epochs.epoch = value->epoch;
    epochs.metadata_hash = value->metadata_hash;
    status = set_epochs(g, &epochs, undo);
    if (status == KW_OK)
        g->must_look = undo == NULL; /* else the hash is that of this moment */
    return status;
}

static kw_status replay_target_epoch(struct group_machine *m, const struct group_record *record,
                                     struct coordinator_undo_list *undo)
{
    const kw_share_group_target_assignment_metadata_key *key = record->key;
    const kw_share_group_target_assignment_metadata_value *value = record->value;
    struct share_group *g;
    kw_status status = find_or_demand(m, key->group_id, value == NULL, undo, &g);
    if (status != KW_OK || g == NULL)
        return status;
    struct share_epochs epochs = g->epochs;
    epochs.target_epoch = value != NULL ? value->assignment_epoch : -1;
    epochs.target_time = value != NULL ? value->assignment_timestamp : 0;
    return set_epochs(g, &epochs, undo);
}

/* ---- 10, 13, 14: members ---- */

static kw_status replay_member(struct group_machine *m, const struct group_record *record,
                               struct coordinator_undo_list *undo)
{
    const kw_share_group_member_metadata_key *key = record->key;
    struct share_slot *slot;
    struct share_member *member = NULL;
    kw_status status = find_slot(m, key->group_id, key->member_id, record->value == NULL, undo, &slot);
    if (status != KW_OK || slot == NULL)
        return status;
    if (record->value != NULL && (member = create_member(m, record->value)) == NULL) {
        share_tidy_slot(m, slot);
        return KW_ERR_NO_MEMORY;
    }
    return set(m, slot->group, slot, SHARE_MEMBER, (struct share_block *)member, undo);
}

static size_t count_target(const kw_share_group_target_assignment_member_value *value)
{
    size_t count = 0;
    for (int32_t t = 0; t < value->topic_partitions.len; t++)
        count += (size_t)value->topic_partitions.items[t].partitions.len;
    return count;
}

static kw_status replay_target(struct group_machine *m, const struct group_record *record,
                               struct coordinator_undo_list *undo)
{
    const kw_share_group_target_assignment_member_key *key = record->key;
    const kw_share_group_target_assignment_member_value *value = record->value;
    struct share_slot *slot;
    struct share_target *target = NULL;
    kw_status status = find_slot(m, key->group_id, key->member_id, value == NULL, undo, &slot);
    if (status != KW_OK || slot == NULL)
        return status;
    if (value != NULL) {
        target = create_block(m, sizeof *target + count_target(value) * sizeof(struct set_partition));
        if (target == NULL) {
            share_tidy_slot(m, slot);
            return KW_ERR_NO_MEMORY;
        }
        struct set_partition *items = (struct set_partition *)(void *)(target + 1);
        size_t count = 0;
        for (int32_t t = 0; t < value->topic_partitions.len; t++)
            for (int32_t p = 0; p < value->topic_partitions.items[t].partitions.len; p++)
                items[count++] = (struct set_partition){value->topic_partitions.items[t].topic_id,
                                                        value->topic_partitions.items[t].partitions.items[p], 0};
        target->set = partition_set_of(items, count);
    }
    return set(m, slot->group, slot, SHARE_TARGET, (struct share_block *)target, undo);
}

static size_t count_assigned(const kw_share_group_current_member_assignment_value *value)
{
    size_t count = 0;
    for (int32_t t = 0; t < value->assigned_partitions.len; t++)
        count += (size_t)value->assigned_partitions.items[t].partitions.len;
    return count;
}

static kw_status replay_assignment(struct group_machine *m, const struct group_record *record,
                                   struct coordinator_undo_list *undo)
{
    const kw_share_group_current_member_assignment_key *key = record->key;
    const kw_share_group_current_member_assignment_value *value = record->value;
    struct share_slot *slot;
    struct share_assignment *assignment = NULL;
    kw_status status = find_slot(m, key->group_id, key->member_id, value == NULL, undo, &slot);
    if (status != KW_OK || slot == NULL)
        return status;
    if (value != NULL) {
        assignment = create_block(m, sizeof *assignment + count_assigned(value) * sizeof(struct set_partition));
        if (assignment == NULL) {
            share_tidy_slot(m, slot);
            return KW_ERR_NO_MEMORY;
        }
        struct set_partition *items = (struct set_partition *)(void *)(assignment + 1);
        size_t count = 0;
        for (int32_t t = 0; t < value->assigned_partitions.len; t++)
            for (int32_t p = 0; p < value->assigned_partitions.items[t].partitions.len; p++)
                items[count++] = (struct set_partition){value->assigned_partitions.items[t].topic_id,
                                                        value->assigned_partitions.items[t].partitions.items[p], 0};
        assignment->set = partition_set_of(items, count);
        assignment->epoch = value->member_epoch;
        assignment->previous_epoch = value->previous_member_epoch;
        assignment->state = value->state;
    }
    return set(m, slot->group, slot, SHARE_ASSIGNMENT, (struct share_block *)assignment, undo);
}

/* ---- 15: topics ---- */

typedef kw_share_group_state_partition_metadata_value_topic_partitions_info_array topic_info_array;

static size_t count_partitions(const topic_info_array *topics)
{
    size_t count = 0;
    for (int32_t t = 0; t < topics->len; t++)
        count += (size_t)topics->items[t].partitions.len;
    return count;
}

static struct set_partition *put_partitions(struct set_partition *items, const topic_info_array *topics,
                                            struct partition_set *out)
{
    size_t count = 0;
    for (int32_t t = 0; t < topics->len; t++)
        for (int32_t p = 0; p < topics->items[t].partitions.len; p++)
            items[count++] = (struct set_partition){topics->items[t].topic_id, topics->items[t].partitions.items[p], 0};
    *out = partition_set_of(items, count);
    return items + count;
}

static struct share_topics *create_topics(struct group_machine *m,
                                          const kw_share_group_state_partition_metadata_value *from)
{
    size_t deleting = (size_t)from->deleting_topics.len;
    size_t count = count_partitions(&from->initializing_topics) + count_partitions(&from->initialized_topics);
    struct share_topics *out =
        create_block(m, sizeof *out + count * sizeof(struct set_partition) + deleting * sizeof(kw_uuid));
    if (out == NULL)
        return NULL;
    struct set_partition *items = (struct set_partition *)(void *)(out + 1);
    items = put_partitions(items, &from->initializing_topics, &out->initializing);
    items = put_partitions(items, &from->initialized_topics, &out->initialized);
    out->deleting = (kw_uuid *)(void *)items;
    out->deleting_count = deleting;
    for (size_t i = 0; i < deleting; i++)
        out->deleting[i] = from->deleting_topics.items[i].topic_id;
    out->since = m->shard != NULL ? m->shard->options.clock() : 0;
    return out;
}

static kw_status replay_topics(struct group_machine *m, const struct group_record *record,
                               struct coordinator_undo_list *undo)
{
    const kw_share_group_state_partition_metadata_key *key = record->key;
    struct share_group *g;
    struct share_topics *topics = NULL;
    kw_status status = find_or_demand(m, key->group_id, record->value == NULL, undo, &g);
    if (status != KW_OK || g == NULL)
        return status;
    if (record->value != NULL && (topics = create_topics(m, record->value)) == NULL)
        return KW_ERR_NO_MEMORY;
    return set(m, g, NULL, SHARE_TOPICS, (struct share_block *)topics, undo);
}

kw_status share_replay(struct group_machine *m, const struct group_record *record, struct coordinator_undo_list *undo)
{
    switch (record->type) {
    case KW_SHARE_GROUP_MEMBER_METADATA_KEY_TYPE:
        return replay_member(m, record, undo);
    case KW_SHARE_GROUP_METADATA_KEY_TYPE:
        return replay_group(m, record, undo);
    case KW_SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE:
        return replay_target_epoch(m, record, undo);
    case KW_SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE:
        return replay_target(m, record, undo);
    case KW_SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE:
        return replay_assignment(m, record, undo);
    default:
        return replay_topics(m, record, undo);
    }
}
