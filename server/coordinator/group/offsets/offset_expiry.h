/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_EXPIRY_H
#define SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_EXPIRY_H

/* Removes offsets that have expired, groups that are empty then, and offsets of topics that are deleted: on timers, a
 * part at a time. */

#include <stddef.h>

#include "../../shard_timers.h"
#include "../group.h"

/* Private fields. */
struct offset_expiry {
    struct coordinator_timer check;
    struct coordinator_timer topics;
    size_t bucket; /* of the groups that are looked at next */
};

/* After loading. */
void offset_expiry_start(struct group_machine *m);

/* Of a shard that is active. */
void offset_expiry_changed(struct group_machine *m, const struct metadata_image *before,
                           const struct metadata_image *after);

/* Tombstones of all offsets of a group, committed and pending. */
void offsets_remove_all(struct coordinator_decision *d, const struct group *group);

#endif
