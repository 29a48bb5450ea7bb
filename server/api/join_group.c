/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/classic/classic_join.h"
#include "client_host.h"
#include "group_wait.h"
#include "handlers.h"

struct joining {
    kw_join_group_request message;
    struct join_request in;
    struct join_result out;
    char host[CLIENT_HOST_SIZE];
};

/* The first of the clients has no waiting time of its own. */
enum { FIRST_WITH_REBALANCE_TIMEOUT = 1, FIRST_WITH_NULL_PROTOCOL = 7 };

/* Before version 7 null is written as empty. */
static void finish(const struct call *call)
{
    kw_join_group_response *response = call->response;
    if (call->version < FIRST_WITH_NULL_PROTOCOL && response->protocol_name.len < 0)
        response->protocol_name = (kw_string){"", 0};
}

static enum call_outcome refuse(const struct call *call, int16_t error, kw_string member_id)
{
    classic_join_refuse(call->response, error, member_id);
    finish(call);
    return CALL_ANSWERED;
}

static enum call_outcome respond(struct call *call)
{
    kw_join_group_response_init(call->response);
    bool is_answered = classic_join_respond(group_wait_answer(call), call->arena, call->response);
    finish(call);
    return group_wait_end(call, is_answered);
}

static void drop_waiter(struct joining *joining)
{
    if (joining->out.waiter != NULL)
        waiter_release(joining->out.waiter);
    joining->out.waiter = NULL;
}

static void abandon(struct call *call)
{
    drop_waiter(call->state);
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct joining *joining = call->state;
    group_join(decision, &joining->in, &joining->out);
}

static enum call_outcome decided(struct call *call);

static enum call_outcome coordinate(struct call *call)
{
    const struct joining *joining = call->state;
    return call_coordinate_key(call, &call->broker->groups, joining->message.group_id, decide, NULL, decided);
}

static enum call_outcome decided(struct call *call)
{
    struct joining *joining = call->state;
    if (call->decided != KW_ERROR_NONE) {
        drop_waiter(joining);
        kw_join_group_response_init(call->response);
        return refuse(call, call_coordinator_error(call), (kw_string){"", 0});
    }
    if (joining->out.is_to_be_repeated)
        return coordinate(call);
    if (joining->out.waiter != NULL)
        return group_wait(call, joining->out.waiter, respond);
    finish(call);
    return CALL_ANSWERED;
}

static enum call_outcome start(struct call *call, const kw_join_group_request *request,
                               kw_join_group_response *response)
{
    struct joining *joining = kw_arena_alloc(call->arena, sizeof *joining);
    if (joining == NULL)
        return CALL_FAILED;
    memset(joining, 0, sizeof *joining);
    joining->message = *request;
    if (call->version < FIRST_WITH_REBALANCE_TIMEOUT)
        joining->message.rebalance_timeout_ms = request->session_timeout_ms;
    joining->in.message = &joining->message;
    joining->in.version = call->version;
    joining->in.client_id = call->client_id.len >= 0 ? call->client_id : (kw_string){"", 0};
    joining->in.client_host = client_host(call, joining->host);
    joining->in.arena = call->arena;
    joining->out.response = response;
    call->state = joining;
    call->abandon = abandon;
    return coordinate(call);
}

enum call_outcome handle_join_group(struct call *call, const kw_join_group_request *request,
                                    kw_join_group_response *response)
{
    const struct config *config = &call->broker->config;
    if (request->group_id.len == 0)
        return refuse(call, KW_ERROR_INVALID_GROUP_ID, request->member_id);
    if (request->session_timeout_ms < config->min_session_ms || request->session_timeout_ms > config->max_session_ms)
        return refuse(call, KW_ERROR_INVALID_SESSION_TIMEOUT, request->member_id);
    return start(call, request, response);
}
