/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/group_lists.h"
#include "call_parts.h"
#include "handlers.h"
#include "topic_names.h"

typedef kw_delete_groups_response_deletable_group_result group_result;

struct deleting {
    struct call_parts parts; /* the groups, each once */
    struct name_list names;
    group_result *out;
};

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct deleting *d = call->state;
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

static bool take_group(struct call *call)
{
    const struct deleting *d = call->state;
    if (call->decided != KW_ERROR_NONE)
        d->out[d->parts.index].error_code = call_coordinator_error(call);
    return true;
}

static enum call_outcome answer(struct call *call)
{
    const struct deleting *d = call->state;
    kw_delete_groups_response *response = call->response;
    response->results.items = d->out;
    response->results.len = (int32_t)d->parts.count;
    return CALL_ANSWERED;
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
    return d->out != NULL;
}

enum call_outcome handle_delete_groups(struct call *call, const kw_delete_groups_request *request,
                                       kw_delete_groups_response *response)
{
    struct deleting *d = kw_arena_alloc(call->arena, sizeof *d);
    (void)response;
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    d->parts = (struct call_parts){.start = start_group, .decided = take_group, .finish = answer};
    call->state = d;
    return list_names(call, request, d) ? call_parts_start(call) : CALL_FAILED;
}
