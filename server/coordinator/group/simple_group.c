/* SPDX-License-Identifier: Apache-2.0 */
#include "simple_group.h"

#include <kwire/error.h>
#include <kwire/messages/group_metadata_key.h>

#include "group_table.h"

static void destroy(struct group_machine *m, void *state)
{
    (void)m;
    (void)state; /* there is none */
}

static int16_t check_commit(struct group_machine *m, struct coordinator_decision *d, struct group *group,
                            const struct offset_commit_check *check)
{
    (void)m;
    (void)d;
    (void)group;
    return check->generation < 0 ? KW_ERROR_NONE : KW_ERROR_UNKNOWN_MEMBER_ID; /* it has none */
}

static int16_t check_fetch(struct group_machine *m, const struct group *group, kw_string member_id, int32_t epoch)
{
    (void)m;
    (void)group;
    (void)member_id;
    (void)epoch;
    return KW_ERROR_NONE;
}

static int16_t allow_deletion(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return KW_ERROR_NONE;
}

static bool is_subscribed(struct group_machine *m, const struct group *group, kw_string topic)
{
    (void)m;
    (void)group;
    (void)topic;
    return false;
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
    (void)group;
    return true;
}

static void add_tombstone(struct group_machine *m, struct coordinator_decision *d, struct group *group)
{
    (void)m;
    group_records_remove_group(&d->records, KW_GROUP_METADATA_KEY_TYPE, group->id);
}

static kw_string state_name(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return kw_string_of("Empty");
}

static kw_string protocol_type(struct group_machine *m, const struct group *group)
{
    (void)m;
    (void)group;
    return kw_string_of("");
}

static bool describe(struct group_machine *m, const struct group *group, kw_arena *arena,
                     kw_describe_groups_response_described_group *out)
{
    (void)arena;
    out->group_state = state_name(m, group);
    out->protocol_type = protocol_type(m, group);
    return true;
}

const struct group_kind simple_group_kind = {
    .name = "classic",
    .destroy = destroy,
    .check_commit = check_commit,
    .check_fetch = check_fetch,
    .check_offset_delete = allow_deletion,
    .check_delete = allow_deletion,
    .is_subscribed = is_subscribed,
    .offset_age = offset_age,
    .is_empty = is_empty,
    .remove = add_tombstone,
    .state_name = state_name,
    .protocol_type = protocol_type,
    .describe = describe,
};

kw_status simple_group_replay_tombstone(struct group_machine *m, const struct group_record *record,
                                        struct coordinator_undo_list *undo)
{
    const kw_group_metadata_key *key = record->key;
    struct group *group = record->value == NULL ? group_find(m, key->group) : NULL;
    return group != NULL ? group_become(m, group, GROUP_NONE, NULL, undo) : KW_OK;
}
