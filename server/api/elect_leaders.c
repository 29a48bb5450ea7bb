/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../metadata/decide_elections.h"
#include "handlers.h"

static void decide(struct call *call, struct decision *decision)
{
    if (!decide_elections(decision, call->broker->config.file, call->request, call->arena, call->response))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

static enum call_outcome finish(struct call *call)
{
    kw_elect_leaders_response *response = call->response;
    if (call->decided == KW_ERROR_NONE)
        return CALL_ANSWERED;
    response->error_code = call->decided;
    response->replica_election_results.len = 0;
    return CALL_ANSWERED;
}

enum call_outcome handle_elect_leaders(struct call *call, const kw_elect_leaders_request *request,
                                       kw_elect_leaders_response *response)
{
    (void)request;
    (void)response;
    return call_decide(call, decide, finish);
}
