/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../coordinator/group/consumer/consumer_heartbeat.h"
#include "client_host.h"
#include "consumer_protocol.h"
#include "handlers.h"

typedef kw_consumer_group_heartbeat_response response_type;

struct beating {
    struct consumer_heartbeat in;
    char host[CLIENT_HOST_SIZE];
};

static void decide(struct call *call, struct coordinator_decision *decision)
{
    const struct beating *b = call->state;
    consumer_heartbeat(decision->state, decision, &b->in, call->response);
}

static enum call_outcome finish(struct call *call)
{
    response_type *response = call->response;
    if (call->decided == KW_ERROR_NONE)
        return CALL_ANSWERED;
    kw_consumer_group_heartbeat_response_init(response);
    response->error_code = call_coordinator_error(call);
    return CALL_ANSWERED;
}

enum call_outcome handle_consumer_group_heartbeat(struct call *call, const kw_consumer_group_heartbeat_request *request,
                                                  response_type *response)
{
    const struct config_place place = {call->image, call->broker->config.file, call->broker->identity.node_id};
    struct beating *b = kw_arena_alloc(call->arena, sizeof *b);
    if (b == NULL)
        return CALL_FAILED;
    if (!consumer_protocol_is_enabled(call)) {
        response->error_code = KW_ERROR_UNSUPPORTED_VERSION;
        return CALL_ANSWERED;
    }
    if (!consumer_heartbeat_check(request, call->version, &place, call->arena, response))
        return CALL_ANSWERED;
    b->in = (struct consumer_heartbeat){request, call->client_id, client_host(call, b->host), call->arena};
    call->state = b;
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, finish);
}
