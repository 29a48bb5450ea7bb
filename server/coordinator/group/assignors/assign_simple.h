/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_ASSIGNORS_ASSIGN_SIMPLE_H
#define SERVER_COORDINATOR_GROUP_ASSIGNORS_ASSIGN_SIMPLE_H

/* Which members of a share group get which partition: a pure function. Several members may have the same one. */

#include <kwire/arena.h>

#include "../partition_set.h"

struct simple_member {
    const uint32_t *topics; /* that it is subscribed to: indexes, ascending; members may share the list */
    size_t topic_count;
    struct partition_set before; /* what it has so far */
    struct partition_set after;  /* the result, in the arena */
};

/* Gives each partition the same number of members, as many as it takes to give each member one, and each member the
 * same number of partitions within one. Members keep what they have as far as that allows. If members are subscribed to
 * different topics, this is so for each topic among its subscribers. Each partition of a topic with subscribers gets a
 * member; with no more members than partitions each member gets one. `topics` are sorted and those of the partitions.
 * False: the arena is full. */
bool assign_simple(struct partition_set partitions, const kw_uuid *topics, size_t topic_count,
                   struct simple_member *members, size_t member_count, kw_arena *arena);

#endif
