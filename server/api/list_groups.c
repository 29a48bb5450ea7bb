/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/group_lists.h"
#include "call_parts.h"
#include "handlers.h"

struct listing {
    struct call_parts parts; /* the shards */
    struct group_list list;
    int16_t error;
};

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct listing *l = call->state;
    list_groups(decision, call->request, &l->list);
}

static enum call_outcome start_shard(struct call *call)
{
    const struct listing *l = call->state;
    return call_coordinate_partition(call, &call->broker->groups, (int32_t)l->parts.index, decide, NULL,
                                     call_part_decided);
}

/* Groups that are coordinated elsewhere are listed there; another error is that of all. */
static bool take_shard(struct call *call)
{
    struct listing *l = call->state;
    int16_t error = call_coordinator_error(call);
    if (error != KW_ERROR_NONE && error != KW_ERROR_NOT_COORDINATOR) {
        l->error = error;
        l->parts.index = l->parts.count - 1;
    }
    return true;
}

static enum call_outcome answer(struct call *call)
{
    const struct listing *l = call->state;
    kw_list_groups_response *response = call->response;
    response->error_code = l->error;
    if (l->error != KW_ERROR_NONE)
        return CALL_ANSWERED;
    response->groups.items = l->list.items;
    response->groups.len = (int32_t)l->list.count;
    return CALL_ANSWERED;
}

enum call_outcome handle_list_groups(struct call *call, const kw_list_groups_request *request,
                                     kw_list_groups_response *response)
{
    struct listing *l = kw_arena_alloc(call->arena, sizeof *l);
    int32_t shards = shards_partitions(&call->broker->groups);
    (void)request;
    (void)response;
    if (l == NULL)
        return CALL_FAILED;
    memset(l, 0, sizeof *l);
    l->parts =
        (struct call_parts){.count = (size_t)shards, .start = start_shard, .decided = take_shard, .finish = answer};
    l->list.arena = call->arena;
    l->error = shards == 0 ? KW_ERROR_COORDINATOR_NOT_AVAILABLE : KW_ERROR_NONE;
    call->state = l;
    return call_parts_start(call);
}
