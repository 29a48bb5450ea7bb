/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_JOIN_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_JOIN_H

/* JoinGroup. */

#include <kwire/messages/join_group_request.h>
#include <kwire/messages/join_group_response.h>

#include "../group_machine.h"
#include "classic_group.h"

struct join_request {
    const kw_join_group_request *message;
    int16_t version;
    kw_string client_id;
    kw_string client_host;
    kw_arena *arena; /* of the response */
};

struct join_result {
    kw_join_group_response *response;
    struct waiter *waiter;  /* the call's reference: it has to wait for a classic_answer; NULL: it is answered */
    bool is_to_be_repeated; /* the group has been created; once that is written, the request is decided anew */
};

/* In a decision. */
void group_join(struct coordinator_decision *decision, const struct join_request *in, struct join_result *out);

/* What the waiter got. False: the arena is full. */
bool classic_join_respond(const struct classic_answer *answer, kw_arena *arena, kw_join_group_response *response);

/* An error; the member id, which the client may keep, is a view. */
void classic_join_refuse(kw_join_group_response *response, int16_t error, kw_string member_id);

#endif
