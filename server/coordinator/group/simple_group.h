/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SIMPLE_GROUP_H
#define SERVER_COORDINATOR_GROUP_SIMPLE_GROUP_H

/* A classic group without a state: somebody commits offsets, and nobody has ever joined. It is empty, of generation 0
 * and of no protocol type. */

#include "group.h"
#include "group_records.h"

extern const struct group_kind simple_group_kind;

/* The tombstone of a classic group. */
kw_status simple_group_replay_tombstone(struct group_machine *m, const struct group_record *record,
                                        struct coordinator_undo_list *undo);

#endif
