/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_TRANSACTION_COORDINATOR_H
#define SERVER_TRANSACTION_COORDINATOR_H

/* Transactions in a broker, from its settings: the shards of __transaction_state, and what they ask of the rest. */

#include "api/broker.h"

struct shards_options transaction_coordinator_options(struct broker *broker);

#endif
