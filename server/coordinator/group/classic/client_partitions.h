/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CLIENT_PARTITIONS_H
#define SERVER_COORDINATOR_GROUP_CLIENT_PARTITIONS_H

/* Partitions as the bytes of clients have them, with names of topics, and as records have them, with ids. Topics that
 * the image does not have are left out. */

#include <stdbool.h>

#include "../../../metadata/image.h"
#include "../partition_set.h"
#include "consumer_protocol.h"

/* What a subscription says that its member has, and what an assignment gives; in the arena. False: that is full. */
bool client_partitions_owned(const struct metadata_image *image, const kw_consumer_protocol_subscription *subscription,
                             kw_arena *arena, struct partition_set *out);
bool client_partitions_assigned(const struct metadata_image *image, const kw_consumer_protocol_assignment *assignment,
                                kw_arena *arena, struct partition_set *out);

/* An assignment of these partitions in the version of the subscription, or in version 0 if that has none; in the arena.
 * KW_OK, or the arena's error. */
KW_NODISCARD kw_status client_partitions_encode(const struct metadata_image *image, struct partition_set set,
                                                kw_bytes subscription, kw_arena *arena, kw_bytes *out);

#endif
