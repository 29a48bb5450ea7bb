/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_DESCRIBE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_DESCRIBE_H

#include <kwire/messages/consumer_group_describe_response.h>

#include "../../machine.h"

/* ConsumerGroupDescribe for one group, inside of a decision whose state is a struct group_machine: all but the
 * operations. Where the arena is full, the decision's records fail. */
void consumer_describe(struct coordinator_decision *d, kw_string id, kw_arena *arena,
                       kw_consumer_group_describe_response_described_group *out);

#endif
