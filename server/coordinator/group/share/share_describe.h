/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_DESCRIBE_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_DESCRIBE_H

#include <kwire/messages/share_group_describe_response.h>

#include "../../machine.h"

/* ShareGroupDescribe for one group, inside of a decision whose state is a struct group_machine: all but the operations.
 * Where the arena is full, the decision's records fail. */
void share_describe(struct coordinator_decision *d, kw_string id, kw_arena *arena,
                    kw_share_group_describe_response_described_group *out);

#endif
