/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DIRECTORIES_H
#define SERVER_METADATA_DIRECTORIES_H

/* In which log directory of its broker a replica is (KIP-858), by the directory.id. Source: DirectoryId. */

#include <stdbool.h>
#include <stdint.h>

#include "image.h"

/* Instead of an id: the broker has not said yet where it is, the replica is older than such ids, and it is in a
 * directory that the broker does not have any more. */
extern const kw_uuid DIRECTORY_UNASSIGNED, DIRECTORY_MIGRATING, DIRECTORY_LOST;

/* Of the replica of a broker, MIGRATING if the partition does not say. */
kw_uuid metadata_directory_of(const struct metadata_partition *partition, int32_t broker_id);

/* Whether the broker has the directory in which its replica is, or that is not known; false without the broker. */
bool metadata_has_online_directory(const struct metadata_image *image, const struct metadata_partition *partition,
                                   int32_t broker_id);

/* What a new replica on that broker is said to be in. */
kw_uuid metadata_default_directory(const struct metadata_image *image, int32_t broker_id);

/* Whether clients see the replica as offline: its broker is not registered or not up, or its directory is offline. */
bool metadata_replica_is_offline(const struct metadata_image *image, const struct metadata_partition *partition,
                                 int32_t broker_id);

#endif
