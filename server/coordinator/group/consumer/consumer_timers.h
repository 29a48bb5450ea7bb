/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_TIMERS_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_TIMERS_H

/* The timers of the members of consumer groups; who lets one pass is removed. All of them have the session. With the
 * consumer protocol a member has so long to give up partitions; with the classic one to join when it has been told to,
 * and to send SyncGroup when it has joined. */

#include "../group_machine.h"
#include "consumer_group.h"

/* Of a slot that is new. */
void consumer_timers_init(struct consumer_slot *slot);

void consumer_timers_stop(struct consumer_slot *slot);

/* Starts or stops the timers of a member that has become `slot->member`; `before` may be NULL. */
void consumer_move_timers(struct group_machine *m, struct consumer_slot *slot, const struct consumer_member *before);

/* The same when the records of `after`, which may be NULL, could not be written. */
void consumer_move_timers_back(struct group_machine *m, struct consumer_slot *slot,
                               const struct consumer_member *after);

/* The log has been loaded. */
void consumer_start_timers(struct group_machine *m, struct consumer_slot *slot);

/* The session starts anew. */
void consumer_touch(const struct coordinator_decision *d, struct consumer_slot *slot, int32_t session_timeout_ms);

/* ---- members with the classic protocol; the times are by the decision's clock ---- */

/* It is to join again, within its rebalance timeout from the first time on. */
void consumer_await_join(const struct coordinator_decision *d, struct consumer_slot *slot);

/* It has joined, and is to send SyncGroup; the slot may be one of a member that is going to be new. */
void consumer_await_sync(const struct coordinator_decision *d, struct consumer_slot *slot,
                         int32_t rebalance_timeout_ms);

void consumer_end_sync(struct consumer_slot *slot);

#endif
