/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_leave.h"

#include <kwire/error.h>

#include "../consumer/consumer_leave.h"
#include "classic_rebalance.h"

/* Who the tools remove has no member id. */
static int16_t leave_by_instance(struct classic_group *group, kw_string instance_id)
{
    struct classic_member *member = instance_id.len >= 0 ? classic_find_static(group, instance_id) : NULL;
    if (member == NULL)
        return KW_ERROR_UNKNOWN_MEMBER_ID;
    classic_remove(group, member, KW_ERROR_UNKNOWN_MEMBER_ID);
    return KW_ERROR_NONE;
}

static int16_t leave(struct classic_group *group, const kw_leave_group_request_member_identity *who)
{
    if (who->member_id.len <= 0)
        return leave_by_instance(group, who->group_instance_id);
    struct classic_pending *pending = classic_find_pending(group, who->member_id);
    if (pending != NULL) {
        classic_remove_pending(group, pending);
        return KW_ERROR_NONE;
    }
    int16_t error = classic_validate(group, who->member_id, who->group_instance_id);
    if (error == KW_ERROR_NONE)
        classic_remove(group, classic_find(group, who->member_id), KW_ERROR_UNKNOWN_MEMBER_ID);
    return error;
}

void group_leave(struct coordinator_decision *d, const kw_leave_group_request *request,
                 kw_leave_group_response *response)
{
    const struct group *group = group_find(d->state, request->group_id);
    if (group != NULL && group->type == GROUP_CONSUMER) {
        consumer_leave(d, group->state.consumer, request, response);
        return;
    }
    struct classic_group *classic = group != NULL && group->type == GROUP_CLASSIC ? group->state.classic : NULL;
    struct classic_moment at = classic_moment_of(d);
    bool has_left = false;
    for (int32_t i = 0; i < request->members.len; i++) {
        int16_t error = classic != NULL ? leave(classic, &request->members.items[i]) : KW_ERROR_UNKNOWN_MEMBER_ID;
        response->members.items[i].error_code = error;
        has_left = has_left || error == KW_ERROR_NONE;
    }
    if (has_left && classic->state != CLASSIC_EMPTY)
        classic_rebalance(&at, classic);
}
