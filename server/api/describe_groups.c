/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/group_lists.h"
#include "call_parts.h"
#include "handlers.h"

typedef kw_describe_groups_request request_type;
typedef kw_describe_groups_response_described_group described_group;

struct describing {
    struct call_parts parts; /* the groups */
    described_group *out;
};

static kw_string id_of(const struct call *call)
{
    const struct describing *d = call->state;
    return ((const request_type *)call->request)->groups.items[d->parts.index];
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct describing *d = call->state;
    describe_group(decision, id_of(call), call->version, call->arena, &d->out[d->parts.index]);
}

static enum call_outcome start_group(struct call *call)
{
    return call_coordinate_key(call, &call->broker->groups, id_of(call), decide, NULL, call_part_decided);
}

static bool take_group(struct call *call)
{
    const struct describing *d = call->state;
    described_group *out = &d->out[d->parts.index];
    if (call->decided != KW_ERROR_NONE) {
        kw_describe_groups_response_described_group_init(out);
        out->group_id = id_of(call);
        out->error_code = call_coordinator_error(call);
    } else if (out->error_code == KW_ERROR_NONE &&
               ((const request_type *)call->request)->include_authorized_operations) {
        out->authorized_operations = GROUP_OPERATIONS;
    }
    return true;
}

static enum call_outcome answer(struct call *call)
{
    const struct describing *d = call->state;
    kw_describe_groups_response *response = call->response;
    response->groups.items = d->out;
    response->groups.len = (int32_t)d->parts.count;
    return CALL_ANSWERED;
}

enum call_outcome handle_describe_groups(struct call *call, const kw_describe_groups_request *request,
                                         kw_describe_groups_response *response)
{
    struct describing *d = kw_arena_alloc(call->arena, sizeof *d);
    size_t count = request->groups.len > 0 ? (size_t)request->groups.len : 0;
    (void)response;
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    d->parts = (struct call_parts){.count = count, .start = start_group, .decided = take_group, .finish = answer};
    d->out = kw_arena_array(call->arena, count, sizeof *d->out);
    call->state = d;
    return d->out != NULL ? call_parts_start(call) : CALL_FAILED;
}
