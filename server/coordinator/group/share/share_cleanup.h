/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_CLEANUP_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_CLEANUP_H

/* Takes topics that are deleted out of record 15 of each share group, on a timer, a part at a time; the coordinator of
 * share-group states removes their states by itself. Source: GroupMetadataManager.maybeCleanupShareGroupState(). */

#include "../../shard_timers.h"

struct group_machine;

/* Private fields. */
struct share_cleanup {
    struct coordinator_timer timer;
};

/* After loading: topics may have been deleted since the records were written. */
void share_cleanup_start(struct group_machine *m);

/* A topic has been deleted. */
void share_cleanup_soon(struct group_machine *m);

#endif
