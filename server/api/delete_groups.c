/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/group_lists.h"
#include "../coordinator/group/share/share_offsets.h"
#include "call_parts.h"
#include "handlers.h"
#include "share_state_call.h"
#include "topic_names.h"

typedef kw_delete_groups_response_deletable_group_result group_result;

/* Of a group. */
struct deleted {
    struct partition_set set; /* a share group whose states are removed before it */
    size_t first;             /* of these */
};

struct deleting {
    struct call_parts parts; /* the groups, each once */
    struct name_list names;
    group_result *out;
    struct deleted *groups;
    struct share_state_call *states;
};

static enum call_outcome answer(struct call *call)
{
    const struct deleting *d = call->state;
    kw_delete_groups_response *response = call->response;
    response->results.items = d->out;
    response->results.len = (int32_t)d->parts.count;
    return CALL_ANSWERED;
}

static bool take_group(struct call *call)
{
    const struct deleting *d = call->state;
    if (call->decided != KW_ERROR_NONE)
        d->out[d->parts.index].error_code = call_coordinator_error(call);
    return true;
}

/* ---- share groups whose states have been removed ---- */

static void decide_again(struct call *call, struct coordinator_decision *decision)
{
    struct deleting *d = call->state;
    d->out[d->parts.index].error_code = delete_group(decision, d->names.items[d->parts.index]);
}

static enum call_outcome start_again(struct call *call)
{
    const struct deleting *d = call->state;
    size_t index = d->parts.index;
    if (d->groups[index].set.count != 0 && d->out[index].error_code == KW_ERROR_NONE)
        return call_coordinate_key(call, &call->broker->groups, d->names.items[index], decide_again, NULL,
                                   call_part_decided);
    call->decided = KW_ERROR_NONE;
    return call_part_decided(call);
}

static enum call_outcome take_states(struct call *call)
{
    const struct share_state_call *states = call->state;
    struct deleting *d = states->context;
    call->state = d;
    for (size_t i = 0; i < d->parts.count; i++)
        for (size_t p = 0; p < d->groups[i].set.count && d->out[i].error_code == KW_ERROR_NONE; p++)
            d->out[i].error_code = states->items[d->groups[i].first + p].error;
    d->parts.index = 0;
    d->parts.start = start_again;
    d->parts.finish = answer;
    return call_parts_start(call);
}

static enum call_outcome remove_states(struct call *call)
{
    struct deleting *d = call->state;
    size_t count = 0;
    for (size_t i = 0; i < d->parts.count; i++) {
        if (d->out[i].error_code != KW_ERROR_NONE)
            d->groups[i].set.count = 0;
        count += d->groups[i].set.count;
    }
    if (count == 0)
        return answer(call);
    struct share_state_call *states = share_state_call_create(call, SHARE_STATE_DELETE, count, take_states);
    if (states == NULL)
        return CALL_FAILED;
    states->context = d;
    for (size_t i = 0; i < d->parts.count; i++) {
        d->groups[i].first = states->count;
        for (size_t p = 0; p < d->groups[i].set.count; p++) {
            const struct set_partition *from = &d->groups[i].set.items[p];
            const struct share_state_item *item =
                share_state_call_add(states, d->names.items[i], from->topic, from->index);
            share_partitions_drop(&call->broker->share_partitions, &item->asked.key);
        }
    }
    return share_state_call_run(call, states);
}

/* ---- all groups ---- */

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct deleting *d = call->state;
    struct deleted *group = &d->groups[d->parts.index];
    share_offsets_delete_all(decision, d->names.items[d->parts.index], call->arena, &group->set);
    if (group->set.count == 0)
        d->out[d->parts.index].error_code = delete_group(decision, d->names.items[d->parts.index]);
}

static enum call_outcome start_group(struct call *call)
{
    struct deleting *d = call->state;
    kw_string id = d->names.items[d->parts.index];
    kw_delete_groups_response_deletable_group_result_init(&d->out[d->parts.index]);
    d->out[d->parts.index].group_id = id;
    return call_coordinate_key(call, &call->broker->groups, id, decide, NULL, call_part_decided);
}

static bool list_names(struct call *call, const kw_delete_groups_request *request, struct deleting *d)
{
    size_t count = request->groups_names.len > 0 ? (size_t)request->groups_names.len : 0;
    if (!name_list_init(&d->names, count, call->arena))
        return false;
    for (size_t i = 0; i < count; i++)
        d->names.items[i] = request->groups_names.items[i];
    d->names.count = count;
    if (!name_list_make_distinct(&d->names, false, call->arena))
        return false;
    d->parts.count = d->names.count;
    d->out = kw_arena_array(call->arena, d->names.count, sizeof *d->out);
    d->groups = kw_arena_array(call->arena, d->names.count, sizeof *d->groups);
    if (d->out == NULL || d->groups == NULL)
        return false;
    if (d->names.count != 0)
        memset(d->groups, 0, d->names.count * sizeof *d->groups);
    return true;
}

enum call_outcome handle_delete_groups(struct call *call, const kw_delete_groups_request *request,
                                       kw_delete_groups_response *response)
{
    struct deleting *d = kw_arena_alloc(call->arena, sizeof *d);
    (void)response;
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    d->parts = (struct call_parts){.start = start_group, .decided = take_group, .finish = remove_states};
    call->state = d;
    return list_names(call, request, d) ? call_parts_start(call) : CALL_FAILED;
}
