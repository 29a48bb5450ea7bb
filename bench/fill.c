/* SPDX-License-Identifier: Apache-2.0 */
#include "fill.h"

#include <stdio.h>

#include "timing.h"

enum { BROKERS = 3, NAME_SIZE = 32, TAG_SIZE = 8, FIRST_TAG = 100 };

static void *take(kw_arena *arena, int32_t count, size_t size)
{
    void *memory = kw_arena_array(arena, (size_t)(uint32_t)count, size);
    if (memory == NULL)
        die("out of memory");
    return memory;
}

static kw_string name_of(kw_arena *arena, const char *format, int32_t number)
{
    char *text = take(arena, NAME_SIZE, 1);
    return (kw_string){text, snprintf(text, NAME_SIZE, format, (int)number)};
}

static kw_string topic_name(kw_arena *arena, int32_t number)
{
    return name_of(arena, "payments.orders.%03d", number);
}

static kw_uuid topic_id(int32_t number)
{
    kw_uuid id;
    uint32_t bits = (uint32_t)number + 1;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        bits = bits * 1664525U + 1013904223U;
        id.bytes[i] = (uint8_t)(bits >> 24);
    }
    return id;
}

/* Three replicas, the leader of the partition first. */
static kw_int32_array replicas_of(int32_t partition)
{
    static int32_t nodes[] = {0, 1, 2, 0, 1};
    return (kw_int32_array){nodes + partition % BROKERS, BROKERS};
}

void fill_api_versions(kw_api_versions_response *m, kw_arena *arena, int32_t apis)
{
    kw_api_versions_response_init(m);
    m->api_keys.items = take(arena, apis, sizeof *m->api_keys.items);
    m->api_keys.len = apis;
    for (int32_t i = 0; i < apis; i++) {
        kw_api_versions_response_api_version *api = &m->api_keys.items[i];
        kw_api_versions_response_api_version_init(api);
        api->api_key = (int16_t)i;
        api->min_version = (int16_t)(i % 3);
        api->max_version = (int16_t)(i % 3 + i % 10);
    }
}

static void fill_brokers(kw_metadata_response_broker_array *brokers, kw_arena *arena)
{
    brokers->items = take(arena, BROKERS, sizeof *brokers->items);
    brokers->len = BROKERS;
    for (int32_t i = 0; i < BROKERS; i++) {
        kw_metadata_response_broker_init(&brokers->items[i]);
        brokers->items[i].node_id = i;
        brokers->items[i].host = name_of(arena, "broker-%d.kafka.example.com", i);
        brokers->items[i].port = 9092;
        brokers->items[i].rack = name_of(arena, "rack-%d", i);
    }
}

void fill_metadata(kw_metadata_response *m, kw_arena *arena, int32_t topics, int32_t partitions)
{
    kw_metadata_response_init(m);
    fill_brokers(&m->brokers, arena);
    m->cluster_id = kw_string_of("Pj2cRyKoSqW2mJ8zJvXxdw");
    m->controller_id = 1;
    m->topics.items = take(arena, topics, sizeof *m->topics.items);
    m->topics.len = topics;
    for (int32_t t = 0; t < topics; t++) {
        kw_metadata_response_topic *topic = &m->topics.items[t];
        kw_metadata_response_topic_init(topic);
        topic->name = topic_name(arena, t);
        topic->topic_id = topic_id(t);
        topic->partitions.items = take(arena, partitions, sizeof *topic->partitions.items);
        topic->partitions.len = partitions;
        for (int32_t p = 0; p < partitions; p++) {
            kw_metadata_response_partition *partition = &topic->partitions.items[p];
            kw_metadata_response_partition_init(partition);
            partition->partition_index = p;
            partition->leader_id = p % BROKERS;
            partition->leader_epoch = 5 + t;
            partition->replica_nodes = replicas_of(p);
            partition->isr_nodes = replicas_of(p);
        }
    }
}

void fill_topic_partitions(kw_describe_topic_partitions_response *m, kw_arena *arena, int32_t topics,
                           int32_t partitions)
{
    kw_describe_topic_partitions_response_init(m);
    m->topics.items = take(arena, topics, sizeof *m->topics.items);
    m->topics.len = topics;
    for (int32_t t = 0; t < topics; t++) {
        kw_describe_topic_partitions_response_topic *topic = &m->topics.items[t];
        kw_describe_topic_partitions_response_topic_init(topic);
        topic->name = topic_name(arena, t);
        topic->topic_id = topic_id(t);
        topic->topic_authorized_operations = 0xdf8;
        topic->partitions.items = take(arena, partitions, sizeof *topic->partitions.items);
        topic->partitions.len = partitions;
        for (int32_t p = 0; p < partitions; p++) {
            kw_describe_topic_partitions_response_partition *partition = &topic->partitions.items[p];
            kw_describe_topic_partitions_response_partition_init(partition);
            partition->partition_index = p;
            partition->leader_id = p % BROKERS;
            partition->leader_epoch = 5 + t;
            partition->replica_nodes = replicas_of(p);
            partition->isr_nodes = replicas_of(p);
            partition->eligible_leader_replicas.len = 0;
            partition->last_known_elr.len = 0;
        }
    }
}

/* A batch of exactly `size` bytes, with one record that has no key. */
static kw_bytes batch_of_size(kw_arena *arena, int32_t size, int32_t seed)
{
    kw_writer out;
    uint8_t *batch = take(arena, size, 1), *value = take(arena, size, 1);
    kw_new_record record = {.timestamp = 0, .key = {NULL, -1}, .value = {value, size}};
    fill_bytes(value, size, seed);
    do {
        if (--record.value.len < 0)
            die("a batch of %d bytes is not possible", (int)size);
        kw_writer_init_counting(&out);
        write_batch(&out, &record, 1);
    } while (kw_writer_needed(&out) > (size_t)(uint32_t)size);
    kw_writer_init(&out, batch, (size_t)(uint32_t)size);
    write_batch(&out, &record, 1);
    if (kw_writer_data(&out).size != (size_t)(uint32_t)size)
        die("a batch of %d bytes is not possible", (int)size);
    return (kw_bytes){batch, size};
}

void fill_produce(kw_produce_request *m, kw_arena *arena, int32_t topics, int32_t partitions, int32_t batch_size)
{
    kw_produce_request_init(m);
    m->acks = -1;
    m->timeout_ms = 30000;
    m->topic_data.items = take(arena, topics, sizeof *m->topic_data.items);
    m->topic_data.len = topics;
    for (int32_t t = 0; t < topics; t++) {
        kw_produce_request_topic_produce_data *topic = &m->topic_data.items[t];
        kw_produce_request_topic_produce_data_init(topic);
        topic->name = topic_name(arena, t);
        topic->partition_data.items = take(arena, partitions, sizeof *topic->partition_data.items);
        topic->partition_data.len = partitions;
        for (int32_t p = 0; p < partitions; p++) {
            kw_produce_request_partition_produce_data *partition = &topic->partition_data.items[p];
            kw_produce_request_partition_produce_data_init(partition);
            partition->index = p;
            partition->records = batch_of_size(arena, batch_size, t * partitions + p);
        }
    }
}

void fill_fetch(kw_fetch_response *m, kw_arena *arena, int32_t topics, int32_t partitions, int32_t batch_size)
{
    kw_fetch_response_init(m);
    m->session_id = 1234;
    m->responses.items = take(arena, topics, sizeof *m->responses.items);
    m->responses.len = topics;
    for (int32_t t = 0; t < topics; t++) {
        kw_fetch_response_fetchable_topic_response *topic = &m->responses.items[t];
        kw_fetch_response_fetchable_topic_response_init(topic);
        topic->topic = topic_name(arena, t);
        topic->partitions.items = take(arena, partitions, sizeof *topic->partitions.items);
        topic->partitions.len = partitions;
        for (int32_t p = 0; p < partitions; p++) {
            kw_fetch_response_partition_data *partition = &topic->partitions.items[p];
            kw_fetch_response_partition_data_init(partition);
            partition->partition_index = p;
            partition->high_watermark = 100000 + p;
            partition->last_stable_offset = 100000 + p;
            partition->log_start_offset = 10;
            partition->aborted_transactions.len = -1;
            partition->records = batch_of_size(arena, batch_size, t * partitions + p);
        }
    }
}

void fill_offset_commit(kw_offset_commit_request *m, kw_arena *arena, int32_t topics, int32_t partitions)
{
    kw_offset_commit_request_init(m);
    m->group_id = kw_string_of("payments-consumers");
    m->generation_id_or_member_epoch = 17;
    m->member_id = kw_string_of("consumer-1-0b9b1f52-6a6f-4d6e-8a37-0c2f7a0f8f7d");
    m->topics.items = take(arena, topics, sizeof *m->topics.items);
    m->topics.len = topics;
    for (int32_t t = 0; t < topics; t++) {
        kw_offset_commit_request_topic *topic = &m->topics.items[t];
        kw_offset_commit_request_topic_init(topic);
        topic->name = topic_name(arena, t);
        topic->partitions.items = take(arena, partitions, sizeof *topic->partitions.items);
        topic->partitions.len = partitions;
        for (int32_t p = 0; p < partitions; p++) {
            kw_offset_commit_request_partition *partition = &topic->partitions.items[p];
            kw_offset_commit_request_partition_init(partition);
            partition->partition_index = p;
            partition->committed_offset = 1000000 + (int64_t)t * 1000 + p;
            partition->committed_leader_epoch = 5;
        }
    }
}

kw_raw_tags *fill_tags(kw_arena *arena, int32_t count)
{
    kw_raw_tags *tags = take(arena, 1, sizeof *tags);
    uint8_t *value = take(arena, TAG_SIZE, 1);
    fill_bytes(value, TAG_SIZE, 0);
    tags->items = take(arena, count, sizeof *tags->items);
    tags->len = count;
    for (int32_t i = 0; i < count; i++)
        tags->items[i] = (kw_raw_tag){(uint32_t)(FIRST_TAG + i), {value, TAG_SIZE}};
    return tags;
}

void fill_bytes(uint8_t *data, int32_t size, int32_t seed)
{
    for (int32_t i = 0; i < size; i++)
        data[i] = (uint8_t)('a' + ((int64_t)i * 7 + seed) % 26);
}

kw_new_record *fill_records(kw_arena *arena, int32_t count)
{
    enum { KEY_SIZE = 10, VALUE_SIZE = 100, LETTERS = 26 };
    uint8_t *values = take(arena, VALUE_SIZE + LETTERS, 1);
    kw_new_record *records = take(arena, count, sizeof *records);
    fill_bytes(values, VALUE_SIZE + LETTERS, 0);
    for (int32_t i = 0; i < count; i++) {
        kw_string key = name_of(arena, "key%07d", i);
        records[i] = (kw_new_record){.timestamp = 1700000000000 + i,
                                     .key = {(const uint8_t *)key.data, KEY_SIZE},
                                     .value = {values + i % LETTERS, VALUE_SIZE}};
    }
    return records;
}

void write_batch(kw_writer *out, const kw_new_record *records, int32_t count)
{
    kw_batch_options options;
    kw_batch_builder builder;
    kw_batch_options_init(&options);
    if (kw_batch_builder_init(&builder, out, &options) != KW_OK)
        die("a batch cannot be started");
    for (int32_t i = 0; i < count; i++)
        if (kw_batch_builder_append(&builder, &records[i]) != KW_OK)
            die("record %d does not fit in its batch", (int)i);
    if (kw_batch_builder_end(&builder) != KW_OK)
        die("a batch cannot be ended");
}
