/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../coordinator/group/classic/classic_heartbeat.h"
#include "handlers.h"

static void decide(struct call *call, struct coordinator_decision *decision)
{
    kw_heartbeat_response *response = call->response;
    response->error_code = group_heartbeat(decision, call->request);
}

/* A group that is being loaded starts all sessions anew, so it does not matter that it has missed a heartbeat. */
static enum call_outcome decided(struct call *call)
{
    kw_heartbeat_response *response = call->response;
    if (call->decided == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS)
        response->error_code = KW_ERROR_NONE;
    else if (call->decided != KW_ERROR_NONE)
        response->error_code = call_coordinator_error(call);
    return CALL_ANSWERED;
}

enum call_outcome handle_heartbeat(struct call *call, const kw_heartbeat_request *request,
                                   kw_heartbeat_response *response)
{
    if (request->group_id.len != 0)
        return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, decided);
    response->error_code = KW_ERROR_INVALID_GROUP_ID;
    return CALL_ANSWERED;
}
