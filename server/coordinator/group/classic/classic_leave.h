/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_LEAVE_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_LEAVE_H

/* LeaveGroup. */

#include <kwire/messages/leave_group_request.h>
#include <kwire/messages/leave_group_response.h>

#include "../group_machine.h"

/* In a decision. The response has a member for each of the request, with the ids that it gave, and errors that are not
 * filled in yet. */
void group_leave(struct coordinator_decision *decision, const kw_leave_group_request *request,
                 kw_leave_group_response *response);

#endif
