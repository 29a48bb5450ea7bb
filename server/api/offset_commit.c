/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "handlers.h"
#include "offset_committing.h"

enum { IN_ZOOKEEPER = 0, FIRST_WITH_IDS = 10 };

static enum call_outcome respond(struct call *call)
{
    kw_offset_commit_response *response = call->response;
    return offset_committing_fill(call, call->state, &response->topics) ? CALL_ANSWERED : CALL_FAILED;
}

static enum call_outcome finish(struct call *call)
{
    int16_t error = call_coordinator_error(call);
    if (error != KW_ERROR_NONE)
        offset_committing_fail(call->state, error);
    return respond(call);
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    offset_committing_decide(call->state, decision);
}

enum call_outcome handle_offset_commit(struct call *call, const kw_offset_commit_request *request,
                                       kw_offset_commit_response *response)
{
    struct offset_committing *c = kw_arena_alloc(call->arena, sizeof *c);
    (void)response;
    if (c == NULL)
        return CALL_FAILED;
    memset(c, 0, sizeof *c);
    c->in = (struct offset_commit){
        .group = request->group_id,
        .check = {.member_id = request->member_id,
                  .instance_id = request->group_instance_id,
                  .generation = request->generation_id_or_member_epoch,
                  .version = call->version},
        .retention_ms = request->retention_time_ms,
    };
    c->asked = &request->topics;
    c->by_id = call->version >= FIRST_WITH_IDS;
    call->state = c;
    if (!offset_committing_start(call, c, call->version == IN_ZOOKEEPER ? KW_ERROR_UNSUPPORTED_VERSION : KW_ERROR_NONE))
        return CALL_FAILED;
    if (c->in.check.topic_count == 0)
        return respond(call);
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, finish);
}
