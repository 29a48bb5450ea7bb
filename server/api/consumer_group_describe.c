/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/consumer/consumer_describe.h"
#include "call_parts.h"
#include "consumer_protocol.h"
#include "handlers.h"

typedef kw_consumer_group_describe_request request_type;
typedef kw_consumer_group_describe_response_described_group described_group;

struct describing {
    struct call_parts parts; /* the groups */
    described_group *out;
};

static kw_string id_of(const struct call *call)
{
    const struct describing *d = call->state;
    return ((const request_type *)call->request)->group_ids.items[d->parts.index];
}

static described_group *out_of(const struct call *call)
{
    const struct describing *d = call->state;
    return &d->out[d->parts.index];
}

static void fail(const struct call *call, int16_t error)
{
    kw_consumer_group_describe_response_described_group_init(out_of(call));
    out_of(call)->group_id = id_of(call);
    out_of(call)->error_code = error;
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    consumer_describe(decision, id_of(call), call->arena, out_of(call));
}

static enum call_outcome start_group(struct call *call)
{
    return call_coordinate_key(call, &call->broker->groups, id_of(call), decide, NULL, call_part_decided);
}

static bool take_group(struct call *call)
{
    const request_type *request = call->request;
    if (id_of(call).len <= 0)
        fail(call, KW_ERROR_INVALID_GROUP_ID);
    else if (call->decided != KW_ERROR_NONE)
        fail(call, call_coordinator_error(call));
    else if (out_of(call)->error_code == KW_ERROR_NONE && request->include_authorized_operations)
        out_of(call)->authorized_operations = GROUP_OPERATIONS;
    return true;
}

static enum call_outcome answer(struct call *call)
{
    const struct describing *d = call->state;
    kw_consumer_group_describe_response *response = call->response;
    response->groups.items = d->out;
    response->groups.len = (int32_t)d->parts.count;
    return CALL_ANSWERED;
}

/* Each group has the error. */
static enum call_outcome refuse_all(struct call *call)
{
    struct describing *d = call->state;
    for (d->parts.index = 0; d->parts.index < d->parts.count; d->parts.index++)
        fail(call, KW_ERROR_UNSUPPORTED_VERSION);
    return answer(call);
}

enum call_outcome handle_consumer_group_describe(struct call *call, const request_type *request,
                                                 kw_consumer_group_describe_response *response)
{
    struct describing *d = kw_arena_alloc(call->arena, sizeof *d);
    size_t count = request->group_ids.len > 0 ? (size_t)request->group_ids.len : 0;
    (void)response;
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    d->parts = (struct call_parts){.count = count, .start = start_group, .decided = take_group, .finish = answer};
    d->out = kw_arena_array(call->arena, count + 1, sizeof *d->out);
    call->state = d;
    if (d->out == NULL)
        return CALL_FAILED;
    return consumer_protocol_is_enabled(call) ? call_parts_start(call) : refuse_all(call);
}
