/* SPDX-License-Identifier: Apache-2.0 */
#include "markers.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/record_builder.h>

#include "../config/log_config.h"
#include "../log/log_append.h"

enum { MARKER_SIZE = KW_BATCH_V2_RECORDS + 64, UNKNOWN_VERSION = -1 };

/* One marker for one partition. */
struct marker_write {
    struct markers_job *job;
    const struct txn_marker *marker;
    const struct txn_partition *partition;
    int16_t *error;            /* the result */
    struct partition_log *log; /* NULL: it goes to a shard, or has failed */
    struct shard *shard;       /* NULL: it goes to a log, or has failed */
    int32_t leader_epoch;
    bool is_open; /* the log; else it is opened by a worker */
    struct coordinator_event event;
    struct append_batch batch;
    struct log_append append;
    uint8_t bytes[MARKER_SIZE];
};

#define OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* ---- the end ---- */

static void end(struct markers_job *job)
{
    for (size_t i = 0; i < job->write_count; i++) {
        if (job->writes[i].log != NULL)
            log_release(job->writes[i].log);
        shards_release(job->writes[i].shard);
    }
    free(job->writes);
    job->done(job);
}

static void one_is_done(struct markers_job *job)
{
    if (atomic_fetch_sub(&job->pending, 1) == 1)
        end(job);
}

static void fail_all(struct markers_job *job, int16_t error)
{
    for (size_t i = 0; i < job->count; i++)
        for (size_t k = 0; k < job->markers[i].partition_count; k++)
            job->markers[i].errors[k] = error;
    job->done(job);
}

/* ---- a shard of groups ---- */

/* As Kafka answers a coordinator of transactions. */
static int16_t error_of_shard(int16_t error)
{
    switch (error) {
    case KW_ERROR_COORDINATOR_NOT_AVAILABLE:
    case KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
    case KW_ERROR_NOT_COORDINATOR:
        return KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    case COORDINATOR_NO_MEMORY:
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    default:
        return error;
    }
}

static void decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    const struct txn_marker *marker = OF(event, struct marker_write, event)->marker;
    d->txn = (struct coordinator_txn){
        .batch = COORDINATOR_END,
        .producer_id = marker->producer_id,
        .producer_epoch = marker->producer_epoch,
        .version = marker->transaction_version,
        .coordinator_epoch = marker->coordinator_epoch,
        .is_commit = marker->is_commit,
    };
}

static void shard_is_done(struct coordinator_event *event, int16_t error)
{
    struct marker_write *write = OF(event, struct marker_write, event);
    *write->error = error_of_shard(error);
    one_is_done(write->job);
}

static void submit_to_shard(struct marker_write *write)
{
    write->event =
        (struct coordinator_event){.decide = decide, .complete = shard_is_done, .executor = write->job->executor};
    (void)atomic_fetch_add(&write->job->pending, 1);
    if (coordinator_submit(write->shard, &write->event))
        shard_is_done(&write->event, write->event.error);
}

/* ---- a log ---- */

static void log_is_done(struct log_append *append)
{
    struct marker_write *write = append->context;
    *write->error = append->error;
    one_is_done(write->job);
}

static kw_status build(struct marker_write *write, bool append_time)
{
    const struct txn_marker *marker = write->marker;
    kw_control_record record = {.type = marker->is_commit ? KW_CONTROL_COMMIT : KW_CONTROL_ABORT};
    int64_t now = write->job->target->now();
    kw_batch_options options;
    kw_writer w;
    record.value.end_txn.coordinator_epoch = marker->coordinator_epoch;
    kw_batch_options_init(&options);
    options.producer_id = marker->producer_id;
    options.producer_epoch = marker->producer_epoch;
    options.transactional = true;
    options.append_time = append_time ? now : KW_NO_TIMESTAMP;
    kw_writer_init(&w, write->bytes, sizeof write->bytes);
    kw_status status = kw_write_control_batch(&w, &options, now, &record);
    if (status != KW_OK)
        return status;
    memcpy(write->batch.header, write->bytes, sizeof write->batch.header);
    write->batch.records =
        kw_bytes_of(write->bytes + KW_BATCH_V2_RECORDS, kw_writer_data(&w).size - KW_BATCH_V2_RECORDS);
    return KW_OK;
}

/* False: the partition has its result. */
static bool prepare(struct marker_write *write)
{
    struct log_config config;
    bool may_write = partition_log_config(write->log, &config);
    if (!may_write)
        *write->error = KW_ERROR_KAFKA_STORAGE_ERROR;
    else if (build(write, config.log_append_time) != KW_OK)
        *write->error = KW_ERROR_UNKNOWN_SERVER_ERROR;
    else if (KW_BATCH_V2_RECORDS + write->batch.records.len > config.max_message_bytes)
        *write->error = KW_ERROR_MESSAGE_TOO_LARGE;
    return *write->error == KW_ERROR_NONE;
}

static void submit_to_log(struct marker_write *write)
{
    write->append = (struct log_append){
        .batches = &write->batch,
        .count = 1,
        .leader_epoch = write->leader_epoch,
        .origin = APPEND_COORDINATOR,
        .want = APPEND_WRITTEN,
        .transaction_version = write->marker->transaction_version,
        .done = log_is_done,
        .context = write,
    };
    (void)atomic_fetch_add(&write->job->pending, 1);
    if (log_append(write->log, &write->append))
        log_is_done(&write->append);
}

/* ---- partitions ---- */

static bool has_replica(const struct metadata_partition *partition, int32_t node_id)
{
    for (int32_t i = 0; i < partition->replicas.len; i++)
        if (partition->replicas.items[i] == node_id)
            return true;
    return false;
}

static bool has_too_few_replicas(const struct metadata_partition *partition, struct partition_log *log)
{
    struct log_config config;
    if (!partition_log_config(log, &config))
        return false;
    int32_t min =
        config.min_insync_replicas < partition->replicas.len ? config.min_insync_replicas : partition->replicas.len;
    return partition->isr.len < min;
}

/* What the marker is written to. */
static int16_t find(struct marker_write *write, const struct metadata_image *image)
{
    const struct markers_target *target = write->job->target;
    const struct metadata_topic *topic = metadata_topic_by_name(image, write->partition->topic);
    const struct metadata_partition *partition =
        topic != NULL ? metadata_topic_partition(topic, write->partition->partition) : NULL;
    if (partition == NULL || !has_replica(partition, target->node_id) ||
        log_manager_is_offline(target->logs, topic->name, topic->id, partition->index))
        return KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    if (write->marker->transaction_version == UNKNOWN_VERSION)
        return KW_ERROR_UNKNOWN_SERVER_ERROR; /* in Kafka it is of logs that are replicated */
    if (kw_string_equal(topic->name, kw_string_of(kw_internal_topic_name(KW_INTERNAL_TOPIC_CONSUMER_OFFSETS))))
        return error_of_shard(shards_find(target->groups, partition->index, &write->shard));
    if (partition->leader_id != target->node_id)
        return KW_ERROR_NOT_LEADER_OR_FOLLOWER;
    write->leader_epoch = partition->leader_epoch;
    write->log = log_manager_find(target->logs, topic->name, topic->id, partition->index);
    if (write->log == NULL)
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    return has_too_few_replicas(partition, write->log) ? KW_ERROR_NOT_ENOUGH_REPLICAS : KW_ERROR_NONE;
}

static void find_all(struct markers_job *job)
{
    const struct metadata_image *image = metadata_image_acquire(job->target->metadata);
    for (size_t i = 0; i < job->write_count; i++)
        *job->writes[i].error = find(&job->writes[i], image);
    metadata_image_release(image);
}

/* ---- all of them ---- */

/* False: a worker must do it. */
static bool open_logs(struct markers_job *job, bool dont_block)
{
    for (size_t i = 0; i < job->write_count; i++) {
        struct marker_write *write = &job->writes[i];
        struct log_snapshot snapshot;
        if (write->log == NULL || write->is_open || *write->error != KW_ERROR_NONE)
            continue;
        int16_t error = partition_log_acquire(write->log, dont_block, &snapshot);
        if (error == LOG_WOULD_BLOCK)
            return false;
        write->is_open = error == KW_ERROR_NONE;
        *write->error = error;
        if (write->is_open)
            log_snapshot_release(&snapshot);
    }
    return true;
}

static void submit_all(struct markers_job *job)
{
    atomic_store(&job->pending, 1);
    for (size_t i = 0; i < job->write_count; i++) {
        struct marker_write *write = &job->writes[i];
        if (*write->error != KW_ERROR_NONE)
            continue;
        if (write->shard != NULL)
            submit_to_shard(write);
        else if (prepare(write))
            submit_to_log(write);
    }
    one_is_done(job);
}

static void open_on_worker(struct task *task)
{
    struct markers_job *job = OF(task, struct markers_job, task);
    (void)open_logs(job, false);
    submit_all(job);
}

static void list(struct markers_job *job)
{
    struct marker_write *write = job->writes;
    for (size_t i = 0; i < job->count; i++)
        for (size_t k = 0; k < job->markers[i].partition_count; k++, write++) {
            write->job = job;
            write->marker = &job->markers[i];
            write->partition = &job->markers[i].partitions[k];
            write->error = &job->markers[i].errors[k];
        }
}

void markers_write(struct markers_target *target, struct markers_job *job)
{
    job->target = target;
    job->write_count = 0;
    for (size_t i = 0; i < job->count; i++)
        job->write_count += job->markers[i].partition_count;
    job->writes = calloc(job->write_count != 0 ? job->write_count : 1, sizeof *job->writes);
    if (job->writes == NULL) {
        fail_all(job, KW_ERROR_KAFKA_STORAGE_ERROR);
        return;
    }
    list(job);
    find_all(job);
    job->task.run = open_on_worker;
    if (open_logs(job, true))
        submit_all(job);
    else
        executor_offload(job->executor, &job->task);
}
