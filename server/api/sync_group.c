/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../coordinator/group/classic/classic_sync.h"
#include "group_wait.h"
#include "handlers.h"

enum { FIRST_WITH_PROTOCOL = 5 };

static enum call_outcome respond(struct call *call)
{
    kw_sync_group_response_init(call->response);
    return group_wait_end(call, classic_sync_respond(group_wait_answer(call), call->arena, call->response));
}

/* call->state is the waiter, if there is one. */
static void abandon(struct call *call)
{
    if (call->state != NULL)
        waiter_release(call->state);
    call->state = NULL;
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    const struct sync_request in = {call->request, call->arena};
    struct sync_result out = {call->response, NULL};
    group_sync(decision, &in, &out);
    call->state = out.waiter;
}

static enum call_outcome decided(struct call *call)
{
    kw_sync_group_response *response = call->response;
    if (call->decided != KW_ERROR_NONE) {
        abandon(call);
        kw_sync_group_response_init(response);
        response->error_code = call_coordinator_error(call);
        return CALL_ANSWERED;
    }
    return call->state != NULL ? group_wait(call, call->state, respond) : CALL_ANSWERED;
}

enum call_outcome handle_sync_group(struct call *call, const kw_sync_group_request *request,
                                    kw_sync_group_response *response)
{
    bool is_incomplete = request->protocol_type.len < 0 || request->protocol_name.len < 0;
    if (call->version >= FIRST_WITH_PROTOCOL && is_incomplete)
        response->error_code = KW_ERROR_INCONSISTENT_GROUP_PROTOCOL;
    else if (request->group_id.len == 0)
        response->error_code = KW_ERROR_INVALID_GROUP_ID;
    if (response->error_code != KW_ERROR_NONE)
        return CALL_ANSWERED;
    call->abandon = abandon;
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, decided);
}
