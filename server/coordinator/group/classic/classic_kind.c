/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_kind.h"

#include <kwire/error.h>
#include <kwire/messages/group_metadata_key.h>
#include <kwire/messages/group_metadata_value.h>

#include "../../../base/growth.h"
#include "classic_rebalance.h"

static const kw_string no_text = {"", 0};

static bool is_empty_group(const struct classic_group *classic)
{
    return classic == NULL || classic->state == CLASSIC_EMPTY;
}

/* ---- life ---- */

static void destroy(struct group_machine *m, void *state)
{
    (void)m;
    if (state != NULL)
        classic_group_free(state, KW_ERROR_NOT_COORDINATOR);
}

static void loaded(struct group_machine *m, struct group *group)
{
    struct classic_group *classic = group->state.classic;
    struct classic_moment at = classic_moment_after(m);
    if (classic == NULL)
        return;
    for (struct classic_member *member = classic->first; member != NULL; member = member->next)
        classic_touch(&at, member, member->session_timeout_ms);
    if (classic_member_count(classic) > (size_t)m->settings.classic_max_size)
        classic_prepare_rebalance(&at, classic);
}

static void unloaded(struct group_machine *m, struct group *group)
{
    destroy(m, group->state.classic);
    group->state.classic = NULL;
}

/* ---- offsets ---- */

static int16_t check_commit(struct group_machine *m, struct coordinator_decision *d, struct group *group,
                            const struct offset_commit_check *check)
{
    const struct classic_group *classic = group->state.classic;
    bool says_who = check->generation >= 0 || check->member_id.len > 0 || check->instance_id.len >= 0;
    (void)m;
    if (is_empty_group(classic) && check->generation < 0)
        return KW_ERROR_NONE;
    if (classic == NULL)
        return KW_ERROR_UNKNOWN_MEMBER_ID;
    if (!says_who)
        return check->is_transactional ? KW_ERROR_NONE : KW_ERROR_UNKNOWN_MEMBER_ID;
    int16_t error = classic_validate(classic, check->member_id, check->instance_id);
    if (error != KW_ERROR_NONE)
        return error;
    if (check->generation != classic->generation)
        return KW_ERROR_ILLEGAL_GENERATION;
    if (check->is_transactional)
        return KW_ERROR_NONE;
    if (classic->state == CLASSIC_COMPLETING_REBALANCE)
        return KW_ERROR_REBALANCE_IN_PROGRESS;
    struct classic_moment at = classic_moment_of(d);
    struct classic_member *member = classic_find(classic, check->member_id);
    classic_touch(&at, member, member->session_timeout_ms);
    return KW_ERROR_NONE;
}

static int16_t check_fetch(struct group_machine *m, const struct group *group, kw_string member_id, int32_t epoch)
{
    (void)m;
    (void)group;
    (void)member_id;
    (void)epoch;
    return KW_ERROR_NONE;
}

static int16_t check_offset_delete(struct group_machine *m, const struct group *group)
{
    const struct classic_group *classic = group->state.classic;
    (void)m;
    return is_empty_group(classic) || classic_is_consumer(classic) ? KW_ERROR_NONE : KW_ERROR_NON_EMPTY_GROUP;
}

static int16_t check_delete(struct group_machine *m, const struct group *group)
{
    (void)m;
    return is_empty_group(group->state.classic) ? KW_ERROR_NONE : KW_ERROR_NON_EMPTY_GROUP;
}

static bool is_subscribed(struct group_machine *m, const struct group *group, kw_string topic)
{
    (void)m;
    return group->state.classic != NULL && classic_is_subscribed(group->state.classic, topic);
}

static struct offset_age offset_age(struct group_machine *m, const struct group *group)
{
    const struct classic_group *classic = group->state.classic;
    (void)m;
    if (classic == NULL || classic->protocol_type == NULL)
        return (struct offset_age){.never = false, .since = -1};
    if (classic->state == CLASSIC_EMPTY)
        return (struct offset_age){.never = false, .since = classic->state_since};
    bool is_known = classic_is_consumer(classic) && classic->topics != NULL && classic->state == CLASSIC_STABLE;
    return (struct offset_age){.never = !is_known, .since = -1};
}

static bool is_empty(struct group_machine *m, const struct group *group)
{
    (void)m;
    return is_empty_group(group->state.classic);
}

static void add_tombstone(struct group_machine *m, struct coordinator_decision *d, struct group *group)
{
    (void)m;
    group_records_remove_group(&d->records, KW_GROUP_METADATA_KEY_TYPE, group->id);
}

/* ---- lists ---- */

static kw_string state_name(struct group_machine *m, const struct group *group)
{
    const struct classic_group *classic = group->state.classic;
    (void)m;
    return kw_string_of(classic_state_text(classic != NULL ? classic->state : CLASSIC_EMPTY));
}

static kw_string protocol_type(struct group_machine *m, const struct group *group)
{
    const struct classic_group *classic = group->state.classic;
    (void)m;
    return classic != NULL && classic->protocol_type != NULL ? classic_protocol_type(classic) : no_text;
}

static bool copy_bytes(kw_arena *arena, kw_bytes from, kw_bytes *to)
{
    kw_string copy;
    bool is_copied = arena_put_string(arena, kw_string_of_bytes(from), &copy);
    *to = kw_bytes_of_string(copy);
    return is_copied;
}

static bool describe_member(const struct classic_member *member, kw_arena *arena,
                            kw_describe_groups_response_described_group_member *out)
{
    bool is_stable = member->group->state == CLASSIC_STABLE;
    kw_describe_groups_response_described_group_member_init(out);
    return arena_put_string(arena, classic_member_id(member), &out->member_id) &&
           arena_put_string(arena, member->instance_id, &out->group_instance_id) &&
           arena_put_string(arena, member->client_id, &out->client_id) &&
           arena_put_string(arena, member->client_host, &out->client_host) &&
           copy_bytes(arena, shared_bytes_view(member->assignment), &out->member_assignment) &&
           (!is_stable || copy_bytes(arena, classic_metadata(member, member->group->protocol), &out->member_metadata));
}

static bool describe_members(const struct classic_group *classic, kw_arena *arena,
                             kw_describe_groups_response_described_group *out)
{
    out->members.items = kw_arena_array(arena, classic_member_count(classic), sizeof *out->members.items);
    if (out->members.items == NULL)
        return false;
    for (const struct classic_member *member = classic->first; member != NULL; member = member->next)
        if (!describe_member(member, arena, &out->members.items[out->members.len++]))
            return false;
    return true;
}

static bool describe(struct group_machine *m, const struct group *group, kw_arena *arena,
                     kw_describe_groups_response_described_group *out)
{
    const struct classic_group *classic = group->state.classic;
    out->group_state = state_name(m, group);
    if (!arena_put_string(arena, protocol_type(m, group), &out->protocol_type))
        return false;
    if (classic == NULL)
        return true;
    if (classic->state == CLASSIC_STABLE && !arena_put_string(arena, classic_protocol(classic), &out->protocol_data))
        return false;
    return describe_members(classic, arena, out);
}

const struct group_kind classic_kind = {
    .name = "classic",
    .destroy = destroy,
    .loaded = loaded,
    .unloaded = unloaded,
    .check_commit = check_commit,
    .check_fetch = check_fetch,
    .check_offset_delete = check_offset_delete,
    .check_delete = check_delete,
    .is_subscribed = is_subscribed,
    .offset_age = offset_age,
    .is_empty = is_empty,
    .remove = add_tombstone,
    .state_name = state_name,
    .protocol_type = protocol_type,
    .describe = describe,
};
