/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_REBALANCE_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_REBALANCE_H

/* How a classic group gets from one generation to the next; docs/groups.md, "Preparing and completing". */

#include "../group_machine.h"
#include "classic_group.h"

/* A new member has so long to be answered, whatever its session timeout is, as it cannot send heartbeats before. */
enum { CLASSIC_NEW_MEMBER_MS = 300000 };

/* When something happens: in a decision, or in what follows one. */
struct classic_moment {
    struct group_machine *machine;
    struct shard *shard;
    int64_t now;                           /* ms since 1970 */
    int64_t clock;                         /* of timers */
    struct coordinator_decision *decision; /* NULL: no records can be written */
};

struct classic_moment classic_moment_of(struct coordinator_decision *decision);
struct classic_moment classic_moment_after(struct group_machine *m);

/* The state of a group, for whatever needs one; a simple group gets its own. NULL: there is no memory. */
struct classic_group *classic_demand(struct group_machine *m, struct group *group);

/* The member's deadline starts anew. */
void classic_touch(const struct classic_moment *at, struct classic_member *member, int64_t ms);
void classic_touch_pending(const struct classic_moment *at, struct classic_pending *pending, int64_t ms);

/* Somebody has joined or left, or what members say has changed: prepares a rebalance, or completes the one that is
 * prepared if nobody is missing. */
void classic_rebalance(const struct classic_moment *at, struct classic_group *group);

/* Not while one is prepared. */
void classic_prepare_rebalance(const struct classic_moment *at, struct classic_group *group);

/* While one is prepared: nothing but for an initial one, which waits for its time, or if somebody is missing. */
void classic_complete_if_possible(const struct classic_moment *at, struct classic_group *group);

/* Whether it is one from an empty group, which is prepared for a while so that others may join. */
bool classic_is_initial(const struct classic_group *group);

/* All assignments are emptied, and who waits for one gets the error. */
void classic_fail_syncs(const struct classic_moment *at, struct classic_group *group, int16_t error);

/* Adds the group's record; it describes what the state has already. `assignments` has one for each member, in their
 * order; NULL: those that they have. */
void classic_write(struct coordinator_decision *decision, const struct classic_group *group,
                   struct shared_bytes *const *assignments);

#endif
