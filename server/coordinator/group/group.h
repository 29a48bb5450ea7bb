/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_GROUP_H
#define SERVER_COORDINATOR_GROUP_GROUP_H

/* One group id: what the group is, and the offsets that belong to the id whatever the group is. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/messages/describe_groups_response.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/view.h>

#include "../../base/hash_chains.h"
#include "../machine.h"

struct classic_group;
struct consumer_group;
struct share_group;
struct streams_group;
struct topic_offsets;
struct group_machine;

enum group_type {
    GROUP_NONE,    /* no group: offsets that are left, or what can still be undone */
    GROUP_CLASSIC, /* without a state: a simple group, which is empty, of generation 0 and of no protocol type */
    GROUP_CONSUMER,
    GROUP_SHARE,
    GROUP_STREAMS
};

union group_state {
    struct classic_group *classic; /* may be NULL */
    struct consumer_group *consumer;
    struct share_group *share;
    struct streams_group *streams;
    void *any;
};

/* Of one id; offset_table.h changes it. */
struct group_offsets {
    struct topic_offsets *first; /* a table for each topic, linked by next_of_group */
    size_t committed;            /* offsets */
    size_t pending;              /* offsets of open transactions */
};

/* group_table.h has its life. */
struct group {
    struct hash_link link; /* private */
    enum group_type type;
    union group_state state; /* of that type */
    struct group_offsets offsets;
    uint32_t references; /* of undo entries and of whoever else keeps a pointer: the group stays, as GROUP_NONE */
    kw_string id;
    char text[]; /* private */
};

/* What OffsetCommit (and later TxnOffsetCommit) says of who commits. */
struct offset_commit_check {
    kw_string member_id;
    kw_string instance_id; /* null: none */
    int32_t generation;    /* or member epoch */
    int16_t version;       /* of the request */
    bool is_transactional;
    const kw_offset_commit_request_topic *topics; /* that exist, with name and id */
    int32_t topic_count;
};

/* Since when the offsets of a group count as old. */
struct offset_age {
    bool never;    /* none expires, not even one with an expiry time of its own */
    int64_t since; /* ms since 1970; -1: since each was committed */
};

/* What the types have in common: what offsets, lists and deletions ask of a group. The state is never of another type.
 * Errors are Kafka's, KW_ERROR_NONE: nothing speaks against it. */
struct group_kind {
    const char *name; /* as ListGroups has it, e.g. "classic" */

    /* Frees the state; nobody waits, and no timer runs any more. NULL is a state for those that may be without one. */
    void (*destroy)(struct group_machine *m, void *state);

    /* The log has been loaded: starts the group's timers. NULL: it has none. */
    void (*loaded)(struct group_machine *m, struct group *group);

    /* Answers everybody who waits; timers are stopped already. destroy() follows. NULL: nobody waits. */
    void (*unloaded)(struct group_machine *m, struct group *group);

    /* Whether these offsets may be committed; the deadline of a member may start anew. */
    int16_t (*check_commit)(struct group_machine *m, struct coordinator_decision *d, struct group *group,
                            const struct offset_commit_check *check);

    /* Whether a member (id null, epoch -1: nobody) may fetch offsets. GROUP_ID_NOT_FOUND: as if none were there. */
    int16_t (*check_fetch)(struct group_machine *m, const struct group *group, kw_string member_id, int32_t epoch);

    /* Whether OffsetDelete and DeleteGroups may. */
    int16_t (*check_offset_delete)(struct group_machine *m, const struct group *group);
    int16_t (*check_delete)(struct group_machine *m, const struct group *group);

    bool (*is_subscribed)(struct group_machine *m, const struct group *group, kw_string topic);
    struct offset_age (*offset_age)(struct group_machine *m, const struct group *group);

    /* A group that is empty and has no offsets is removed with the next check for expired ones. */
    bool (*is_empty)(struct group_machine *m, const struct group *group);

    /* Tombstones of all records of the group but its offsets; timers stop when these are replayed. */
    void (*remove)(struct group_machine *m, struct coordinator_decision *d, struct group *group);

    /* For ListGroups; texts that stay for the call. */
    kw_string (*state_name)(struct group_machine *m, const struct group *group);
    kw_string (*protocol_type)(struct group_machine *m, const struct group *group);

    /* For DescribeGroups: all but error, id and operations. False: the arena is full. NULL: not a classic group. */
    bool (*describe)(struct group_machine *m, const struct group *group, kw_arena *arena,
                     kw_describe_groups_response_described_group *out);
};

/* NULL: GROUP_NONE. */
const struct group_kind *group_kind_of(enum group_type type);

#endif
