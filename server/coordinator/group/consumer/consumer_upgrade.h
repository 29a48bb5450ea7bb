/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_UPGRADE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_UPGRADE_H

/* A classic group with members becomes a consumer group, as somebody joins with the consumer protocol. */

#include "../classic/classic_group.h"
#include "consumer_step.h"

/* `step->g` is the consumer group from now on, as a draft: all members with what they have, and the classic protocol.
 * Records: the classic group ends, and all that the consumer group has. False: as in consumer_step.h; it is refused if
 * the group cannot become one. */
bool consumer_upgrade(struct consumer_step *step, struct group *group);

/* Must follow, also after a refusal: frees the draft. If the records are going to be replayed, whoever waits in the
 * classic group is to join again. */
void consumer_upgrade_end(struct consumer_step *step, struct classic_group *classic, bool is_done);

#endif
