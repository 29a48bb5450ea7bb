/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_HEARTBEAT_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_HEARTBEAT_H

/* ConsumerGroupHeartbeat: members that join, stay and leave. */

#include <kwire/messages/consumer_group_heartbeat_request.h>
#include <kwire/messages/consumer_group_heartbeat_response.h>

#include "../group_machine.h"

struct consumer_heartbeat {
    const kw_consumer_group_heartbeat_request *request;
    kw_string client_id;
    kw_string client_host;
    kw_arena *arena; /* of the response */
};

/* What the request must be, whatever the group is. False: the response says why not. */
bool consumer_heartbeat_check(const kw_consumer_group_heartbeat_request *request, int16_t version,
                              const struct config_place *place, kw_arena *arena,
                              kw_consumer_group_heartbeat_response *response);

/* Inside of a decision, after the check. If memory is short, the records fail. */
void consumer_heartbeat(struct group_machine *m, struct coordinator_decision *d, const struct consumer_heartbeat *in,
                        kw_consumer_group_heartbeat_response *response);

#endif
