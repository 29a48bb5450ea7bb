/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_PARTITION_OWNERS_H
#define SERVER_COORDINATOR_GROUP_PARTITION_OWNERS_H

/* For each partition that a member of a group has, assigned or to be given up, the epoch of that member. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition_set.h"

enum { NOT_OWNED = -1 };

/* All zero: nothing is owned. */
struct partition_owners {
    struct owned_slot *slots;
    size_t capacity; /* power of two; 0: none */
    size_t used;
};

void partition_owners_finish(struct partition_owners *owners);

/* The epoch at which it is owned, or NOT_OWNED. That of a static member that has left is negative, too. */
int32_t partition_owners_epoch(const struct partition_owners *owners, kw_uuid topic, int32_t index);

/* So that so many more can be put in without memory. False: there is none. */
bool partition_owners_reserve(struct partition_owners *owners, size_t count);

/* All of the set are owned at this epoch. They have been reserved. */
void partition_owners_put(struct partition_owners *owners, struct partition_set set, int32_t epoch);

/* Those of the set that are owned at this epoch are not owned any more. */
void partition_owners_take(struct partition_owners *owners, struct partition_set set, int32_t epoch);

#endif
