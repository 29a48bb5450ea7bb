/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_HEARTBEAT_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_HEARTBEAT_H

/* ShareGroupHeartbeat: members that join, stay and leave. */

#include <kwire/messages/share_group_heartbeat_request.h>
#include <kwire/messages/share_group_heartbeat_response.h>

#include "../group_machine.h"
#include "share_initialize.h"

struct share_heartbeat {
    const kw_share_group_heartbeat_request *request;
    kw_string client_id;
    kw_string client_host;
    kw_arena *arena; /* of the response, and of `wanted` */
};

/* What the request must be, whatever the group is. False: the response says why not. */
bool share_heartbeat_check(const kw_share_group_heartbeat_request *request,
                           kw_share_group_heartbeat_response *response);

/* Inside of a decision, after the check. If memory is short, the records fail. The state of *wanted is to be
 * initialized once the decision holds. */
void share_heartbeat(struct group_machine *m, struct coordinator_decision *d, const struct share_heartbeat *in,
                     kw_share_group_heartbeat_response *response, struct share_wanted *wanted);

/* The timer of a slot. */
void share_session_ended(struct coordinator_timer *timer, struct coordinator_decision *d);

#endif
