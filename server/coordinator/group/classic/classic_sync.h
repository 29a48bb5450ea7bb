/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_SYNC_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_SYNC_H

/* SyncGroup: the leader says who gets what, and all get it once that is written. */

#include <kwire/messages/sync_group_request.h>
#include <kwire/messages/sync_group_response.h>

#include "../group_machine.h"
#include "classic_group.h"

struct sync_request {
    const kw_sync_group_request *message;
    kw_arena *arena; /* of the response */
};

struct sync_result {
    kw_sync_group_response *response;
    struct waiter *waiter; /* the call's reference: it has to wait for a classic_answer; NULL: it is answered */
};

/* In a decision. */
void group_sync(struct coordinator_decision *decision, const struct sync_request *in, struct sync_result *out);

/* What the waiter got. False: the arena is full. */
bool classic_sync_respond(const struct classic_answer *answer, kw_arena *arena, kw_sync_group_response *response);

/* Those that are being written do not matter any more. */
void classic_forget_assignments(struct classic_group *group);

#endif
