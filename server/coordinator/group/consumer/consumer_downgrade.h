/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_DOWNGRADE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_DOWNGRADE_H

/* A consumer group becomes a classic group, as the last member with the consumer protocol goes. */

#include "../group_machine.h"
#include "consumer_group.h"

struct consumer_downgrade {
    const struct consumer_group *g;
    const struct consumer_slot *const *left; /* who goes */
    size_t left_count;
    const struct consumer_slot *replaced;  /* a static member whose place is taken, instead; NULL: nobody's is */
    const struct consumer_member *joining; /* by this one */
    bool rebalance;                        /* the classic group is to be rebalanced */
};

/* Whether the settings allow it and only members with the classic protocol are left then. */
bool consumer_may_downgrade(const struct group_machine *m, const struct consumer_downgrade *change);

/* Replaces the state, and adds the records, which are copies of it. False: memory is short, and nothing has changed. */
bool consumer_downgrade(struct coordinator_decision *d, const struct consumer_downgrade *change);

#endif
