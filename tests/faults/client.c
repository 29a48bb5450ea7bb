/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <inttypes.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/add_offsets_to_txn_request.h>
#include <kwire/messages/add_offsets_to_txn_response.h>
#include <kwire/messages/add_partitions_to_txn_request.h>
#include <kwire/messages/add_partitions_to_txn_response.h>
#include <kwire/messages/create_partitions_request.h>
#include <kwire/messages/create_partitions_response.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/delete_records_request.h>
#include <kwire/messages/delete_records_response.h>
#include <kwire/messages/delete_topics_request.h>
#include <kwire/messages/delete_topics_response.h>
#include <kwire/messages/end_txn_request.h>
#include <kwire/messages/end_txn_response.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/find_coordinator_request.h>
#include <kwire/messages/find_coordinator_response.h>
#include <kwire/messages/incremental_alter_configs_request.h>
#include <kwire/messages/incremental_alter_configs_response.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/list_offsets_request.h>
#include <kwire/messages/list_offsets_response.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/messages/offset_commit_response.h>
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/messages/txn_offset_commit_request.h>
#include <kwire/messages/txn_offset_commit_response.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

#include "../simulation/world.h"
#include "machine.h"

enum { VALUE = 48, KEY = 4, BATCH = 1024, TIMEOUT_MS = 30000, MOST_ABORTED = 64 };

#define ERROR_OF(response, field) ((response) != NULL ? (int16_t)(response)->field : (int16_t)NO_ANSWER)

/* ---- topics ---- */

int16_t client_create_topic(const char *name, int32_t partitions, bool is_compacted)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_creatable_topic_config config;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    kw_create_topics_request_creatable_topic_config_init(&config);
    config.name = kw_string_of("cleanup.policy");
    config.value = kw_string_of("compact");
    topic.name = kw_string_of(name);
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    topic.configs.items = &config;
    topic.configs.len = is_compacted ? 1 : 0;
    request.topics.items = &topic;
    request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    const kw_create_topics_response *r = machine_ask(KW_KEY_CREATE_TOPICS, 5, &request);
    return ERROR_OF(r, topics.items[0].error_code);
}

int16_t client_delete_topic(const char *name)
{
    kw_delete_topics_request request;
    kw_string topic = kw_string_of(name);
    kw_delete_topics_request_init(&request);
    request.topic_names = (kw_string_array){&topic, 1};
    request.timeout_ms = TIMEOUT_MS;
    const kw_delete_topics_response *r = machine_ask(KW_KEY_DELETE_TOPICS, 4, &request);
    return ERROR_OF(r, responses.items[0].error_code);
}

int16_t client_grow(const char *name, int32_t count)
{
    kw_create_partitions_request request;
    kw_create_partitions_request_topic topic;
    kw_create_partitions_request_init(&request);
    kw_create_partitions_request_topic_init(&topic);
    topic.name = kw_string_of(name);
    topic.count = count;
    topic.assignments.len = -1;
    request.topics.items = &topic;
    request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    const kw_create_partitions_response *r = machine_ask(KW_KEY_CREATE_PARTITIONS, 2, &request);
    return ERROR_OF(r, results.items[0].error_code);
}

int16_t client_alter(const char *name, const char *setting, const char *value)
{
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_alter_configs_resource resource;
    kw_incremental_alter_configs_request_alterable_config config;
    kw_incremental_alter_configs_request_init(&request);
    kw_incremental_alter_configs_request_alter_configs_resource_init(&resource);
    kw_incremental_alter_configs_request_alterable_config_init(&config);
    config.name = kw_string_of(setting);
    config.value = kw_string_of(value);
    resource.resource_type = RESOURCE_TOPIC;
    resource.resource_name = kw_string_of(name);
    resource.configs.items = &config;
    request.resources.items = &resource;
    resource.configs.len = request.resources.len = 1;
    const kw_incremental_alter_configs_response *r = machine_ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 1, &request);
    return ERROR_OF(r, responses.items[0].error_code);
}

int16_t client_delete_records(const char *name, int32_t partition, int64_t offset)
{
    kw_delete_records_request request;
    kw_delete_records_request_topic topic;
    kw_delete_records_request_partition one;
    kw_delete_records_request_init(&request);
    kw_delete_records_request_topic_init(&topic);
    kw_delete_records_request_partition_init(&one);
    one.partition_index = partition;
    one.offset = offset;
    topic.name = kw_string_of(name);
    topic.partitions.items = &one;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    const kw_delete_records_response *r = machine_ask(KW_KEY_DELETE_RECORDS, 1, &request);
    return ERROR_OF(r, topics.items[0].partitions.items[0].error_code);
}

/* ---- producers ---- */

int16_t client_find_coordinator(int8_t type, const char *key)
{
    kw_find_coordinator_request request;
    kw_string name = kw_string_of(key);
    kw_find_coordinator_request_init(&request);
    request.key_type = type;
    request.coordinator_keys = (kw_string_array){&name, 1};
    const kw_find_coordinator_response *r = machine_ask(KW_KEY_FIND_COORDINATOR, 4, &request);
    return ERROR_OF(r, coordinators.items[0].error_code);
}

int16_t client_init_producer(const char *transaction, struct producer_id *out)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of(transaction);
    request.transaction_timeout_ms = 600000;
    const kw_init_producer_id_response *r = machine_ask(KW_KEY_INIT_PRODUCER_ID, 4, &request);
    if (ERROR_OF(r, error_code) == KW_ERROR_NONE)
        *out = (struct producer_id){r->producer_id, r->producer_epoch};
    return ERROR_OF(r, error_code);
}

int64_t client_time_of(int64_t number)
{
    return world.epoch + number;
}

static void fill_value(uint8_t value[VALUE], int64_t number)
{
    kw_store_be64(value, (uint64_t)number);
    for (size_t i = 8; i < VALUE; i++)
        value[i] = (uint8_t)((uint64_t)number * 31 + i);
}

static kw_bytes batch_of(const struct sent *sent, uint8_t bytes[BATCH])
{
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    uint8_t value[VALUE], key[KEY];
    fill_value(value, sent->number);
    kw_store_be32(key, (uint32_t)sent->key);
    kw_writer_init(&w, bytes, BATCH);
    kw_batch_options_init(&options);
    if (sent->producer.id >= 0) {
        options.producer_id = sent->producer.id;
        options.producer_epoch = sent->producer.epoch;
        options.base_sequence = sent->sequence;
        options.transactional = sent->transaction != NULL;
    }
    const kw_new_record record = {.timestamp = client_time_of(sent->number),
                                  .key = {sent->key >= 0 ? key : NULL, sent->key >= 0 ? KEY : -1},
                                  .value = {value, VALUE}};
    if (kw_batch_builder_init(&builder, &w, &options) != KW_OK || kw_batch_builder_append(&builder, &record) != KW_OK ||
        kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    return kw_bytes_of_span(kw_writer_data(&w));
}

int16_t client_produce(const struct sent *sent, int64_t *offset)
{
    static uint8_t bytes[BATCH];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    partition.index = sent->partition;
    partition.records = batch_of(sent, bytes);
    topic.name = kw_string_of(sent->topic);
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.transactional_id = kw_string_of(sent->transaction);
    request.acks = sent->acks;
    request.timeout_ms = TIMEOUT_MS;
    const kw_produce_response *r = machine_ask(KW_KEY_PRODUCE, 9, &request);
    if (r != NULL)
        *offset = r->responses.items[0].partition_responses.items[0].base_offset;
    return ERROR_OF(r, responses.items[0].partition_responses.items[0].error_code);
}

/* ---- transactions ---- */

int16_t client_add_partitions(const char *transaction, struct producer_id producer, const char *topic, int32_t count)
{
    enum { MOST = 8 };
    int32_t all[MOST];
    kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_topic one;
    kw_add_partitions_to_txn_request_init(&request);
    kw_add_partitions_to_txn_request_topic_init(&one);
    for (int32_t i = 0; i < count && i < MOST; i++)
        all[i] = i;
    one.name = kw_string_of(topic);
    one.partitions = (kw_int32_array){all, count};
    request.v3_and_below_transactional_id = kw_string_of(transaction);
    request.v3_and_below_producer_id = producer.id;
    request.v3_and_below_producer_epoch = producer.epoch;
    request.v3_and_below_topics.items = &one;
    request.v3_and_below_topics.len = 1;
    const kw_add_partitions_to_txn_response *r = machine_ask(KW_KEY_ADD_PARTITIONS_TO_TXN, 3, &request);
    return ERROR_OF(r, results_by_topic_v3_and_below.items[0].results_by_partition.items[0].partition_error_code);
}

int16_t client_add_offsets(const char *transaction, struct producer_id producer, const char *group)
{
    kw_add_offsets_to_txn_request request;
    kw_add_offsets_to_txn_request_init(&request);
    request.transactional_id = kw_string_of(transaction);
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.group_id = kw_string_of(group);
    const kw_add_offsets_to_txn_response *r = machine_ask(KW_KEY_ADD_OFFSETS_TO_TXN, 3, &request);
    return ERROR_OF(r, error_code);
}

int16_t client_commit_in_transaction(const char *transaction, struct producer_id producer, const char *group,
                                     const char *topic, int64_t offset)
{
    kw_txn_offset_commit_request request;
    kw_txn_offset_commit_request_topic one;
    kw_txn_offset_commit_request_partition partition;
    kw_txn_offset_commit_request_init(&request);
    kw_txn_offset_commit_request_topic_init(&one);
    kw_txn_offset_commit_request_partition_init(&partition);
    partition.committed_offset = offset;
    one.name = kw_string_of(topic);
    one.partitions.items = &partition;
    request.transactional_id = kw_string_of(transaction);
    request.group_id = kw_string_of(group);
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.topics.items = &one;
    one.partitions.len = request.topics.len = 1;
    const kw_txn_offset_commit_response *r = machine_ask(KW_KEY_TXN_OFFSET_COMMIT, 3, &request);
    return ERROR_OF(r, topics.items[0].partitions.items[0].error_code);
}

int16_t client_end_transaction(const char *transaction, struct producer_id *producer, bool is_committed)
{
    kw_end_txn_request request;
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of(transaction);
    request.producer_id = producer->id;
    request.producer_epoch = producer->epoch;
    request.committed = is_committed;
    const kw_end_txn_response *r = machine_ask(KW_KEY_END_TXN, 3, &request);
    return ERROR_OF(r, error_code);
}

/* ---- groups ---- */

int16_t client_commit(const char *group, const char *topic, int64_t offset)
{
    kw_offset_commit_request request;
    kw_offset_commit_request_topic one;
    kw_offset_commit_request_partition partition;
    kw_offset_commit_request_init(&request);
    kw_offset_commit_request_topic_init(&one);
    kw_offset_commit_request_partition_init(&partition);
    partition.committed_offset = offset;
    one.name = kw_string_of(topic);
    one.partitions.items = &partition;
    request.group_id = kw_string_of(group);
    request.generation_id_or_member_epoch = -1;
    request.topics.items = &one;
    one.partitions.len = request.topics.len = 1;
    const kw_offset_commit_response *r = machine_ask(KW_KEY_OFFSET_COMMIT, 8, &request);
    return ERROR_OF(r, topics.items[0].partitions.items[0].error_code);
}

int16_t client_committed(const char *group, const char *topic, int64_t *offset)
{
    int32_t zero = 0;
    kw_offset_fetch_request request;
    kw_offset_fetch_request_group one;
    kw_offset_fetch_request_topics of;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_group_init(&one);
    kw_offset_fetch_request_topics_init(&of);
    of.name = kw_string_of(topic);
    of.partition_indexes = (kw_int32_array){&zero, 1};
    one.group_id = kw_string_of(group);
    one.topics.items = &of;
    request.groups.items = &one;
    one.topics.len = request.groups.len = 1;
    request.require_stable = true;
    const kw_offset_fetch_response *r = machine_ask(KW_KEY_OFFSET_FETCH, 8, &request);
    if (r == NULL || r->groups.items[0].error_code != KW_ERROR_NONE)
        return ERROR_OF(r, groups.items[0].error_code);
    *offset = r->groups.items[0].topics.items[0].partitions.items[0].committed_offset;
    return r->groups.items[0].topics.items[0].partitions.items[0].error_code;
}

/* ---- reading ---- */

int16_t client_list_offset(const char *name, int32_t partition, int64_t timestamp, int64_t *offset)
{
    kw_list_offsets_request request;
    kw_list_offsets_request_topic topic;
    kw_list_offsets_request_partition one;
    kw_list_offsets_request_init(&request);
    kw_list_offsets_request_topic_init(&topic);
    kw_list_offsets_request_partition_init(&one);
    one.partition_index = partition;
    one.timestamp = timestamp;
    topic.name = kw_string_of(name);
    topic.partitions.items = &one;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.replica_id = -1;
    const kw_list_offsets_response *r = machine_ask(KW_KEY_LIST_OFFSETS, 7, &request);
    if (r != NULL)
        *offset = r->topics.items[0].partitions.items[0].offset;
    return ERROR_OF(r, topics.items[0].partitions.items[0].error_code);
}

struct aborted_list {
    int64_t producers[MOST_ABORTED];
    int64_t first_offsets[MOST_ABORTED];
    size_t count;
};

static const kw_fetch_response_partition_data *fetch(const char *name, int32_t partition, int64_t offset,
                                                     bool is_committed)
{
    kw_fetch_request request;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition one;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&one);
    one.partition = partition;
    one.fetch_offset = offset;
    one.partition_max_bytes = 1 << 18;
    topic.topic = kw_string_of(name);
    topic.partitions.items = &one;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.max_bytes = 1 << 18;
    request.isolation_level = is_committed;
    const kw_fetch_response *r = machine_ask(KW_KEY_FETCH, 12, &request);
    return r != NULL && r->error_code == KW_ERROR_NONE ? &r->responses.items[0].partitions.items[0] : NULL;
}

/* Whether a batch is of an aborted transaction; a marker ends it. */
static bool is_aborted(struct aborted_list *aborted, const kw_batch *batch)
{
    for (size_t i = 0; i < aborted->count; i++) {
        if (aborted->producers[i] != batch->producer_id || aborted->first_offsets[i] > batch->last_offset)
            continue;
        if (kw_batch_is_control(batch)) {
            aborted->producers[i] = aborted->producers[--aborted->count];
            aborted->first_offsets[i] = aborted->first_offsets[aborted->count];
        }
        return true;
    }
    return false;
}

static void take_record(const char *topic, const kw_record *record, struct read_log *out)
{
    uint8_t expected[VALUE];
    CHECK(record->value.len == VALUE, "a record of %s at offset %" PRId64 " has %d bytes", topic, record->offset,
          record->value.len);
    struct read_record read = {
        .number = (int64_t)kw_load_be64(record->value.data), .offset = record->offset, .key = -1};
    fill_value(expected, read.number);
    CHECK(memcmp(expected, record->value.data, VALUE) == 0 && record->timestamp == client_time_of(read.number),
          "record %" PRId64 " of %s at offset %" PRId64 " is not what was sent", read.number, topic, record->offset);
    if (record->key.len == KEY)
        read.key = (int)kw_load_be32(record->key.data);
    CHECK(out->count < MOST_READ, "there are too many records in %s", topic);
    out->records[out->count++] = read;
}

static void take_batch(const char *topic, const kw_batch *batch, int64_t from, struct read_log *out)
{
    kw_records records;
    kw_record record;
    (void)kw_records_init(&records, batch, NULL, NULL);
    while (kw_records_next(&records, &record))
        if (record.offset >= from)
            take_record(topic, &record, out);
    CHECK(records.status == KW_OK, "a batch of %s at offset %" PRId64 " cannot be read", topic, batch->base_offset);
}

/* Returns where to continue. */
static int64_t take_batches(const char *topic, const kw_fetch_response_partition_data *p, int64_t offset,
                            struct read_log *out)
{
    struct aborted_list aborted = {.count = 0};
    kw_batches batches;
    kw_batch batch;
    int64_t next = offset;
    for (int32_t i = 0; i < p->aborted_transactions.len && i < MOST_ABORTED; i++) {
        aborted.producers[aborted.count] = p->aborted_transactions.items[i].producer_id;
        aborted.first_offsets[aborted.count++] = p->aborted_transactions.items[i].first_offset;
    }
    kw_batches_init(&batches, p->records);
    batches.flags |= KW_BATCHES_CHECK_CRC;
    while (kw_batches_next(&batches, &batch)) {
        CHECK(batch.last_offset >= next, "%s: asked for offset %" PRId64 ", a batch up to %" PRId64 " is answered",
              topic, next, batch.last_offset);
        CHECK(batch.base_offset >= next || next == offset, "%s: offsets of batches are not in order at %" PRId64, topic,
              batch.base_offset);
        if (!is_aborted(&aborted, &batch) && !kw_batch_is_control(&batch))
            take_batch(topic, &batch, next, out);
        next = batch.last_offset + 1;
    }
    CHECK(batches.status == KW_OK, "a batch of %s that is not valid is answered, at offset %" PRId64, topic, next);
    return next;
}

int16_t client_read(const char *topic, int32_t partition, bool is_committed, struct read_log *out)
{
    out->count = 0;
    int16_t error = client_list_offset(topic, partition, -2, &out->start);
    if (error != KW_ERROR_NONE)
        return error;
    out->end = out->start;
    for (bool more = true; more;) {
        const kw_fetch_response_partition_data *p = fetch(topic, partition, out->end, is_committed);
        if (p == NULL || p->error_code != KW_ERROR_NONE)
            return ERROR_OF(p, error_code);
        int64_t until = is_committed ? p->last_stable_offset : p->high_watermark;
        int64_t next = take_batches(topic, p, out->end, out);
        more = next > out->end && next < until;
        CHECK(next > out->end || next >= until, "%s-%d: nothing is answered at offset %" PRId64 " of %" PRId64, topic,
              partition, next, until);
        out->end = next;
    }
    return KW_ERROR_NONE;
}
