/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_ANSWER_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_ANSWER_H

/* What JoinGroup and SyncGroup get that wait for others. The answer is allocated when they start to wait, so that
 * errors need no memory. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/messages/join_group_response.h>
#include <kwire/view.h>

#include "../../waiter.h"
#include "../shared_bytes.h"

/* A generation, as all of its members get to know it. Immutable and counted. */
struct classic_generation {
    atomic_uint references;
    int32_t generation;
    kw_string protocol_type;
    kw_string protocol;
    kw_string leader;
    char texts[];
};

/* NULL: there is no memory. */
struct classic_generation *classic_generation_create(int32_t generation, kw_string protocol_type, kw_string protocol,
                                                     kw_string leader);
struct classic_generation *classic_generation_share(struct classic_generation *generation);
void classic_generation_release(struct classic_generation *generation); /* NULL: nothing */

/* The members, for the leader. */
struct classic_roster {
    kw_arena arena;
    kw_join_group_response_member_array members;
};

/* Empty, with an arena that grows. NULL: there is no memory. */
struct classic_roster *classic_roster_create(void);
void classic_roster_free(struct classic_roster *roster); /* NULL: nothing */

struct classic_answer {
    struct waiter_result result; /* the first member */
    int16_t error;
    kw_string member_id;                   /* of a JoinGroup */
    struct classic_generation *generation; /* without an error */
    struct classic_roster *roster;         /* the leader's; NULL: none */
    bool skips_assignment;                 /* the leader has nothing to assign */
    struct shared_bytes *assignment;       /* of a SyncGroup */
    char texts[];
};

/* The state's part of a call that waits. Zero bytes: nobody waits. */
struct classic_wait {
    struct waiter *waiter;
    struct classic_answer *answer;
};

/* A waiter with two references and its answer, which has the member id. False: there is no memory. */
bool classic_wait_create(struct classic_wait *wait, kw_string member_id);

/* Of one that no call has got to know. */
void classic_wait_cancel(struct classic_wait *wait);

/* Hands over the answer as it is filled in, and ends the waiting. */
void classic_wait_end(struct classic_wait *wait);

static inline const struct classic_answer *classic_answer_of(const struct waiter_result *result)
{
    return (const struct classic_answer *)(const void *)result;
}

#endif
