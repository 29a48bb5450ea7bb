/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_GROUP_TABLE_H
#define SERVER_COORDINATOR_GROUP_GROUP_TABLE_H

/* The groups of a shard by id. */

#include "group.h"

struct group_table {
    struct hash_chains by_id;
    uint32_t seed;
};

/* The group; NULL: there is none with this id. */
struct group *group_find(const struct group_machine *m, kw_string id);

/* The same, or GROUP_NONE if only something of it is left. */
struct group *group_find_any(const struct group_machine *m, kw_string id);

/* The same, or a new one of GROUP_NONE, for replay. NULL: there is no memory. group_tidy() must follow if it is not
 * used after all. */
struct group *group_demand(struct group_machine *m, kw_string id);

/* Frees a GROUP_NONE without offsets and references, and does nothing to others. */
void group_tidy(struct group_machine *m, struct group *group);

void group_refer(struct group *group);
void group_release(struct group_machine *m, struct group *group);

/* For replay: the group is of this type and has this state from now on, which becomes the group's. The previous one
 * stays until the undo entry is dropped; without an undo list it is destroyed at once. GROUP_NONE with NULL removes the
 * group. After an error the state remains the caller's. */
kw_status group_become(struct group_machine *m, struct group *group, enum group_type type, void *state,
                       struct coordinator_undo_list *undo);

/* All groups, also GROUP_NONE, in any order, from bucket 0 to group_bucket_count() - 1. Groups may be added meanwhile;
 * then some may be seen twice. */
size_t group_bucket_count(const struct group_machine *m);
struct group *group_first_in(const struct group_machine *m, size_t bucket);
struct group *group_next_in(const struct group *group);

/* Ends everything: without the kinds' unloaded(). */
void group_table_finish(struct group_machine *m);

#endif
