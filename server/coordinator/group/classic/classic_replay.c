/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>
#include <kwire/messages/group_metadata_key.h>
#include <kwire/messages/group_metadata_value.h>

#include "../group_machine.h"
#include "classic_group.h"
#include "classic_kind.h"

/* Ids that another member has already are no reason not to load: the first one counts. */
static bool is_taken(const struct classic_group *classic, const kw_group_metadata_value_member_metadata *record)
{
    return classic_find(classic, record->member_id) != NULL ||
           (record->group_instance_id.len >= 0 && classic_find_static(classic, record->group_instance_id) != NULL);
}

static bool add_member(struct classic_group *classic, const kw_group_metadata_value *value,
                       const kw_group_metadata_value_member_metadata *record)
{
    kw_join_group_request_protocol protocol = {.name = value->protocol, .metadata = record->subscription};
    const kw_join_group_request_protocol_array protocols = {&protocol, 1};
    const struct classic_member_texts texts = {record->member_id, record->group_instance_id, record->client_id,
                                               record->client_host};
    if (is_taken(classic, record))
        return true;
    struct classic_member *member = classic_member_create(&texts);
    if (member == NULL || !classic_prepare(classic, value->protocol_type) ||
        !shared_bytes_copy(record->assignment, &member->assignment)) {
        classic_member_free(member);
        return false;
    }
    member->protocols = classic_protocols_create(classic, &protocols);
    if (member->protocols == NULL) {
        shared_bytes_release(member->assignment);
        classic_member_free(member);
        return false;
    }
    member->session_timeout_ms = record->session_timeout;
    member->rebalance_timeout_ms =
        record->rebalance_timeout != -1 ? record->rebalance_timeout : record->session_timeout;
    classic_add(classic, member);
    return true;
}

static void set_leader(struct classic_group *classic, kw_string id)
{
    struct classic_member *leader = id.len >= 0 ? classic_find(classic, id) : NULL;
    if (leader != NULL)
        classic->leader = leader;
}

static bool fill(struct classic_group *classic, const kw_group_metadata_value *value)
{
    if (value->protocol_type.len > 0 && !classic_prepare(classic, value->protocol_type))
        return false;
    for (int32_t i = 0; i < value->members.len; i++)
        if (!add_member(classic, value, &value->members.items[i]))
            return false;
    classic->generation = value->generation;
    classic->state = classic->first != NULL ? CLASSIC_STABLE : CLASSIC_EMPTY;
    classic->state_since = value->current_state_timestamp;
    set_leader(classic, value->leader);
    if (classic->first != NULL)
        classic_set_protocol(classic, classic->first->protocols->items[0].name);
    classic_compute_topics(classic);
    return true;
}

static kw_status become(struct group_machine *m, struct group *group, const kw_group_metadata_value *value,
                        struct coordinator_undo_list *undo)
{
    struct classic_group *classic = classic_group_create(group->id, m->budget);
    kw_status status = classic != NULL && fill(classic, value) ? KW_OK : KW_ERR_NO_MEMORY;
    if (status == KW_OK)
        status = group_become(m, group, GROUP_CLASSIC, classic, undo);
    if (status != KW_OK && classic != NULL)
        classic_group_free(classic, KW_ERROR_NOT_COORDINATOR);
    return status;
}

kw_status classic_replay(struct group_machine *m, const struct group_record *record, struct coordinator_undo_list *undo)
{
    const kw_group_metadata_key *key = record->key;
    struct group *group = record->value != NULL ? group_demand(m, key->group) : group_find(m, key->group);
    if (group == NULL)
        return record->value != NULL ? KW_ERR_NO_MEMORY : KW_OK;
    if (record->value == NULL)
        return group_become(m, group, GROUP_NONE, NULL, undo);
    kw_status status = become(m, group, record->value, undo);
    if (status != KW_OK)
        group_tidy(m, group);
    return status;
}
