/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_SHARE_COORDINATOR_H
#define SERVER_SHARE_COORDINATOR_H

/* The shards of __share_group_state, from the settings of a broker. */

#include "api/broker.h"

struct shards_options share_coordinator_options(struct broker *broker);

#endif
