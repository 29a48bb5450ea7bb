/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_ASSIGNORS_ASSIGNOR_H
#define SERVER_COORDINATOR_GROUP_ASSIGNORS_ASSIGNOR_H

/* Which member of a group gets which partition: pure functions. The partitions of all topics are numbered through:
 * those of the first topic, then those of the second one, and so on. Members and topics are named by their indexes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

struct assignor_topic {
    kw_uuid id;
    uint32_t first; /* the number of its partition 0 */
    uint32_t partitions;
};

struct assignor_member {
    kw_string id;
    kw_string instance_id;  /* null: none */
    const uint32_t *topics; /* that it is subscribed to, ascending; members may share the list */
    size_t topic_count;
};

enum { NO_MEMBER = -1 };

struct assignor_input {
    const struct assignor_topic *topics; /* with at least one subscriber each */
    size_t topic_count;
    size_t partition_count;
    const struct assignor_member *members;
    size_t member_count;   /* at most INT32_MAX */
    const int32_t *owners; /* who has the partition so far, for each; NO_MEMBER: nobody */
    bool is_homogeneous;   /* all members are subscribed to all topics */
};

/* Stores for each partition which member gets it, and takes memory for that work from the arena. False: that is full.
 * Each partition has a member that is subscribed to its topic; without members it has NO_MEMBER. */
typedef bool assignor(const struct assignor_input *in, kw_arena *arena, int32_t *owners);

/* Contiguous ranges of each topic for its subscribers: first for those with an instance id, in the order of these, then
 * for the others in the order of their ids. Like Kafka's, partition by partition. */
assignor assign_range;

/* As equal numbers of partitions as possible for all members, who keep what they can. One of the two below. */
assignor assign_uniform;

/* Of a homogeneous group: the numbers differ by one at most, and no partition moves that need not. */
assignor assign_uniform_equal;

/* Of other groups: members keep what they are subscribed to; the rest goes to the subscribers with the fewest
 * partitions; then single partitions move from members with more to members with fewer of them, until that would
 * improve nothing, or after ASSIGN_PASSES passes over all topics. */
assignor assign_uniform_mixed;

enum { ASSIGN_PASSES = 16 };

#endif
