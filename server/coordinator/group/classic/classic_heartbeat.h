/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_HEARTBEAT_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_HEARTBEAT_H

/* Heartbeat. */

#include <kwire/messages/heartbeat_request.h>

#include "../group_machine.h"

/* In a decision; returns the error of the answer. */
int16_t group_heartbeat(struct coordinator_decision *decision, const kw_heartbeat_request *request);

#endif
