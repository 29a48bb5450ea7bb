/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/add_partitions_to_txn_request.h>
#include <kwire/messages/add_partitions_to_txn_response.h>
#include <kwire/messages/consumer_group_heartbeat_request.h>
#include <kwire/messages/consumer_group_heartbeat_response.h>
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
#include <kwire/messages/find_coordinator_request.h>
#include <kwire/messages/find_coordinator_response.h>
#include <kwire/messages/incremental_alter_configs_request.h>
#include <kwire/messages/incremental_alter_configs_response.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/messages/offset_commit_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/record_builder.h>

#include "../simulation/world.h"
#include "node.h"

enum { TIMEOUT_MS = 30000, LARGEST_BATCH = 1 << 18, LARGEST_VALUE = 1 << 14, MOST_CONFIGS = 8 };

/* ---- topics ---- */

size_t send_create_topic(const char *name, int32_t partitions, const char *const (*configs)[2], int32_t config_count)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_creatable_topic_config all[MOST_CONFIGS];
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    for (int32_t i = 0; i < config_count && i < MOST_CONFIGS; i++) {
        kw_create_topics_request_creatable_topic_config_init(&all[i]);
        all[i].name = kw_string_of(configs[i][0]);
        all[i].value = kw_string_of(configs[i][1]);
    }
    topic.name = kw_string_of(name);
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    topic.configs.items = all;
    topic.configs.len = config_count;
    request.topics.items = &topic;
    request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    return node_send(KW_KEY_CREATE_TOPICS, 4, &request);
}

int16_t take_create_topic(size_t call)
{
    const kw_create_topics_response *r = node_take(call);
    return r != NULL ? r->topics.items[0].error_code : NO_ANSWER;
}

int16_t create_topic(const char *name, int32_t partitions, const char *const (*configs)[2], int32_t config_count)
{
    return take_create_topic(node_await(send_create_topic(name, partitions, configs, config_count)));
}

size_t send_delete_topic(const char *name)
{
    kw_delete_topics_request request;
    kw_string topic = kw_string_of(name);
    kw_delete_topics_request_init(&request);
    request.topic_names.items = &topic;
    request.topic_names.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    return node_send(KW_KEY_DELETE_TOPICS, 3, &request);
}

int16_t take_delete_topic(size_t call)
{
    const kw_delete_topics_response *r = node_take(call);
    return r != NULL ? r->responses.items[0].error_code : NO_ANSWER;
}

int16_t delete_topic(const char *name)
{
    return take_delete_topic(node_await(send_delete_topic(name)));
}

int16_t grow_topic(const char *name, int32_t count)
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
    const kw_create_partitions_response *r = node_ask(KW_KEY_CREATE_PARTITIONS, 1, &request);
    return r != NULL ? r->results.items[0].error_code : NO_ANSWER;
}

int16_t set_config(const char *topic, const char *name, const char *value)
{
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_alter_configs_resource resource;
    kw_incremental_alter_configs_request_alterable_config one;
    kw_incremental_alter_configs_request_init(&request);
    kw_incremental_alter_configs_request_alter_configs_resource_init(&resource);
    kw_incremental_alter_configs_request_alterable_config_init(&one);
    one.name = kw_string_of(name);
    one.value = kw_string_of(value);
    resource.resource_type = 2; /* a topic */
    resource.resource_name = kw_string_of(topic);
    resource.configs.items = &one;
    request.resources.items = &resource;
    resource.configs.len = request.resources.len = 1;
    const kw_incremental_alter_configs_response *r = node_ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 0, &request);
    return r != NULL ? r->responses.items[0].error_code : NO_ANSWER;
}

int16_t delete_records(const char *name, int32_t index, int64_t offset)
{
    kw_delete_records_request request;
    kw_delete_records_request_topic topic;
    kw_delete_records_request_partition partition;
    kw_delete_records_request_init(&request);
    kw_delete_records_request_topic_init(&topic);
    kw_delete_records_request_partition_init(&partition);
    partition.partition_index = index;
    partition.offset = offset;
    topic.name = kw_string_of(name);
    topic.partitions.items = &partition;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    const kw_delete_records_response *r = node_ask(KW_KEY_DELETE_RECORDS, 1, &request);
    return r != NULL ? r->topics.items[0].partitions.items[0].error_code : NO_ANSWER;
}

/* ---- groups ---- */

int16_t find_coordinator(const char *key, int8_t type)
{
    kw_find_coordinator_request request;
    kw_find_coordinator_request_init(&request);
    request.key = kw_string_of(key);
    request.key_type = type;
    const kw_find_coordinator_response *r = node_ask(KW_KEY_FIND_COORDINATOR, 2, &request);
    return r != NULL ? r->error_code : NO_ANSWER;
}

size_t send_commit_offset(const char *group, const char *name, int32_t index, int64_t offset)
{
    kw_offset_commit_request request;
    kw_offset_commit_request_topic topic;
    kw_offset_commit_request_partition partition;
    kw_offset_commit_request_init(&request);
    kw_offset_commit_request_topic_init(&topic);
    kw_offset_commit_request_partition_init(&partition);
    partition.partition_index = index;
    partition.committed_offset = offset;
    partition.committed_metadata = kw_string_of("");
    topic.name = kw_string_of(name);
    topic.partitions.items = &partition;
    request.group_id = kw_string_of(group);
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    return node_send(KW_KEY_OFFSET_COMMIT, 8, &request);
}

int16_t take_commit_offset(size_t call)
{
    const kw_offset_commit_response *r = node_take(call);
    return r != NULL ? r->topics.items[0].partitions.items[0].error_code : NO_ANSWER;
}

int16_t commit_offset(const char *group, const char *name, int32_t index, int64_t offset)
{
    return take_commit_offset(node_await(send_commit_offset(group, name, index, offset)));
}

int16_t heartbeat(const char *group, const char *member, int32_t epoch, const char *topic, int32_t *next_epoch)
{
    kw_consumer_group_heartbeat_request request;
    kw_string name = kw_string_of(topic);
    kw_consumer_group_heartbeat_request_init(&request);
    request.group_id = kw_string_of(group);
    request.member_id = kw_string_of(member);
    request.member_epoch = epoch;
    if (epoch == 0) {
        request.rebalance_timeout_ms = 300000;
        request.subscribed_topic_names = (kw_string_array){&name, 1};
        request.topic_partitions.len = 0;
    }
    const kw_consumer_group_heartbeat_response *r = node_ask(KW_KEY_CONSUMER_GROUP_HEARTBEAT, 1, &request);
    if (r != NULL && r->error_code == KW_ERROR_NONE)
        *next_epoch = r->member_epoch;
    return r != NULL ? r->error_code : NO_ANSWER;
}

/* ---- producers ---- */

int16_t init_producer(struct sender *p)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of(p->transactional_id);
    request.transaction_timeout_ms = 60000;
    const kw_init_producer_id_response *r = node_ask(KW_KEY_INIT_PRODUCER_ID, 4, &request);
    if (r == NULL)
        return NO_ANSWER;
    p->id = r->producer_id;
    p->epoch = r->producer_epoch;
    memset(p->sequences, 0, sizeof p->sequences);
    return r->error_code;
}

int16_t add_partition(const struct sender *p, const char *name, int32_t partition)
{
    kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_topic topic;
    kw_add_partitions_to_txn_request_init(&request);
    kw_add_partitions_to_txn_request_topic_init(&topic);
    topic.name = kw_string_of(name);
    topic.partitions = (kw_int32_array){&partition, 1};
    request.v3_and_below_transactional_id = kw_string_of(p->transactional_id);
    request.v3_and_below_producer_id = p->id;
    request.v3_and_below_producer_epoch = p->epoch;
    request.v3_and_below_topics = (kw_add_partitions_to_txn_request_topic_array){&topic, 1};
    const kw_add_partitions_to_txn_response *r = node_ask(KW_KEY_ADD_PARTITIONS_TO_TXN, 3, &request);
    return r != NULL ? r->results_by_topic_v3_and_below.items[0].results_by_partition.items[0].partition_error_code
                     : NO_ANSWER;
}

size_t send_end_txn(const struct sender *p, bool commits, bool is_new)
{
    kw_end_txn_request request;
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of(p->transactional_id);
    request.producer_id = p->id;
    request.producer_epoch = p->epoch;
    request.committed = commits;
    return node_send(KW_KEY_END_TXN, is_new ? 5 : 3, &request);
}

int16_t take_end_txn(size_t call, struct sender *p, bool is_new)
{
    const kw_end_txn_response *r = node_take(call);
    if (r == NULL)
        return NO_ANSWER;
    if (r->error_code == KW_ERROR_NONE && is_new) {
        p->id = r->producer_id;
        p->epoch = r->producer_epoch;
        memset(p->sequences, 0, sizeof p->sequences);
    }
    return r->error_code;
}

int16_t end_txn(struct sender *p, bool commits, bool is_new)
{
    return take_end_txn(node_await(send_end_txn(p, commits, is_new)), p, is_new);
}

/* ---- batches ---- */

static kw_bytes build(const struct batch *b, uint8_t *bytes)
{
    static kw_compressor *compressor;
    static uint8_t value[LARGEST_VALUE];
    kw_writer w, scratch;
    kw_batch_options options;
    kw_batch_builder builder;
    if (compressor == NULL)
        compressor = kw_compressor_create(kw_allocator_libc());
    kw_writer_init(&w, bytes, LARGEST_BATCH);
    kw_writer_init_growing(&scratch, kw_allocator_libc(), LARGEST_BATCH);
    kw_batch_options_init(&options);
    if (b->producer != NULL) {
        options.producer_id = b->producer->id;
        options.producer_epoch = b->producer->epoch;
        options.base_sequence = b->sequence;
        options.transactional = b->is_transactional;
    }
    options.codec = b->codec;
    if (b->codec != KW_CODEC_NONE) {
        options.compressor = compressor;
        options.scratch = &scratch;
    }
    kw_status status = kw_batch_builder_init(&builder, &w, &options);
    for (int32_t i = 0; status == KW_OK && i < b->count; i++) {
        uint8_t key[8];
        uint64_t number = b->first_value + (uint64_t)i;
        kw_store_be64(value, number);
        kw_store_be64(key, b->keys > 0 ? number * 2654435761u % (uint64_t)b->keys : 0);
        const kw_new_record record = {
            .timestamp = b->time,
            .key = b->keys > 0 ? kw_bytes_of(key, sizeof key) : (kw_bytes){NULL, -1},
            .value = b->is_tombstone ? (kw_bytes){NULL, -1} : kw_bytes_of(value, b->size),
        };
        status = kw_batch_builder_append(&builder, &record);
    }
    if (status != KW_OK || kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    kw_writer_finish(&scratch);
    kw_span data = kw_writer_data(&w);
    return kw_bytes_of_span(data);
}

size_t send_produce(const struct batch *b)
{
    static uint8_t bytes[LARGEST_BATCH];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    partition.index = b->partition;
    partition.records = build(b, bytes);
    topic.name = kw_string_of(b->topic);
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.acks = b->acks;
    request.timeout_ms = TIMEOUT_MS;
    if (b->is_transactional)
        request.transactional_id = kw_string_of(b->producer->transactional_id);
    return node_send(KW_KEY_PRODUCE, b->is_new ? 12 : 9, &request);
}

int16_t take_produce(size_t call, int64_t *offset)
{
    const kw_produce_response *r = node_take(call);
    if (r == NULL)
        return NO_ANSWER;
    *offset = r->responses.items[0].partition_responses.items[0].base_offset;
    return r->responses.items[0].partition_responses.items[0].error_code;
}

int16_t produce(const struct batch *b, int64_t *offset)
{
    return take_produce(node_await(send_produce(b)), offset);
}
