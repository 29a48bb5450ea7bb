/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../coordinator/group/share/share_heartbeat.h"
#include "../share/share_initializer.h"
#include "client_host.h"
#include "handlers.h"
#include "share_protocol.h"

typedef kw_share_group_heartbeat_response response_type;

struct beating {
    struct topic_creation_waiter waiter; /* the first member */
    struct share_heartbeat in;
    struct share_wanted wanted;
    char host[CLIENT_HOST_SIZE];
};

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct beating *b = call->state;
    share_heartbeat(decision->state, decision, &b->in, call->response, &b->wanted);
}

static enum call_outcome finish(struct call *call)
{
    const struct beating *b = call->state;
    response_type *response = call->response;
    if (call->decided != KW_ERROR_NONE) {
        kw_share_group_heartbeat_response_init(response);
        response->error_code = call_coordinator_error(call);
    } else if (b->wanted.set.count != 0) {
        share_initializer_start(&call->broker->share_states, &call->broker->groups, call->exchange->executor,
                                b->in.request->group_id, &b->wanted);
    }
    return CALL_ANSWERED;
}

static enum call_outcome coordinate(struct call *call)
{
    const struct beating *b = call->state;
    return call_coordinate_key(call, &call->broker->groups, b->in.request->group_id, decide, NULL, finish);
}

static enum call_outcome refuse(response_type *response, int16_t error, const char *message)
{
    response->error_code = error;
    response->error_message = kw_string_of(message);
    return CALL_ANSWERED;
}

enum call_outcome handle_share_group_heartbeat(struct call *call, const kw_share_group_heartbeat_request *request,
                                               response_type *response)
{
    struct beating *b = kw_arena_alloc(call->arena, sizeof *b);
    if (b == NULL)
        return CALL_FAILED;
    if (!share_protocol_is_enabled(call))
        return refuse(response, KW_ERROR_UNSUPPORTED_VERSION, "The version of API is not supported.");
    if (!share_member_id_is_valid(request->member_id))
        return refuse(response, KW_ERROR_INVALID_REQUEST, NULL);
    if (!share_heartbeat_check(request, response))
        return CALL_ANSWERED;
    *b = (struct beating){.wanted = {.epoch = 0}};
    b->in = (struct share_heartbeat){request, call->client_id, client_host(call, b->host), call->arena};
    call->state = b;
    return request->member_epoch == 0 ? share_topic_await(call, coordinate) : coordinate(call);
}
