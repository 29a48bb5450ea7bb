/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_STEP_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_STEP_H

/* What a member of a consumer group gets done when it says something, with a heartbeat or with JoinGroup: it is found
 * or is new, what it says is taken over, the group's epoch is bumped, the target is computed, and the member is
 * reconciled. docs/groups.md, "The heartbeat of a member". */

#include <stdbool.h>
#include <stdint.h>

#include "../../../metadata/refusal.h"
#include "../group_machine.h"
#include "consumer_group.h"

struct consumer_step {
    struct group_machine *m;
    struct coordinator_decision *d;
    kw_arena *answers; /* for messages */
    struct consumer_group *g;
    kw_string group_id;
    kw_string member_id;            /* "": one is chosen */
    kw_string instance_id;          /* null: none */
    struct consumer_slot *slot;     /* of the member; NULL: it is new */
    struct consumer_slot *replaced; /* the static member whose place it takes */
    struct consumer_member before;  /* as it is, or was when it was replaced, or new */
    struct consumer_member after;
    bool says_owned; /* the client says what it has: */
    struct partition_set owned;

    /* What comes of it. */
    bool has_changed_subscription;
    int32_t epoch; /* of the group */
    int32_t target_epoch;
    struct partition_set target;
    struct refusal refusal;
};

/* All return false if that is the end: it is refused, or without a refusal memory is short, which the records say, or
 * the decision needs a worker. Records are those of the decision. */

/* Memory is short. */
bool consumer_step_fail(struct consumer_step *s);

/* An error and a format with what belongs to it. */
#define consumer_step_refuse(step, ...) \
    ((step)->d->records.count = 0, refuse_with(&(step)->refusal, (step)->answers, __VA_ARGS__))

/* Whether the group has a place for the member. */
bool consumer_step_check_size(struct consumer_step *s);

/* A member without an id gets one: a random UUID, as Kafka prints its own. */
bool consumer_step_name(struct consumer_step *s);

/* A dynamic member, which may be new. */
bool consumer_step_find(struct consumer_step *s);

/* A static one that joins: it is new, or takes the place of one that has left, or of one that uses the classic protocol
 * if not both use the consumer protocol. */
bool consumer_step_find_static(struct consumer_step *s, bool uses_classic);

/* More memory is only taken for what is new. */
bool consumer_step_check_budget(struct consumer_step *s);

/* The member is `after` from now on: records 5 and, if the epoch is bumped, 3. */
bool consumer_step_say(struct consumer_step *s);

/* Records 7 and 6, if it is time for another target. */
bool consumer_step_find_target(struct consumer_step *s);

/* Record 8, if that changes. */
bool consumer_step_reconcile(struct consumer_step *s);

#endif
