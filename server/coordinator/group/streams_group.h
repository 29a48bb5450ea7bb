/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_STREAMS_GROUP_H
#define SERVER_COORDINATOR_GROUP_STREAMS_GROUP_H

/* What is known of a streams group, which this broker does not serve but a directory may have: which records it has,
 * and the ids and epochs of its members. So it is listed, its offsets stay as long as it has members, and it can be
 * deleted when it has none. States and members are immutable: a record makes others. */

#include "group.h"
#include "group_records.h"

extern const struct group_kind streams_kind;

/* Records of types 17 to 23. */
kw_status streams_replay(struct group_machine *m, const struct group_record *record,
                         struct coordinator_undo_list *undo);

#endif
