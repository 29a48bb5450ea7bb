/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CLASSIC_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CLASSIC_H

/* Members of a consumer group that use the classic protocol: what JoinGroup, SyncGroup and Heartbeat do there. Their
 * generation is the epoch of the member. None of them ever waits. */

#include <kwire/messages/heartbeat_request.h>

#include "../classic/classic_join.h"
#include "../classic/classic_sync.h"
#include "consumer_group.h"

/* Inside of a decision; to a group that has members. If memory is short, the records fail. */
void consumer_join(struct coordinator_decision *decision, struct consumer_group *group, const struct join_request *in,
                   struct join_result *out);
void consumer_sync(struct coordinator_decision *decision, const struct consumer_group *group,
                   const struct sync_request *in, struct sync_result *out);
int16_t consumer_classic_heartbeat(struct coordinator_decision *decision, const struct consumer_group *group,
                                   const kw_heartbeat_request *request);

#endif
