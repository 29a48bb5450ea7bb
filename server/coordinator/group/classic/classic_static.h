/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_STATIC_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_STATIC_H

/* A static member comes back: it has the same instance id, and gets a new member id. */

#include "classic_join.h"
#include "classic_rebalance.h"

/* The request takes the place of the member, under this id. */
void classic_replace_static(const struct classic_moment *at, struct classic_member *member, kw_string new_id,
                            const struct join_request *in, struct join_result *out);

/* The member is going to be removed. */
void classic_forget_replacements(struct classic_member *member);

#endif
