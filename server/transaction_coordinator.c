/* SPDX-License-Identifier: Apache-2.0 */
#include "transaction_coordinator.h"

#include <stdlib.h>

#include <kwire/error.h>

#include "base/clock.h"
#include "coordinator/transaction/txn_machine.h"

/* ---- ids of producers ---- */

struct id_demand {
    struct controller_event event; /* the first member */
    struct broker *broker;
    struct txn_id_demand *demand;
    int16_t error;
};

static void decide_id(struct controller_event *event, struct decision *decision)
{
    struct id_demand *i = (struct id_demand *)(void *)event;
    i->error = decide_producer_id(decision, &i->broker->producer_ids, &i->demand->id);
}

static void take_id(struct controller_event *event, int16_t error)
{
    struct id_demand *i = (struct id_demand *)(void *)event;
    struct txn_id_demand *demand = i->demand;
    if (error != KW_ERROR_NONE || i->error != KW_ERROR_NONE)
        demand->id = TXN_NO_PRODUCER;
    free(i);
    demand->done(demand);
}

static void demand_id(void *context, struct txn_id_demand *demand)
{
    struct broker *broker = context;
    struct id_demand *i = broker->controller != NULL ? calloc(1, sizeof *i) : NULL;
    if (i == NULL) {
        demand->id = TXN_NO_PRODUCER;
        demand->done(demand);
        return;
    }
    i->event.decide = decide_id;
    i->event.complete = take_id;
    i->broker = broker;
    i->demand = demand;
    controller_submit(broker->controller, &i->event);
}

/* ---- markers ---- */

struct marker_demand {
    struct markers_job job;
    struct txn_marker marker;
    struct txn_markers *asked;
};

static void are_written(struct markers_job *job)
{
    struct marker_demand *d = job->context;
    struct txn_markers *asked = d->asked;
    free(d);
    asked->done(asked);
}

/* Without memory they are asked for again. */
static void refuse_markers(struct txn_markers *asked)
{
    for (size_t i = 0; i < asked->count; i++)
        asked->errors[i] = KW_ERROR_KAFKA_STORAGE_ERROR;
    asked->done(asked);
}

static void write_markers(void *context, struct txn_markers *asked)
{
    struct broker *broker = context;
    struct marker_demand *d = calloc(1, sizeof *d);
    if (d == NULL) {
        refuse_markers(asked);
        return;
    }
    d->asked = asked;
    d->marker = (struct txn_marker){.producer_id = asked->producer_id,
                                    .producer_epoch = asked->producer_epoch,
                                    .is_commit = asked->is_commit,
                                    .coordinator_epoch = asked->coordinator_epoch,
                                    .transaction_version = asked->version,
                                    .partitions = asked->partitions,
                                    .partition_count = asked->count,
                                    .errors = asked->errors};
    d->job = (struct markers_job){
        .markers = &d->marker, .count = 1, .executor = asked->executor, .done = are_written, .context = d};
    markers_write(&broker->markers, &d->job);
}

/* ---- shards ---- */

static void hold(void *context, struct shard *shard)
{
    struct broker *broker = context;
    txn_holds_add(&broker->transaction_holds, shard);
}

static void release(void *context, struct shard *shard)
{
    struct broker *broker = context;
    txn_holds_remove(&broker->transaction_holds, shard);
}

static void *create(void *context, int32_t partition)
{
    struct broker *broker = context;
    const struct static_config *file = broker->config.file;
    struct txn_machine_options options = {
        .budget = &broker->coordinator_budget,
        .partition = partition,
        .environment = {.context = broker,
                        .write_markers = write_markers,
                        .demand_id = demand_id,
                        .hold = hold,
                        .release = release},
        .expiry = {.abort_interval_ms =
                       setting_number(file, "transaction.abort.timed.out.transaction.cleanup.interval.ms"),
                   .remove_interval_ms =
                       setting_number(file, "transaction.remove.expired.transaction.cleanup.interval.ms"),
                   .idle_ms = setting_number(file, "transactional.id.expiration.ms")},
    };
    if (!random_system.fill(&random_system, &options.seed, sizeof options.seed))
        options.seed = (uint32_t)partition;
    return txn_machine_create(&options);
}

struct shards_options transaction_coordinator_options(struct broker *broker)
{
    const struct static_config *file = broker->config.file;
    return (struct shards_options){
        .topic = KW_INTERNAL_TOPIC_TRANSACTION_STATE,
        .node_id = broker->identity.node_id,
        .logs = &broker->logs,
        .machine = &txn_machine_calls,
        .create = create,
        .context = broker,
        .random = &random_system,
        .now = clock_wall_ms,
        .clock = clock_ms,
        .timeout_ms = setting_number(file, "request.timeout.ms"),
        .linger_ms = -1,
        .codec = KW_CODEC_NONE,
        .load_step = (int32_t)setting_number(file, "transaction.state.log.load.buffer.size"),
    };
}
