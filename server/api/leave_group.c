/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../coordinator/group/classic/classic_leave.h"
#include "handlers.h"

/* Before, a request has one member, and its error is that of the response. */
enum { FIRST_WITH_MANY = 3 };

/* call->state: the request as those with many members are. */
static void decide(struct call *call, struct coordinator_decision *decision)
{
    group_leave(decision, call->state, call->response);
}

static enum call_outcome decided(struct call *call)
{
    kw_leave_group_response *response = call->response;
    if (call->decided != KW_ERROR_NONE)
        response->error_code = call_coordinator_error(call);
    else if (call->version < FIRST_WITH_MANY)
        response->error_code = response->members.items[0].error_code;
    if (call->decided != KW_ERROR_NONE || call->version < FIRST_WITH_MANY)
        response->members.len = 0;
    return CALL_ANSWERED;
}

static bool take_one(struct call *call, kw_leave_group_request *request)
{
    kw_leave_group_request_member_identity *member = kw_arena_alloc(call->arena, sizeof *member);
    if (member == NULL)
        return false;
    kw_leave_group_request_member_identity_init(member);
    member->member_id = request->member_id;
    request->members = (kw_leave_group_request_member_identity_array){member, 1};
    return true;
}

static bool name_members(struct call *call, const kw_leave_group_request *request, kw_leave_group_response *response)
{
    int32_t count = request->members.len > 0 ? request->members.len : 0;
    response->members.items = kw_arena_array(call->arena, (size_t)count, sizeof *response->members.items);
    if (response->members.items == NULL)
        return false;
    response->members.len = count;
    for (int32_t i = 0; i < count; i++) {
        kw_leave_group_response_member_response_init(&response->members.items[i]);
        response->members.items[i].member_id = request->members.items[i].member_id;
        response->members.items[i].group_instance_id = request->members.items[i].group_instance_id;
    }
    return true;
}

enum call_outcome handle_leave_group(struct call *call, const kw_leave_group_request *request,
                                     kw_leave_group_response *response)
{
    if (request->group_id.len == 0) {
        response->error_code = KW_ERROR_INVALID_GROUP_ID;
        return CALL_ANSWERED;
    }
    kw_leave_group_request *all = kw_arena_alloc(call->arena, sizeof *all);
    if (all == NULL)
        return CALL_FAILED;
    *all = *request;
    if ((call->version < FIRST_WITH_MANY && !take_one(call, all)) || !name_members(call, all, response))
        return CALL_FAILED;
    call->state = all;
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, decided);
}
