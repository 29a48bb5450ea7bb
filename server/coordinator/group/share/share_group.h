/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_GROUP_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_GROUP_H

/* The state of a share group. What records describe is only changed by share_replay(); it is kept in blocks that never
 * change, so that an undo entry keeps the one that stood there before. */

#include "../../../base/hash_chains.h"
#include "../../shard_timers.h"
#include "../group.h"
#include "../group_records.h"
#include "../partition_set.h"

/* The first member of what is kept. Private. */
struct share_block {
    size_t size; /* bytes, of one allocation */
};

/* Record 10. */
struct share_member {
    struct share_block block;
    kw_string rack; /* null: none */
    kw_string client_id;
    kw_string client_host;
    kw_string_array names; /* of topics, sorted, without duplicates */
};

/* Record 14. */
struct share_assignment {
    struct share_block block;
    int32_t epoch;
    int32_t previous_epoch;
    int8_t state;
    struct partition_set set;
};

/* Record 13. */
struct share_target {
    struct share_block block;
    struct partition_set set;
};

/* Of a group that is new, which nobody has joined; and of its assignment. */
enum { SHARE_FIRST_EPOCH = 1 };

/* Record 15. */
struct share_topics {
    struct share_block block;
    struct partition_set initializing;
    struct partition_set initialized;
    kw_uuid *deleting; /* sorted */
    size_t deleting_count;
    int64_t since; /* when it was replayed, by the clock of timers; 0: when the log was loaded */
};

/* Of whom records say something. The slot stays while an undo entry needs it. */
struct share_slot {
    struct hash_link link;
    struct share_group *group;
    struct share_slot *next; /* all of the group, in the order in which they came */
    struct share_slot *previous;
    struct share_member *member;         /* NULL: it is not a member */
    struct share_assignment *assignment; /* NULL: none yet; epoch 0 */
    struct share_target *target;         /* NULL: none */
    struct coordinator_timer session;
    int64_t deadline; /* of the session, by the clock of timers */
    uint32_t references;
    kw_string id;
    char text[]; /* private */
};

/* Records 11 and 12. */
struct share_epochs {
    int32_t epoch;
    int32_t target_epoch; /* -1: its record has been removed */
    int64_t metadata_hash;
    int64_t target_time; /* when the target was computed, in ms since 1970; 0: never */
};

struct share_group {
    struct group *group;
    kw_string id;
    uint32_t references; /* the group's, and those of undo entries */
    struct share_epochs epochs;
    struct share_topics *topics; /* NULL: none yet */
    struct hash_chains slots;
    struct share_slot *first;
    struct share_slot *last;
    size_t member_count;

    /* What no record describes. */
    bool must_look;      /* topics may have changed since the hash was computed */
    bool may_assign;     /* there may be partitions that are initialized and that nobody has */
    bool may_initialize; /* there may be partitions that are not initialized */
};

extern const struct group_kind share_kind;

/* NULL: the group is of another type. */
struct share_group *share_group_of(const struct group *group);

/* The member; NULL: there is none. */
struct share_slot *share_find(const struct share_group *group, kw_string member_id);

/* The first member, and the one after it; NULL: no more. */
struct share_slot *share_first(const struct share_group *group);
struct share_slot *share_next(const struct share_slot *slot);

struct partition_set share_target_of(const struct share_slot *slot);

/* 0 before its first assignment. */
int32_t share_epoch_of(const struct share_slot *slot);

/* "Empty" or "Stable". */
const char *share_state_name(const struct share_group *group);

/* Groups that are subscribed to topics that have changed look at their metadata again; topics that are deleted leave
 * record 15. */
void share_image_changed(struct group_machine *m, const struct metadata_image *before,
                         const struct metadata_image *after);

/* A record of type 10 to 15. */
kw_status share_replay(struct group_machine *m, const struct group_record *record, struct coordinator_undo_list *undo);

/* ---- for share_replay.c ---- */

struct share_group *share_group_create(struct group_machine *m, struct group *group);
void share_group_destroy(struct group_machine *m, void *state);
void share_group_release(struct group_machine *m, struct share_group *group);

/* Also if it is not a member; and a new one. NULL: there is none, or no memory. */
struct share_slot *share_find_slot(const struct share_group *group, kw_string id);
struct share_slot *share_demand_slot(struct group_machine *m, struct share_group *group, kw_string id);
void share_tidy_slot(struct group_machine *m, struct share_slot *slot);

/* A member that has come starts its session; one that has left ends it once that is written. */
void share_move_timer(struct group_machine *m, struct share_slot *slot);

void share_block_free(struct group_machine *m, struct share_block *block);

#endif
