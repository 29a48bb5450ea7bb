/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_INITIALIZE_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_INITIALIZE_H

/* Which partitions of a share group have a state. */

#include "share_group.h"

/* Partitions whose state is to be initialized. */
struct share_wanted {
    int32_t epoch; /* of the group: the state epoch */
    struct partition_set set;
    int64_t *starts; /* the offset of each; SHARE_NO_START: as share.auto.offset.reset says */
};

/* Those of topics that members name (sorted) that are neither initialized nor being initialized for less than the
 * retry interval. Adds a record if there are some; *out is in the arena. A partition that has been added to a topic
 * starts at 0. False: the arena is full. */
bool share_topics_initialize(struct group_machine *m, struct coordinator_decision *d, const struct share_group *group,
                             kw_string group_id, kw_string_array names, kw_arena *arena, struct share_wanted *out);

/* Inside of a decision: those are initialized now; those are not, and will be tried again. If memory is short, the
 * records fail. */
void share_topics_initialized(struct group_machine *m, struct coordinator_decision *d, kw_string group_id,
                              struct partition_set done, struct partition_set failed);

/* Partitions of topics that exist, whose state is initialized, and that one of these names (sorted) is about. False:
 * the arena is full. */
bool share_topics_assignable(const struct metadata_image *image, const struct share_group *group, kw_string_array names,
                             kw_arena *arena, struct partition_set *out);

#endif
