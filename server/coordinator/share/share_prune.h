/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARE_SHARE_PRUNE_H
#define SERVER_COORDINATOR_SHARE_SHARE_PRUNE_H

/* Which records of __share_group_state are no longer needed, as it is not compacted: what is below the oldest snapshot
 * that is the last one of its key. A key that nobody writes to gets a snapshot now and then, so that it does not hold
 * up the others. */

#include "share_state.h"

/* Nothing below this offset is needed; -1: all may be. */
int64_t share_prune_below(const struct share_state *s);

/* Has the records deleted that are no longer needed, once what makes them so is committed. Starts the timer again. */
void share_prune_tick(struct coordinator_timer *timer, struct coordinator_decision *d);

/* Adds the snapshots, and starts the timer again. */
void share_cold_tick(struct coordinator_timer *timer, struct coordinator_decision *d);

#endif
