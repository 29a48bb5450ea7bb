/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_GROUP_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_GROUP_H

/* The state of a classic group: members, who leads, which protocols they support, who waits. Nothing here decides; see
 * classic_rebalance.h, and docs/groups.md. Functions that return nothing cannot fail: what they need has been allocated
 * before. Texts and bytes that are given are copied. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/messages/join_group_request.h>
#include <kwire/view.h>

#include "../../../base/hash_chains.h"
#include "../../budget.h"
#include "../../shard_timers.h"
#include "../shared_bytes.h"
#include "classic_answer.h"
#include "classic_topics.h"

enum classic_state {
    CLASSIC_EMPTY,
    CLASSIC_PREPARING_REBALANCE,
    CLASSIC_COMPLETING_REBALANCE,
    CLASSIC_STABLE,
    CLASSIC_DEAD
};

/* As APIs say it, e.g. "PreparingRebalance". */
const char *classic_state_text(enum classic_state state);

/* A protocol name that members have, and what the group knows of it. */
struct classic_protocol_name {
    struct hash_link link;
    size_t references; /* lists that name it */
    size_t supporters; /* members that support it */
    size_t votes;      /* while they vote */
    const void *mark;  /* the list that was looked at last */
    int32_t len;
    char text[];
};

struct classic_protocol {
    struct classic_protocol_name *name;
    kw_bytes metadata;
    bool is_repeated; /* named before in the same list */
};

/* The protocols of a member in its own order, with their bytes. */
struct classic_protocols {
    size_t size; /* bytes of memory */
    size_t count;
    struct classic_protocol items[];
};

/* An id that was given to a client, which is to come back with it. */
struct classic_pending {
    struct hash_link link;
    struct classic_group *group;
    struct classic_pending *next;
    struct classic_pending **link_to;
    struct coordinator_timer timer;
    int32_t len;
    char id[];
};

struct classic_member {
    struct hash_link by_id;
    struct hash_link by_instance;
    struct classic_group *group;
    struct classic_member *next; /* in the order in which they were added */
    struct classic_member *previous;
    char *id;
    int32_t id_len;
    kw_string instance_id; /* null: it is not a static member */
    kw_string client_id;
    kw_string client_host;
    int32_t rebalance_timeout_ms;
    int32_t session_timeout_ms;
    struct classic_protocols *protocols;
    struct shared_bytes *assignment;
    struct classic_wait join; /* whether it waits to join */
    struct classic_wait sync; /* whether it waits for its assignment */
    size_t index;             /* among them, while that is of use */
    bool is_new;              /* it has joined, and was never answered */
    bool is_awaited;          /* to send SyncGroup */
    int64_t deadline;         /* of its next heartbeat, by the shard's clock */
    int64_t timer_deadline;   /* of `timer`, which may be earlier */
    struct coordinator_timer timer;
    struct classic_replacement *replacement; /* classic_static.c: the newest id that is being written */
    size_t size;                             /* bytes of memory of this struct and its texts */
    char texts[];
};

struct classic_assignments; /* classic_sync.c: assignments that are being written */

struct classic_group {
    kw_string id; /* its owner's, who keeps it as long as the group */
    struct coordinator_budget *budget;
    enum classic_state state;
    enum classic_state previous;
    int64_t state_since; /* ms since 1970; -1: not known */
    int32_t generation;
    char *protocol_type; /* NULL: none */
    int32_t protocol_type_len;
    struct classic_protocol_name *protocol; /* the chosen one; NULL: none */
    struct classic_member *leader;
    struct classic_member *first;
    struct classic_member *last;
    size_t joining; /* members that wait to join */
    size_t awaited; /* members that are to send SyncGroup */
    struct hash_chains members;
    struct hash_chains instances;
    struct hash_chains protocol_names;
    struct hash_chains pending;
    struct classic_pending *first_pending;
    struct classic_topics *topics;           /* that members are subscribed to; NULL: not known */
    struct classic_generation *announced;    /* what those who wait get to know; NULL: nothing */
    struct classic_assignments *assignments; /* those that are being written */
    bool new_member_came;
    /* classic_rebalance.c */
    int64_t initial_delay_ms;
    int64_t initial_remaining_ms;
    struct coordinator_timer rebalance_timer;
    struct coordinator_timer sync_timer;
};

/* An empty group of generation 0 without a type. NULL: there is no memory. */
struct classic_group *classic_group_create(kw_string id, struct coordinator_budget *budget);

/* Whoever waits is answered with the error; timers are stopped. */
void classic_group_free(struct classic_group *group, int16_t error);

/* A transition. */
void classic_set_state(struct classic_group *group, enum classic_state state, int64_t now);

static inline size_t classic_member_count(const struct classic_group *group)
{
    return group->members.count;
}

static inline kw_string classic_member_id(const struct classic_member *member)
{
    return (kw_string){member->id, member->id_len};
}

static inline bool classic_is_static(const struct classic_member *member)
{
    return member->instance_id.len >= 0;
}

static inline bool classic_is_joining(const struct classic_member *member)
{
    return member->join.waiter != NULL;
}

/* Null: none. */
kw_string classic_protocol_type(const struct classic_group *group);
kw_string classic_protocol(const struct classic_group *group);
kw_string classic_leader(const struct classic_group *group);

/* Whether its type is "consumer". */
bool classic_is_consumer(const struct classic_group *group);

/* Whether an offset of this topic must not expire or be deleted: if what members are subscribed to is not known, that
 * is each topic for the type "consumer", and none for others. */
bool classic_is_subscribed(const struct classic_group *group, kw_string topic);

/* In ms; of all members. */
int64_t classic_longest_rebalance_timeout(const struct classic_group *group);

/* ---- members ---- */

struct classic_member *classic_find(const struct classic_group *group, kw_string id);
struct classic_member *classic_find_static(const struct classic_group *group, kw_string instance_id);

/* KW_ERROR_NONE, UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID; the instance id may be null. */
int16_t classic_validate(const struct classic_group *group, kw_string id, kw_string instance_id);

struct classic_member_texts {
    kw_string id;
    kw_string instance_id; /* may be null */
    kw_string client_id;
    kw_string client_host;
};

/* A member that is in no group yet, with nothing but texts. NULL: there is no memory. */
struct classic_member *classic_member_create(const struct classic_member_texts *texts);

/* Of one that was not added. NULL: nothing. */
void classic_member_free(struct classic_member *member);

/* Before a member is added: the first one gives the group this type. False: there is no memory. */
bool classic_prepare(struct classic_group *group, kw_string protocol_type);

/* Adds a member that has its protocols, and ids that nobody has. A group without a leader gets it as one. */
void classic_add(struct classic_group *group, struct classic_member *member);

/* Removes and frees it. If it waits, it is answered with the error first. */
void classic_remove(struct classic_group *group, struct classic_member *member, int16_t error);

/* A copy of an id for classic_rename(). NULL: there is no memory. */
char *classic_copy_id(kw_string id);

/* Gives it another id, whose memory it takes; returns the old one, the caller's then. */
char *classic_rename(struct classic_member *member, char *id, int32_t len);

/* Takes the reference of the assignment, which may be NULL. */
void classic_set_assignment(struct classic_member *member, struct shared_bytes *assignment);

/* ---- ids that are to come back ---- */

struct classic_pending *classic_find_pending(const struct classic_group *group, kw_string id);

/* NULL: there is no memory. */
struct classic_pending *classic_add_pending(struct classic_group *group, kw_string id);
void classic_remove_pending(struct classic_group *group, struct classic_pending *pending);

/* ---- protocols ---- */

/* Whether a member with these may join: an empty group takes any type and protocols, none of them empty; another one
 * its own type, and a protocol that all members support. */
bool classic_supports(const struct classic_group *group, kw_string protocol_type,
                      const kw_join_group_request_protocol_array *protocols);

/* NULL: there is no memory. */
struct classic_protocols *classic_protocols_create(struct classic_group *group,
                                                   const kw_join_group_request_protocol_array *protocols);
void classic_protocols_free(struct classic_group *group, struct classic_protocols *protocols); /* NULL: nothing */

/* The same names and bytes in the same order. */
bool classic_protocols_match(const struct classic_protocols *own, const kw_join_group_request_protocol_array *other);

/* Replaces those of a member of the group; returns the old ones, the caller's then. */
struct classic_protocols *classic_set_protocols(struct classic_member *member, struct classic_protocols *protocols);

/* The members that have these in their list are one more, or one less. For classic_add() and classic_remove(). */
void classic_support(const struct classic_protocols *protocols);
void classic_support_no_more(const struct classic_protocols *protocols);

/* What a member said for this protocol; empty if it does not support it, or it is NULL. */
kw_bytes classic_metadata(const struct classic_member *member, const struct classic_protocol_name *protocol);

/* The one that most members vote for, of those that all support: each for the first of its own. Between equals it is
 * the one that the leader names first. NULL: there is none. */
struct classic_protocol_name *classic_select_protocol(struct classic_group *group);

/* NULL: none. */
void classic_set_protocol(struct classic_group *group, struct classic_protocol_name *protocol);

/* ---- waiting ---- */

/* What a call waits with; see classic_answer.h. Whoever waited for the same is answered with UNKNOWN_MEMBER_ID. */
void classic_set_join(struct classic_member *member, struct classic_wait wait);
void classic_set_sync(struct classic_member *member, struct classic_wait wait);

/* Answers a member that waits with what the group has announced; the leader with the roster, which it takes. */
void classic_end_join(struct classic_member *member, struct classic_roster *roster);
void classic_end_sync(struct classic_member *member);

/* Answers it with an error, if it waits; without its id if that is not valid any more. */
void classic_fail_join(struct classic_member *member, int16_t error, bool with_id);
void classic_fail_sync(struct classic_member *member, int16_t error);

/* Sets whether it is to send SyncGroup. */
void classic_await(struct classic_member *member, bool is_awaited);

/* Computes group->topics from what members say for the chosen protocol. */
void classic_compute_topics(struct classic_group *group);

/* All members with their bytes for the chosen protocol, in memory of the arena. False: that is full. */
bool classic_list_members(const struct classic_group *group, kw_arena *arena, kw_join_group_response_member_array *out);

#endif
