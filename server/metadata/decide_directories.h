/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DECIDE_DIRECTORIES_H
#define SERVER_METADATA_DECIDE_DIRECTORIES_H

/* What this node says about its log directories while it runs. Below metadata.version 3.7-IV2, which does not know
 * them, nothing is written. Source: ReplicationControlManager. */

#include "../config/static_config.h"
#include "controller.h"

/* Where the log of a partition is. */
struct directory_assignment {
    kw_uuid topic_id;
    int32_t partition;
    kw_uuid directory;
};

/* As the controller answers AssignReplicasToDirs: partitions that are gone are left out. */
void decide_directory_assignments(struct decision *decision, const struct static_config *file,
                                  const struct directory_assignment *items, size_t count);

/* A directory has failed: nobody leads its partitions, and the registration of the node is without it. */
void decide_directory_failure(struct decision *decision, const struct static_config *file, kw_uuid directory);

#endif
