/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_FENCE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_FENCE_H

/* Members of consumer groups that leave, or are removed as they do not answer any more. */

#include "consumer_group.h"

/* Adds the records that remove a member, or several of a group, of which there is at least one. */
void consumer_fence(struct coordinator_decision *d, const struct consumer_slot *slot);
void consumer_fence_all(struct coordinator_decision *d, const struct consumer_group *g,
                        const struct consumer_slot *const *slots, size_t count);

/* ---- timers ---- */

void consumer_session_ended(struct coordinator_timer *timer, struct coordinator_decision *d);
void consumer_rebalance_ended(struct coordinator_timer *timer, struct coordinator_decision *d);

#endif
