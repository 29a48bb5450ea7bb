/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_LEAVE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_LEAVE_H

/* LeaveGroup to a consumer group: who manages groups removes members so, whatever their protocol is. */

#include <kwire/messages/leave_group_request.h>
#include <kwire/messages/leave_group_response.h>

#include "../../machine.h"

struct consumer_group;

/* As group_leave() in classic_leave.h. */
void consumer_leave(struct coordinator_decision *decision, const struct consumer_group *group,
                    const kw_leave_group_request *request, kw_leave_group_response *response);

#endif
