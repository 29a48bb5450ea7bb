/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_CHANGE_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_CHANGE_H

/* The changes that records make to a consumer group, and how they are undone. Each first sees to all memory that it and
 * putting it back need; then it cannot fail. With a list of undo entries timers start and stop as well: without one
 * the log is being loaded. */

#include "../group_machine.h"
#include "consumer_group.h"

/* A new group with one reference. NULL: there is no memory. */
struct consumer_group *consumer_create(struct group_machine *m, struct group *group);

/* Stops its timers, and frees it once no undo entry needs it. */
void consumer_destroy(struct group_machine *m, void *state);

/* The slot or pattern, which may be new: one of the functions below must follow. NULL: there is no memory. */
struct consumer_slot *consumer_demand_slot(struct group_machine *m, struct consumer_group *group, kw_string id);
struct consumer_pattern *consumer_demand_pattern(struct consumer_group *group, kw_string text);

/* Frees a slot that nobody needs, and does nothing to others. */
void consumer_tidy_slot(struct group_machine *m, struct consumer_slot *slot);

/* These take over a reference to the member, or memory of malloc(), also if they fail; NULL: it is removed. */
kw_status consumer_set_member(struct group_machine *m, struct consumer_slot *slot, struct consumer_member *member,
                              struct coordinator_undo_list *list);
kw_status consumer_set_target(struct group_machine *m, struct consumer_slot *slot, struct consumer_target *target,
                              struct coordinator_undo_list *list);
kw_status consumer_set_resolved(struct consumer_group *group, struct consumer_pattern *pattern,
                                struct resolved_topics *resolved, struct coordinator_undo_list *list);

kw_status consumer_set_epochs(struct consumer_group *group, const struct consumer_epochs *epochs,
                              struct coordinator_undo_list *list);

#endif
