/* SPDX-License-Identifier: Apache-2.0 */
#include "streams_group.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/messages/streams_group_current_member_assignment_key.h>
#include <kwire/messages/streams_group_current_member_assignment_value.h>
#include <kwire/messages/streams_group_member_metadata_key.h>
#include <kwire/messages/streams_group_metadata_key.h>
#include <kwire/messages/streams_group_target_assignment_member_key.h>
#include <kwire/messages/streams_group_target_assignment_metadata_key.h>
#include <kwire/messages/streams_group_topology_key.h>

#include "group_machine.h"

enum { FIRST_TYPE = KW_STREAMS_GROUP_METADATA_KEY_TYPE, FIRST_WITH_EPOCHS = 9 };

struct streams_member {
    uint32_t references; /* of states */
    unsigned records;    /* bits of the types that it has, from FIRST_TYPE on */
    int32_t epoch;       /* -1: not known */
    int32_t size;
    char id[];
};

struct streams_group {
    unsigned records; /* the same, of those that each group has once */
    size_t capacity;
    size_t count;
    struct streams_member *members[];
};

static unsigned bit_of(int16_t type)
{
    return 1U << (type - FIRST_TYPE);
}

/* ---- members ---- */

static kw_string id_of(const struct streams_member *member)
{
    return (kw_string){member->id, member->size};
}

static void member_release(struct group_machine *m, struct streams_member *member)
{
    if (--member->references != 0)
        return;
    coordinator_budget_give(m->budget, sizeof *member + (size_t)member->size);
    free(member);
}

static struct streams_member *member_create(struct group_machine *m, kw_string id, unsigned had, int32_t epoch)
{
    size_t size = id.len > 0 ? (size_t)id.len : 0;
    struct streams_member *member = malloc(sizeof *member + size);
    if (member == NULL)
        return NULL;
    coordinator_budget_force(m->budget, sizeof *member + size);
    *member = (struct streams_member){1, had, epoch, (int32_t)size};
    if (size != 0)
        memcpy(member->id, id.data, size);
    return member;
}

/* ---- states ---- */

static size_t size_of(size_t capacity)
{
    return sizeof(struct streams_group) + capacity * sizeof(struct streams_member *);
}

static void destroy(struct group_machine *m, void *state)
{
    struct streams_group *group = state;
    for (size_t i = 0; i < group->count; i++)
        member_release(m, group->members[i]);
    coordinator_budget_give(m->budget, size_of(group->capacity));
    free(group);
}

/* With capacity for one member more. NULL: there is no memory. */
static struct streams_group *copy(struct group_machine *m, const struct streams_group *from)
{
    size_t count = from != NULL ? from->count : 0;
    struct streams_group *group = calloc(1, size_of(count + 1));
    if (group == NULL)
        return NULL;
    coordinator_budget_force(m->budget, size_of(count + 1));
    group->records = from != NULL ? from->records : 0;
    group->capacity = count + 1;
    for (; group->count < count; group->count++) {
        group->members[group->count] = from->members[group->count];
        group->members[group->count]->references++;
    }
    return group;
}

/* The index of the member, or how many there are. */
static size_t find_member(const struct streams_group *group, kw_string id)
{
    size_t i = 0;
    while (i < group->count && !kw_string_equal(id_of(group->members[i]), id))
        i++;
    return i;
}

static bool has_members(const struct streams_group *group)
{
    unsigned bit = bit_of(KW_STREAMS_GROUP_MEMBER_METADATA_KEY_TYPE);
    for (size_t i = 0; i < group->count; i++)
        if ((group->members[i]->records & bit) != 0)
            return true;
    return false;
}

/* ---- replay ---- */

/* Both ids are the first members of the keys of all types. */
static kw_string group_id_of(const struct group_record *record)
{
    return ((const kw_streams_group_metadata_key *)record->key)->group_id;
}

static bool is_of_member(int16_t type)
{
    return type == KW_STREAMS_GROUP_MEMBER_METADATA_KEY_TYPE ||
           type == KW_STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE ||
           type == KW_STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE;
}

static int32_t epoch_of(const struct group_record *record, int32_t before)
{
    const kw_streams_group_current_member_assignment_value *value = record->value;
    if (record->type != KW_STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE)
        return before;
    return value != NULL ? value->member_epoch : -1;
}

/* False: there is no memory. */
static bool change_member(struct group_machine *m, struct streams_group *group, const struct group_record *record)
{
    kw_string id = ((const kw_streams_group_member_metadata_key *)record->key)->member_id;
    size_t at = find_member(group, id);
    struct streams_member *before = at < group->count ? group->members[at] : NULL;
    unsigned had = before != NULL ? before->records : 0, bit = bit_of(record->type);
    unsigned has = record->value != NULL ? had | bit : had & ~bit;
    if (has == 0 && before == NULL)
        return true;
    struct streams_member *after = NULL;
    if (has != 0 && (after = member_create(m, id, has, epoch_of(record, before != NULL ? before->epoch : -1))) == NULL)
        return false;
    if (before == NULL)
        group->count++;
    else
        member_release(m, before);
    group->members[at] = after != NULL ? after : group->members[--group->count];
    return true;
}

static bool change(struct group_machine *m, struct streams_group *group, const struct group_record *record)
{
    if (is_of_member(record->type))
        return change_member(m, group, record);
    unsigned bit = bit_of(record->type);
    group->records = record->value != NULL ? group->records | bit : group->records & ~bit;
    return true;
}

static kw_status become(struct group_machine *m, struct group *group, const struct group_record *record,
                        struct coordinator_undo_list *undo)
{
    struct streams_group *before = group->type == GROUP_STREAMS ? group->state.streams : NULL;
    struct streams_group *after = copy(m, before);
    if (after == NULL)
        return KW_ERR_NO_MEMORY;
    kw_status status = change(m, after, record) ? group_become(m, group, GROUP_STREAMS, after, undo) : KW_ERR_NO_MEMORY;
    if (status != KW_OK)
        destroy(m, after);
    return status;
}

/* A group of another type is replaced: that type's records have ended, or it is a simple group. */
kw_status streams_replay(struct group_machine *m, const struct group_record *record, struct coordinator_undo_list *undo)
{
    kw_string id = group_id_of(record);
    struct group *group = record->value != NULL ? group_demand(m, id) : group_find(m, id);
    if (record->value == NULL && (group == NULL || group->type != GROUP_STREAMS))
        return KW_OK;
    if (group == NULL)
        return KW_ERR_NO_MEMORY;
    if (record->value == NULL && record->type == KW_STREAMS_GROUP_METADATA_KEY_TYPE)
        return group_become(m, group, GROUP_NONE, NULL, undo);
    kw_status status = become(m, group, record, undo);
    if (status != KW_OK)
        group_tidy(m, group);
    return status;
}

/* ---- what is asked of it ---- */

static int16_t check_epoch(const struct group *group, kw_string member_id, int32_t epoch)
{
    const struct streams_group *streams = group->state.streams;
    size_t at = find_member(streams, member_id);
    if (at == streams->count)
        return KW_ERROR_UNKNOWN_MEMBER_ID;
    return streams->members[at]->epoch == epoch ? KW_ERROR_NONE : KW_ERROR_STALE_MEMBER_EPOCH;
}

static int16_t check_commit(struct group_machine *m, struct coordinator_decision *d, struct group *group,
                            const struct offset_commit_check *check)
{
    (void)m;
    (void)d;
    if (check->generation < 0 && !has_members(group->state.streams))
        return KW_ERROR_NONE;
    if (check->is_transactional && check->generation == -1 && check->member_id.len == 0 && check->instance_id.len < 0)
        return KW_ERROR_NONE;
    int16_t error = check_epoch(group, check->member_id, check->generation);
    bool is_old = !check->is_transactional && check->version < FIRST_WITH_EPOCHS;
    return is_old && error != KW_ERROR_UNKNOWN_MEMBER_ID ? KW_ERROR_UNSUPPORTED_VERSION : error;
}

static int16_t check_fetch(struct group_machine *m, const struct group *group, kw_string member_id, int32_t epoch)
{
    (void)m;
    return member_id.len < 0 && epoch < 0 ? KW_ERROR_NONE : check_epoch(group, member_id, epoch);
}

static int16_t check_offset_delete(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return KW_ERROR_NONE;
}

static int16_t check_delete(struct group_machine *m, const struct group *group)
{
    (void)m;
    return has_members(group->state.streams) ? KW_ERROR_NON_EMPTY_GROUP : KW_ERROR_NONE;
}

/* Its topology is not kept: any topic may be one of its. */
static bool is_subscribed(struct group_machine *m, const struct group *group, kw_string topic)
{
    (void)m;
    (void)topic;
    return has_members(group->state.streams);
}

static struct offset_age offset_age(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return (struct offset_age){.never = false, .since = -1};
}

static bool is_empty(struct group_machine *m, const struct group *group)
{
    (void)m;
    return !has_members(group->state.streams);
}

static void remove_members(struct coordinator_decision *d, const struct group *group, int16_t type)
{
    const struct streams_group *streams = group->state.streams;
    for (size_t i = 0; i < streams->count; i++)
        group_records_remove_member(&d->records, type, group->id, id_of(streams->members[i]));
}

/* In Kafka's order. */
static void remove_all(struct group_machine *m, struct coordinator_decision *d, struct group *group)
{
    (void)m;
    remove_members(d, group, KW_STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_TYPE);
    remove_members(d, group, KW_STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_TYPE);
    group_records_remove_group(&d->records, KW_STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE, group->id);
    remove_members(d, group, KW_STREAMS_GROUP_MEMBER_METADATA_KEY_TYPE);
    group_records_remove_group(&d->records, KW_STREAMS_GROUP_METADATA_KEY_TYPE, group->id);
    group_records_remove_group(&d->records, KW_STREAMS_GROUP_TOPOLOGY_KEY_TYPE, group->id);
}

/* Nobody can tell whether its members are still there. */
static kw_string state_name(struct group_machine *m, const struct group *group)
{
    (void)m;
    return kw_string_of(has_members(group->state.streams) ? "Stable" : "Empty");
}

static kw_string protocol_type(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return kw_string_of("streams");
}

const struct group_kind streams_kind = {
    .name = "streams",
    .destroy = destroy,
    .check_commit = check_commit,
    .check_fetch = check_fetch,
    .check_offset_delete = check_offset_delete,
    .check_delete = check_delete,
    .is_subscribed = is_subscribed,
    .offset_age = offset_age,
    .is_empty = is_empty,
    .remove = remove_all,
    .state_name = state_name,
    .protocol_type = protocol_type,
};
