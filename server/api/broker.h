/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_BROKER_H
#define SERVER_API_BROKER_H

/* What is the same for all connections. Nothing in it changes after the start but the metadata image, what follows it,
 * and what is counted. */

#include <kwire/messages/voters_record.h>

#include "../config/config.h"
#include "../coordinator/budget.h"
#include "../coordinator/shards.h"
#include "../coordinator/topic_creation.h"
#include "../coordinator/transaction/txn_holds.h"
#include "../log/log_dirs.h"
#include "../log/log_manager.h"
#include "../metadata/cell.h"
#include "../metadata/controller.h"
#include "../metadata/decide_producer_id.h"
#include "../network/admission.h"
#include "../share/dead_letters.h"
#include "../share/share_partitions.h"
#include "../share/share_session.h"
#include "../transaction/markers.h"
#include "append_tools.h"
#include "fetch_sessions.h"

struct cleaners;

struct broker {
    struct config config;
    struct identity identity;
    struct metadata_cell metadata;
    struct controller *controller;  /* NULL: the metadata cannot be changed */
    _Atomic(int16_t) kraft_version; /* of the metadata log */
    const kw_voters_record *voters; /* with a controller: this node alone */
    struct log_manager logs;
    struct cleaners *cleaners; /* NULL: nothing is compacted */
    struct append_tools_pool append_tools;
    struct fetch_sessions fetch_sessions;
    atomic_size_t converted_bytes;         /* of records that old clients get */
    struct producer_id_block producer_ids; /* of the controller's thread */
    struct connection_limits limits;
    struct shards groups;       /* of __consumer_offsets */
    struct shards share_states; /* of __share_group_state */
    struct shards transactions; /* of __transaction_state */
    struct topic_creation offsets_topic;
    struct topic_creation share_state_topic;
    struct topic_creation transaction_state_topic;
    struct txn_holds transaction_holds;
    struct markers_target markers;
    struct coordinator_budget coordinator_budget;
    struct dead_letters dead_letters;
    struct share_partitions share_partitions;
    struct share_sessions share_sessions;
};

#endif
