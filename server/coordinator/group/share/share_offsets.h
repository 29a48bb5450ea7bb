/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_OFFSETS_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_OFFSETS_H

/* What a share group has to do with offsets that are described, altered and deleted: which partitions have a state. The
 * offsets themselves are in that state. Inside of a decision; if memory is short, its records fail. */

#include "../../../metadata/refusal.h"
#include "../group_machine.h"
#include "share_group.h"

/* Those whose state is initialized, and with `all` those that are being initialized; none of a group that is no share
 * group. In the arena. */
void share_offsets_list(struct coordinator_decision *d, kw_string group, bool all, kw_arena *arena,
                        struct partition_set *out);

/* Their state is going to be initialized with this epoch, for a group that need not exist: then
 * share_topics_initialized() follows. GROUP_ID_NOT_FOUND: it is of another type; NON_EMPTY_GROUP: it has members. */
struct refusal share_offsets_alter(struct coordinator_decision *d, kw_string group, struct partition_set set,
                                   int32_t *epoch, kw_arena *texts);

/* A topic whose offsets are deleted. */
struct share_deletion {
    kw_uuid topic;
    int32_t partitions;       /* of the topic */
    int16_t error;            /* UNKNOWN_TOPIC_OR_PARTITION: there is nothing to delete */
    struct partition_set set; /* whose state is to be removed; in the arena */
};

/* Topics without an error are being deleted from now on: their state is to be removed, then share_offsets_deleted()
 * follows, for those that still have none. GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP. */
struct refusal share_offsets_delete(struct coordinator_decision *d, kw_string group, struct share_deletion *deletions,
                                    size_t count, kw_arena *arena);
void share_offsets_deleted(struct coordinator_decision *d, kw_string group, const struct share_deletion *deletions,
                           size_t count);

/* Before an empty share group is deleted: all topics are being deleted from now on, and the states in *out, in the
 * arena, are to be removed. None: there are none, or it is no such group. */
void share_offsets_delete_all(struct coordinator_decision *d, kw_string group, kw_arena *arena,
                              struct partition_set *out);

#endif
