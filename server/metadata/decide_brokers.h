/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DECIDE_BROKERS_H
#define SERVER_METADATA_DECIDE_BROKERS_H

/* What is written when this node, controller and only broker, starts and stops. */

#include <stdbool.h>
#include <stdint.h>

#include "../config/static_config.h"
#include "controller.h"

/* This node as it registers. */
struct own_registration {
    kw_uuid incarnation_id;                              /* of this process */
    kw_uuid_array directories;                           /* directory.id of its log directories */
    const struct metadata_endpoint *endpoint;            /* where clients reach it */
    const struct metadata_endpoint *controller_endpoint; /* that Kafka would listen on; nobody does */
    kw_string rack;                                      /* null: none */
    int64_t clean_epoch;              /* of the broker that has stopped in an orderly way; -1: it has not */
    const struct static_config *file; /* NULL: there is none */
};

/* The first decision of an epoch: ends a transaction that was left open, and writes the records that a log starts
 * with, unless it has started. */
struct activation {
    bool in_transaction;                 /* the log ends within one */
    const struct record_list *bootstrap; /* features, and what else was given when the directory was formatted */
    bool has_elr;                        /* they turn on eligible leader replicas */
};

void decide_activation(struct decision *decision, const struct activation *activation);

/* RegisterControllerRecord, if this metadata.version has it. */
void decide_controller_registration(struct decision *decision, const struct own_registration *own);

/* RegisterBrokerRecord, whose offset becomes the epoch of the broker; before it what has become of the partitions in
 * the meantime: all who were in sync are still eligible after a clean stop, and are not after any other. */
void decide_broker_registration(struct decision *decision, const struct own_registration *own);

/* The broker says what it says in its first heartbeat; then it is unfenced, and leads the partitions that it may
 * lead. */
void decide_first_heartbeat(struct decision *decision);
void decide_unfencing(struct decision *decision, const struct own_registration *own);

/* A clean stop: whatever the broker leads has no leader any more; then the broker is fenced. */
void decide_controlled_shutdown(struct decision *decision, const struct own_registration *own);
void decide_fencing(struct decision *decision);

#endif
