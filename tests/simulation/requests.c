/* SPDX-License-Identifier: Apache-2.0 */
#include "requests.h"

#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/add_offsets_to_txn_request.h>
#include <kwire/messages/add_offsets_to_txn_response.h>
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
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/messages/txn_offset_commit_request.h>
#include <kwire/messages/txn_offset_commit_response.h>

#include "metadata/image.h"
#include "process.h"

enum { TIMEOUT_MS = 30000 };

size_t (*requests_await)(size_t call);

static const void *ask(int16_t key, int16_t version, const void *request)
{
    return process_take(requests_await(process_send(key, version, request)));
}

/* ---- topics ---- */

size_t send_create_topic(const char *name, const struct new_topic *new)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_creatable_topic_config all[sizeof new->configs / sizeof new->configs[0]];
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    for (int32_t i = 0; i < new->config_count; i++) {
        kw_create_topics_request_creatable_topic_config_init(&all[i]);
        all[i].name = kw_string_of(new->configs[i][0]);
        all[i].value = kw_string_of(new->configs[i][1]);
    }
    topic.name = kw_string_of(name);
    topic.num_partitions = new->partitions;
    topic.replication_factor = 1;
    topic.configs.items = all;
    topic.configs.len = new->config_count;
    request.topics.items = &topic;
    request.topics.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    return process_send(KW_KEY_CREATE_TOPICS, 4, &request);
}

int16_t take_create_topic(size_t call)
{
    const kw_create_topics_response *r = process_take(call);
    return r != NULL ? r->topics.items[0].error_code : NO_ANSWER;
}

int16_t create_topic(const char *name, const struct new_topic *new)
{
    return take_create_topic(requests_await(send_create_topic(name, new)));
}

size_t send_delete_topic(const char *name)
{
    kw_delete_topics_request request;
    kw_string topic = kw_string_of(name);
    kw_delete_topics_request_init(&request);
    request.topic_names.items = &topic;
    request.topic_names.len = 1;
    request.timeout_ms = TIMEOUT_MS;
    return process_send(KW_KEY_DELETE_TOPICS, 3, &request);
}

int16_t take_delete_topic(size_t call)
{
    const kw_delete_topics_response *r = process_take(call);
    return r != NULL ? r->responses.items[0].error_code : NO_ANSWER;
}

int16_t delete_topic(const char *name)
{
    return take_delete_topic(requests_await(send_delete_topic(name)));
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
    const kw_create_partitions_response *r = ask(KW_KEY_CREATE_PARTITIONS, 1, &request);
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
    resource.resource_type = RESOURCE_TOPIC;
    resource.resource_name = kw_string_of(topic);
    resource.configs.items = &one;
    request.resources.items = &resource;
    resource.configs.len = request.resources.len = 1;
    const kw_incremental_alter_configs_response *r = ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 0, &request);
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
    const kw_delete_records_response *r = ask(KW_KEY_DELETE_RECORDS, 1, &request);
    return r != NULL ? r->topics.items[0].partitions.items[0].error_code : NO_ANSWER;
}

/* ---- groups ---- */

int16_t find_coordinator(const char *key, int8_t type)
{
    kw_find_coordinator_request request;
    kw_find_coordinator_request_init(&request);
    request.key = kw_string_of(key);
    request.key_type = type;
    const kw_find_coordinator_response *r = ask(KW_KEY_FIND_COORDINATOR, 2, &request);
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
    return process_send(KW_KEY_OFFSET_COMMIT, 8, &request);
}

int16_t take_commit_offset(size_t call)
{
    const kw_offset_commit_response *r = process_take(call);
    return r != NULL ? r->topics.items[0].partitions.items[0].error_code : NO_ANSWER;
}

int16_t commit_offset(const char *group, const char *name, int32_t index, int64_t offset)
{
    return take_commit_offset(requests_await(send_commit_offset(group, name, index, offset)));
}

int16_t fetch_offset(const char *group, const char *name, int32_t index, int64_t *offset)
{
    kw_offset_fetch_request request;
    kw_offset_fetch_request_group one;
    kw_offset_fetch_request_topics topic;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_group_init(&one);
    kw_offset_fetch_request_topics_init(&topic);
    topic.name = kw_string_of(name);
    topic.partition_indexes = (kw_int32_array){&index, 1};
    one.group_id = kw_string_of(group);
    one.topics.items = &topic;
    request.groups.items = &one;
    one.topics.len = request.groups.len = 1;
    request.require_stable = true;
    const kw_offset_fetch_response *r = ask(KW_KEY_OFFSET_FETCH, 8, &request);
    if (r == NULL || r->groups.items[0].error_code != KW_ERROR_NONE)
        return r != NULL ? r->groups.items[0].error_code : NO_ANSWER;
    *offset = r->groups.items[0].topics.items[0].partitions.items[0].committed_offset;
    return r->groups.items[0].topics.items[0].partitions.items[0].error_code;
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
    const kw_consumer_group_heartbeat_response *r = ask(KW_KEY_CONSUMER_GROUP_HEARTBEAT, 1, &request);
    if (r != NULL && r->error_code == KW_ERROR_NONE)
        *next_epoch = r->member_epoch;
    return r != NULL ? r->error_code : NO_ANSWER;
}

/* ---- producers ---- */

int16_t init_producer(struct sender *p, int32_t timeout_ms)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of(p->transactional_id);
    request.transaction_timeout_ms = timeout_ms;
    const kw_init_producer_id_response *r = ask(KW_KEY_INIT_PRODUCER_ID, 4, &request);
    if (r == NULL || r->error_code != KW_ERROR_NONE)
        return r != NULL ? r->error_code : NO_ANSWER;
    p->id = r->producer_id;
    p->epoch = r->producer_epoch;
    memset(p->sequences, 0, sizeof p->sequences);
    return KW_ERROR_NONE;
}

int16_t add_partitions(const struct sender *p, const char *name, const int32_t *partitions, int32_t count)
{
    kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_topic topic;
    kw_add_partitions_to_txn_request_init(&request);
    kw_add_partitions_to_txn_request_topic_init(&topic);
    topic.name = kw_string_of(name);
    topic.partitions = (kw_int32_array){(int32_t *)(uintptr_t)partitions, count};
    request.v3_and_below_transactional_id = kw_string_of(p->transactional_id);
    request.v3_and_below_producer_id = p->id;
    request.v3_and_below_producer_epoch = p->epoch;
    request.v3_and_below_topics = (kw_add_partitions_to_txn_request_topic_array){&topic, 1};
    const kw_add_partitions_to_txn_response *r = ask(KW_KEY_ADD_PARTITIONS_TO_TXN, 3, &request);
    return r != NULL ? r->results_by_topic_v3_and_below.items[0].results_by_partition.items[0].partition_error_code
                     : NO_ANSWER;
}

int16_t add_group(const struct sender *p, const char *group)
{
    kw_add_offsets_to_txn_request request;
    kw_add_offsets_to_txn_request_init(&request);
    request.transactional_id = kw_string_of(p->transactional_id);
    request.producer_id = p->id;
    request.producer_epoch = p->epoch;
    request.group_id = kw_string_of(group);
    const kw_add_offsets_to_txn_response *r = ask(KW_KEY_ADD_OFFSETS_TO_TXN, 3, &request);
    return r != NULL ? r->error_code : NO_ANSWER;
}

int16_t commit_in_txn(const struct sender *p, const char *group, const char *name, int32_t index, int64_t offset)
{
    kw_txn_offset_commit_request request;
    kw_txn_offset_commit_request_topic topic;
    kw_txn_offset_commit_request_partition partition;
    kw_txn_offset_commit_request_init(&request);
    kw_txn_offset_commit_request_topic_init(&topic);
    kw_txn_offset_commit_request_partition_init(&partition);
    partition.partition_index = index;
    partition.committed_offset = offset;
    topic.name = kw_string_of(name);
    topic.partitions.items = &partition;
    request.transactional_id = kw_string_of(p->transactional_id);
    request.group_id = kw_string_of(group);
    request.producer_id = p->id;
    request.producer_epoch = p->epoch;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    const kw_txn_offset_commit_response *r = ask(KW_KEY_TXN_OFFSET_COMMIT, 3, &request);
    return r != NULL ? r->topics.items[0].partitions.items[0].error_code : NO_ANSWER;
}

size_t send_end_txn(const struct sender *p, bool commits, bool is_new)
{
    kw_end_txn_request request;
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of(p->transactional_id);
    request.producer_id = p->id;
    request.producer_epoch = p->epoch;
    request.committed = commits;
    return process_send(KW_KEY_END_TXN, is_new ? 5 : 3, &request);
}

int16_t take_end_txn(size_t call, struct sender *p, bool is_new)
{
    const kw_end_txn_response *r = process_take(call);
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
    return take_end_txn(requests_await(send_end_txn(p, commits, is_new)), p, is_new);
}

/* ---- records ---- */

size_t send_records(const struct produced *p)
{
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    partition.index = p->partition;
    partition.records = p->records;
    topic.name = kw_string_of(p->topic);
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.transactional_id = kw_string_of(p->transactional_id);
    request.acks = p->acks;
    request.timeout_ms = TIMEOUT_MS;
    return process_send(KW_KEY_PRODUCE, p->is_new ? 12 : 9, &request);
}

int16_t take_produced(size_t call, int64_t *offset)
{
    const kw_produce_response *r = process_take(call);
    if (r == NULL)
        return NO_ANSWER;
    *offset = r->responses.items[0].partition_responses.items[0].base_offset;
    return r->responses.items[0].partition_responses.items[0].error_code;
}
