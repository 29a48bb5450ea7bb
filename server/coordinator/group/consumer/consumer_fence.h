/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_FENCE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_FENCE_H

/* Members of consumer groups that leave, or are removed as they do not answer any more. */

#include "consumer_group.h"

/* Adds the records that remove a member, or several of a group, of which there is at least one. The group may become a
 * classic one. */
void consumer_fence(struct coordinator_decision *d, const struct consumer_slot *slot);
void consumer_fence_all(struct coordinator_decision *d, const struct consumer_group *g,
                        const struct consumer_slot *const *slots, size_t count);

#endif
