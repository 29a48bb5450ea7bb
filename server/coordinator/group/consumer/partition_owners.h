/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_PARTITION_OWNERS_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_PARTITION_OWNERS_H

/* For each partition how many members of a group have it, assigned or to be given up. More than one never have it by
 * decisions of a coordinator, but records of others may say so; then it is owned until all of them have given it up. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../partition_set.h"

/* All zero: nothing is owned. */
struct partition_owners {
    struct owned_slot *slots;
    size_t capacity; /* power of two; 0: none */
    size_t used;     /* partitions that are owned; to read */
};

void partition_owners_finish(struct partition_owners *owners);

bool partition_owners_has(const struct partition_owners *owners, kw_uuid topic, int32_t index);

/* So that so many more can be put in without memory. False: there is none. */
bool partition_owners_reserve(struct partition_owners *owners, size_t count);

/* A member has all of the set, which has been reserved. */
void partition_owners_put(struct partition_owners *owners, struct partition_set set);

/* A member that had all of the set has it no more. */
void partition_owners_take(struct partition_owners *owners, struct partition_set set);

#endif
