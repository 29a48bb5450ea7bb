/* SPDX-License-Identifier: Apache-2.0 */
#include "decide_brokers.h"

#include <kwire/messages/abort_transaction_record.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/end_transaction_record.h>

#include "broker_ids.h"
#include "broker_record.h"
#include "partition_change.h"
#include "topic_config.h"
#include "versions.h"

/* ---- activation ---- */

static void add_begin(struct record_list *records)
{
    kw_begin_transaction_record begin;
    kw_begin_transaction_record_init(&begin);
    begin.name = kw_string_of("Bootstrap records");
    record_list_add(records, &kw_begin_transaction_record_message, 0, &begin);
}

static void add_end(struct record_list *records)
{
    kw_end_transaction_record end;
    kw_end_transaction_record_init(&end);
    record_list_add(records, &kw_end_transaction_record_message, 0, &end);
}

/* As Kafka does with eligible leader replicas, so that later changes of the default do not change what is eligible. */
static void add_min_isr(struct record_list *records)
{
    kw_config_record config;
    kw_config_record_init(&config);
    config.resource_type = RESOURCE_BROKER;
    config.name = kw_string_of("min.insync.replicas");
    config.value = kw_string_of("1");
    record_list_add(records, &kw_config_record_message, 0, &config);
}

static void add_abort(struct record_list *records)
{
    kw_abort_transaction_record abort;
    kw_abort_transaction_record_init(&abort);
    abort.reason = kw_string_of("Controller failover");
    record_list_add(records, &kw_abort_transaction_record_message, 0, &abort);
}

void decide_activation(struct decision *decision, const struct activation *activation)
{
    struct record_list *records = &decision->records;
    if (activation->in_transaction)
        add_abort(records);
    if (metadata_feature_level(decision->image, kw_string_of("metadata.version")) != 0)
        return;
    add_begin(records);
    record_list_append(records, activation->bootstrap);
    if (activation->has_elr)
        add_min_isr(records);
    add_end(records);
}

/* ---- partitions ---- */

typedef bool concern(const struct metadata_partition *partition, int32_t node_id);

static void change_topic(struct decision *decision, const struct own_registration *own, struct partition_change change,
                         concern *concerns)
{
    bool has_settings = false;
    for (int32_t p = 0; p < change.topic->partition_count; p++) {
        change.partition = &change.topic->partitions[p];
        if (!concerns(change.partition, decision->node_id))
            continue;
        if (!has_settings)
            partition_change_read_settings(&change, decision->node_id, own->file);
        has_settings = true;
        partition_change_add(&decision->records, &change);
    }
}

/* All partitions that are concerned change so. */
static void change_partitions(struct decision *decision, const struct own_registration *own,
                              struct partition_change change, concern *concerns)
{
    change.image = decision->image;
    for (size_t i = 0; i < metadata_topic_count(decision->image); i++) {
        change.topic = metadata_topic_at(decision->image, i);
        change_topic(decision, own, change, concerns);
    }
}

static bool is_in_isr(const struct metadata_partition *p, int32_t node_id)
{
    return broker_ids_have(p->isr, node_id);
}

static bool is_eligible(const struct metadata_partition *p, int32_t node_id)
{
    return broker_ids_have(p->isr, node_id) || broker_ids_have(p->elr, node_id);
}

static bool has_no_leader(const struct metadata_partition *p, int32_t node_id)
{
    return p->leader_id == NO_BROKER || broker_ids_have(p->replicas, node_id);
}

/* ---- the broker ---- */

static const struct metadata_broker *self(const struct decision *decision)
{
    return metadata_find_broker(decision->image, decision->node_id);
}

void decide_controller_registration(struct decision *decision, const struct own_registration *own)
{
    if (record_versions_of(decision->image).controllers)
        controller_record_add(&decision->records, decision->node_id, own->incarnation_id, own->controller_endpoint);
}

void decide_broker_registration(struct decision *decision, const struct own_registration *own)
{
    const struct metadata_broker *before = self(decision);
    bool clean = before != NULL && before->epoch == own->clean_epoch;
    bool unclean = !clean && metadata_has_elr(decision->image);
    const struct partition_change change = {
        .leaving = decision->node_id, .leaves_unclean = unclean, .electable = NO_BROKER, .assigned = NO_BROKER};
    change_partitions(decision, own, change, unclean ? is_eligible : is_in_isr);
    const struct metadata_broker broker = {.id = decision->node_id,
                                           .epoch = decision->image->parts.offset,
                                           .incarnation_id = own->incarnation_id,
                                           .rack = own->rack,
                                           .endpoints = own->endpoint,
                                           .endpoint_count = 1,
                                           .directories = own->directories,
                                           .fenced = true};
    broker_record_add(&decision->records, &broker, record_versions_of(decision->image));
}

static void add_registration_change(struct decision *decision, int16_t version,
                                    kw_broker_registration_change_record *change)
{
    const struct metadata_broker *broker = self(decision);
    if (broker == NULL) {
        record_list_fail(&decision->records, KW_ERR_UNKNOWN_MESSAGE);
        return;
    }
    change->broker_id = broker->id;
    change->broker_epoch = broker->epoch;
    record_list_add(&decision->records, &kw_broker_registration_change_record_message, version, change);
}

/* That no directory is cordoned off. */
void decide_first_heartbeat(struct decision *decision)
{
    kw_broker_registration_change_record change;
    kw_broker_registration_change_record_init(&change);
    change.cordoned_log_dirs.len = 0;
    if (record_versions_of(decision->image).cordoned)
        add_registration_change(decision, 3, &change);
}

void decide_unfencing(struct decision *decision, const struct own_registration *own)
{
    const struct partition_change coming = {
        .leaving = NO_BROKER, .electable = decision->node_id, .assigned = NO_BROKER};
    kw_broker_registration_change_record change;
    kw_broker_registration_change_record_init(&change);
    change.fenced = -1;
    add_registration_change(decision, 0, &change);
    change_partitions(decision, own, coming, has_no_leader);
}

static bool leads(const struct metadata_image *image, int32_t node_id)
{
    for (size_t i = 0; i < metadata_topic_count(image); i++) {
        const struct metadata_topic *topic = metadata_topic_at(image, i);
        for (int32_t p = 0; p < topic->partition_count; p++)
            if (topic->partitions[p].leader_id == node_id)
                return true;
    }
    return false;
}

/* As Kafka does it: a broker that leads nothing has nothing to hand over. */
void decide_controlled_shutdown(struct decision *decision, const struct own_registration *own)
{
    if (!leads(decision->image, decision->node_id))
        return;
    const struct partition_change leaving = {
        .leaving = decision->node_id, .electable = NO_BROKER, .assigned = NO_BROKER};
    kw_broker_registration_change_record change;
    kw_broker_registration_change_record_init(&change);
    change.in_controlled_shutdown = 1;
    add_registration_change(decision, 1, &change);
    change_partitions(decision, own, leaving, is_in_isr);
}

void decide_fencing(struct decision *decision)
{
    kw_broker_registration_change_record change;
    kw_broker_registration_change_record_init(&change);
    change.fenced = 1;
    add_registration_change(decision, 0, &change);
}
