/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_GROUP_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_GROUP_H

/* The state of a consumer group (KIP-848). What records describe is only changed by consumer_replay(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "../../../base/hash_chains.h"
#include "../../shard_timers.h"
#include "../group.h"
#include "../group_records.h"
#include "consumer_member.h"
#include "name_counts.h"
#include "partition_owners.h"

/* Of whom records say something. The slot stays while an undo entry needs it. */
struct consumer_slot {
    struct hash_link by_id;
    struct hash_link by_instance; /* while the member has an instance id */
    struct consumer_group *group;
    struct consumer_slot *next; /* all of the group, in the order in which they came */
    struct consumer_slot *previous;
    struct consumer_member *member; /* NULL: it is not a member */
    struct consumer_target *target; /* NULL: it has none, which is like an empty one */
    struct coordinator_timer session;
    struct coordinator_timer rebalance; /* of a member with the consumer protocol; these two with the classic one: */
    struct coordinator_timer join;
    struct coordinator_timer sync;
    int64_t deadline;    /* of the session, by the clock of timers */
    int64_t session_end; /* of `session`, which may be earlier */
    uint32_t references;
    kw_string id;
    char text[]; /* private */
};

/* What a member is to have. */
struct consumer_target {
    struct partition_set set;
    struct set_partition items[]; /* private */
};

/* The topics that a pattern was resolved to. */
struct resolved_topics {
    int64_t version; /* of the image */
    int64_t time;    /* ms since 1970 */
    kw_string_array names;
};

struct consumer_pattern {
    struct hash_link link;
    uint32_t members;                 /* that have it */
    struct resolved_topics *resolved; /* NULL: not yet */
    uint32_t held;
    kw_string text;
    char bytes[]; /* private */
};

/* What records 3, 4 and 6 say. */
struct consumer_epochs {
    int32_t epoch;
    int32_t target_epoch;
    int64_t target_time; /* when the target was computed, in ms since 1970; 0: never */
    int64_t metadata_hash;
    bool has_old_metadata; /* there is a record of type 4 */
};

struct consumer_group {
    struct group *group;
    kw_string id;        /* that of the group */
    uint32_t references; /* the group's, and those of undo entries */
    uint32_t seed;       /* of hashes */
    struct consumer_epochs epochs;

    struct hash_chains slots;
    struct consumer_slot *first;
    struct consumer_slot *last;
    size_t member_count;
    size_t classic_count; /* members that use the classic protocol */
    struct hash_chains statics;
    struct name_counts topics;
    struct name_counts assignors;
    struct name_counts protocols; /* that members with the classic protocol support */
    struct hash_chains patterns;
    size_t pattern_count;  /* that a member has */
    size_t resolved_count; /* that are resolved */
    int64_t resolved_time; /* ms since 1970, of the last resolved pattern that was replayed; 0: none was */
    int64_t resolved_version;
    struct partition_owners owners;

    /* What no record describes. */
    bool must_look; /* topics may have changed since the hash was computed */
    bool is_draft;  /* what a classic group is going to be: without timers, and not in the table of groups */
};

extern const struct group_kind consumer_kind;

/* A new group: epochs 1. */
struct consumer_epochs consumer_epochs_new(void);

/* NULL: the group is of another type. */
struct consumer_group *consumer_group_of(const struct group *group);

/* A record of type 3 to 8 or 16. */
kw_status consumer_replay(struct group_machine *m, const struct group_record *record,
                          struct coordinator_undo_list *undo);

/* Groups that are subscribed to topics that have changed look at their metadata again. */
void consumer_image_changed(struct group_machine *m, const struct metadata_image *before,
                            const struct metadata_image *after);

/* ---- looking ---- */

/* The member; NULL: there is none. */
struct consumer_slot *consumer_find(const struct consumer_group *group, kw_string member_id);
struct consumer_slot *consumer_find_static(const struct consumer_group *group, kw_string instance_id);

/* The first member, and the one after it; NULL: no more. */
struct consumer_slot *consumer_first(const struct consumer_group *group);
struct consumer_slot *consumer_next(const struct consumer_slot *slot);

struct partition_set consumer_target_of(const struct consumer_slot *slot);

/* NULL: nobody has it, and it is not resolved. */
struct consumer_pattern *consumer_find_pattern(const struct consumer_group *group, kw_string text);

/* The topics of the member's pattern; none if it has none, or it is not resolved. */
kw_string_array consumer_pattern_topics(const struct consumer_group *group, const struct consumer_member *member);

/* "Empty", "Assigning", "Reconciling" or "Stable". */
const char *consumer_state_name(const struct consumer_group *group);

/* The index of the assignor that most members name; of equals the first one, also if nobody names any. As if `without`
 * were replaced by `with`; each may be NULL. */
size_t consumer_preferred_assignor(const struct consumer_group *group, const struct consumer_member *without,
                                   const struct consumer_member *with, const kw_string *assignors, size_t count);

/* Of a link of group->patterns. */
struct consumer_pattern *consumer_pattern_at(const struct hash_link *link);

/* ---- for replay ---- */

uint32_t consumer_hash(const struct consumer_group *group, kw_string text);

/* Also if it is not a member. */
struct consumer_slot *consumer_find_slot(const struct consumer_group *group, kw_string id);

#endif
