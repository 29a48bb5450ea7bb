/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_KIND_H
#define SERVER_COORDINATOR_GROUP_CLASSIC_CLASSIC_KIND_H

/* What offsets, lists and deletions ask of classic groups, and the replay of their record. A simple group has no state:
 * it is empty, of generation 0 and of no type. */

#include "../group.h"
#include "../group_records.h"

extern const struct group_kind classic_kind;

/* A record of type 2. */
kw_status classic_replay(struct group_machine *m, const struct group_record *record,
                         struct coordinator_undo_list *undo);

#endif
