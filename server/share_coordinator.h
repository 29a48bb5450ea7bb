/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_COORDINATOR_H
#define SERVER_SHARE_COORDINATOR_H

/* Share groups in a broker, from its settings: the shards of __share_group_state, and share partitions. */

#include "api/broker.h"

struct shards_options share_coordinator_options(struct broker *broker);

/* What the leader of partitions knows of share groups. False: there is no memory. Close it once nothing uses it. */
bool share_coordinator_open(struct broker *broker);
void share_coordinator_close(struct broker *broker);

#endif
