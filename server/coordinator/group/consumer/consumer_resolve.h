/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_RESOLVE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_RESOLVE_H

/* Which topics the patterns of a consumer group match: found out on a worker, for all patterns of the group at once. */

#include "../group_machine.h"

struct consumer_group;
struct consumer_member;

/* Sends the patterns of the group to a worker, if it is time for that: with those of `after`, and without what only
 * `before` (NULL: nobody) has. `is_new`: nobody has had that of `after` so far. If memory is short, a later heartbeat
 * does it. */
void consumer_resolve_if_due(struct group_machine *m, const struct coordinator_decision *d,
                             const struct consumer_group *group, const struct consumer_member *before,
                             const struct consumer_member *after, bool is_new);

#endif
