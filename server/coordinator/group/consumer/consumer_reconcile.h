/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_RECONCILE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_RECONCILE_H

/* From what a member of a consumer group has one step towards what it is to have: a pure function, as Kafka's
 * CurrentAssignmentBuilder. First a member gives up what is not in its target; then it moves to the target epoch and
 * gets what nobody has. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "consumer_member.h"
#include "partition_owners.h"

struct reconcile_input {
    const struct consumer_member *member;
    int32_t target_epoch;
    struct partition_set target;
    const kw_uuid *topics; /* that it is subscribed to: sorted */
    size_t topic_count;
    bool has_changed_subscription;
    bool says_owned; /* the client says what it has: */
    struct partition_set owned;
    const struct partition_owners *owners; /* of all partitions of the group */
};

/* The fields of record 8. */
struct reconciled {
    int32_t epoch;
    int32_t previous_epoch;
    enum consumer_member_state state;
    struct partition_set assigned;
    struct partition_set revoking;
};

/* KW_ERROR_NONE; KW_ERROR_FENCED_MEMBER_EPOCH: the member must join anew; COORDINATOR_NO_MEMORY: the arena is full. The
 * sets are in the arena or those of the input. */
int16_t consumer_reconcile(const struct reconcile_input *in, kw_arena *arena, struct reconciled *out);

#endif
