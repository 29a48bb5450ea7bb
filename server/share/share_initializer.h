/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_SHARE_INITIALIZER_H
#define SERVER_SHARE_SHARE_INITIALIZER_H

/* Initializes the state of partitions for a share group, and tells the group: a job that runs beside the heartbeat that
 * has found them. */

#include "../coordinator/group/share/share_initialize.h"
#include "../coordinator/shards.h"

/* Starts it on this executor; what it needs of the arguments is copied. If memory is short, the group tries again
 * later, as if it had failed. */
void share_initializer_start(struct shards *states, struct shards *groups, struct executor *executor, kw_string group,
                             const struct share_wanted *wanted);

#endif
