/* SPDX-License-Identifier: Apache-2.0 */
#include "classic_heartbeat.h"

#include <kwire/error.h>

#include "../consumer/consumer_classic.h"
#include "classic_rebalance.h"

int16_t group_heartbeat(struct coordinator_decision *d, const kw_heartbeat_request *request)
{
    const struct group *group = group_find(d->state, request->group_id);
    if (group != NULL && group->type == GROUP_CONSUMER)
        return consumer_classic_heartbeat(d, group->state.consumer, request);
    const struct classic_group *classic = group != NULL && group->type == GROUP_CLASSIC ? group->state.classic : NULL;
    if (classic == NULL)
        return KW_ERROR_UNKNOWN_MEMBER_ID;
    int16_t error = classic_validate(classic, request->member_id, request->group_instance_id);
    if (error != KW_ERROR_NONE)
        return error;
    if (request->generation_id != classic->generation)
        return KW_ERROR_ILLEGAL_GENERATION;
    struct classic_moment at = classic_moment_of(d);
    struct classic_member *member = classic_find(classic, request->member_id);
    classic_touch(&at, member, member->session_timeout_ms);
    return classic->state == CLASSIC_PREPARING_REBALANCE ? KW_ERROR_REBALANCE_IN_PROGRESS : KW_ERROR_NONE;
}
