/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_DESCRIBE_MODERN_GROUPS_H
#define SERVER_API_DESCRIBE_MODERN_GROUPS_H

/* The body of ConsumerGroupDescribe and ShareGroupDescribe, which differ in their types only. Who includes this file
 * has the types request_type, response_type and described_group, and these functions:
 *
 *     void described_group_init(described_group *)
 *     void describe_group(struct coordinator_decision *, kw_string id, kw_arena *, described_group *)
 *     bool is_enabled(const struct call *)  whether the cluster has such groups */

#include <string.h>

#include <kwire/error.h>

#include "call_parts.h"
#include "handlers.h"

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
    described_group_init(out_of(call));
    out_of(call)->group_id = id_of(call);
    out_of(call)->error_code = error;
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    describe_group(decision, id_of(call), call->arena, out_of(call));
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
    response_type *response = call->response;
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

static enum call_outcome describe_groups(struct call *call, const request_type *request)
{
    struct describing *d = kw_arena_alloc(call->arena, sizeof *d);
    size_t count = request->group_ids.len > 0 ? (size_t)request->group_ids.len : 0;
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    d->parts = (struct call_parts){.count = count, .start = start_group, .decided = take_group, .finish = answer};
    d->out = kw_arena_array(call->arena, count + 1, sizeof *d->out);
    call->state = d;
    if (d->out == NULL)
        return CALL_FAILED;
    return is_enabled(call) ? call_parts_start(call) : refuse_all(call);
}

#endif
