/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/fetch_request.h>
#include <kwire/messages/fetch_response.h>
#include <kwire/messages/incremental_alter_configs_request.h>
#include <kwire/messages/incremental_alter_configs_response.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/list_offsets_request.h>
#include <kwire/messages/list_offsets_response.h>
#include <kwire/messages/produce_request.h>
#include <kwire/messages/produce_response.h>
#include <kwire/record_builder.h>

#include "control.h"
#include "keeping.h"
#include "world.h"

enum {
    COMPACTED,
    RETAINED,
    KEPT_TOPICS,
    KEPT_PARTITIONS = 2,
    KEEPERS = KEPT_TOPICS * KEPT_PARTITIONS,
    MOST_RECORDS = 8,
    VALUE = 2000,
    BATCH = 32768,
    TIMEOUT_MS = 30000,
    PAUSE_MS = 400
};

struct keeper {
    struct asker producer; /* the first member */
    struct asker reader;
    struct happening send, read;
    size_t topic;
    int32_t partition;
    int64_t producer_id;
    int16_t epoch;
    int32_t sequence;
    struct kept_record batch[MOST_RECORDS];
    size_t count; /* of the batch that is being sent; 0: none */
    bool is_new;  /* the next pass starts */
    int64_t position;
    struct keeping keeping;
    bool is_ending;
    int passes; /* of the reader, since the producer has ended */
};

static struct keeper keepers[KEEPERS];
static struct {
    const char *name;
    kw_uuid id;
} kept_topics[KEPT_TOPICS] = {{"compacted", {{0}}}, {"retained", {{0}}}};

static bool is_compacted(const struct keeper *k)
{
    return k->topic == COMPACTED;
}

/* ---- topics ---- */

static void use_creation(void *context, const void *response)
{
    const kw_create_topics_response *r = response;
    (void)context;
    CHECK(r->topics.len == KEPT_TOPICS, "%d topics are created", r->topics.len);
    for (int32_t i = 0; i < r->topics.len; i++) {
        CHECK(r->topics.items[i].error_code == KW_ERROR_NONE, "a topic is not created: error %d",
              r->topics.items[i].error_code);
        for (size_t t = 0; t < KEPT_TOPICS; t++)
            if (kw_string_equal(r->topics.items[i].name, kw_string_of(kept_topics[t].name)))
                kept_topics[t].id = r->topics.items[i].topic_id;
    }
}

static kw_create_topics_request_creatable_topic_config config_of(const char *name, const char *value)
{
    kw_create_topics_request_creatable_topic_config config;
    kw_create_topics_request_creatable_topic_config_init(&config);
    config.name = kw_string_of(name);
    config.value = kw_string_of(value);
    return config;
}

bool keepers_create_topics(void)
{
    char roll[24], retention[24];
    (void)snprintf(roll, sizeof roll, "%" PRId64, pick_from(2000, 60000));
    (void)snprintf(retention, sizeof retention, "%" PRId64, keeping_retention_ms = pick_from(20000, 300000));
    kw_create_topics_request_creatable_topic_config compacted[] = {
        config_of("cleanup.policy", "compact"), config_of("segment.ms", roll),
        config_of("min.cleanable.dirty.ratio", one_in(2) ? "0.01" : "0.5"),
        config_of("delete.retention.ms", one_in(2) ? "0" : "20000")};
    kw_create_topics_request_creatable_topic_config retained[] = {config_of("segment.ms", roll),
                                                                  config_of("retention.ms", retention)};
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic asked[KEPT_TOPICS];
    kw_create_topics_request_init(&request);
    for (size_t t = 0; t < KEPT_TOPICS; t++) {
        kw_create_topics_request_creatable_topic_init(&asked[t]);
        asked[t].name = kw_string_of(kept_topics[t].name);
        asked[t].num_partitions = KEPT_PARTITIONS;
        asked[t].replication_factor = 1;
    }
    asked[COMPACTED].configs.items = compacted;
    asked[COMPACTED].configs.len = 4;
    asked[RETAINED].configs.items = retained;
    asked[RETAINED].configs.len = 2;
    request.topics.items = asked;
    request.topics.len = KEPT_TOPICS;
    return control_ask(KW_KEY_CREATE_TOPICS, 7, &request, use_creation, NULL);
}

static void use_change(void *context, const void *response)
{
    const kw_incremental_alter_configs_response *r = response;
    (void)context;
    CHECK(r->responses.len == 1 && (r->responses.items[0].error_code == KW_ERROR_NONE ||
                                    r->responses.items[0].error_code == KW_ERROR_KAFKA_STORAGE_ERROR),
          "a setting is not changed: error %d", r->responses.items[0].error_code);
}

bool keepers_change_settings(void)
{
    enum { TOPIC = 2 };
    static const struct {
        const char *name, *values[3];
    } choices[] = {{"segment.ms", {"1000", "10000", "100000"}},
                   {"compression.type", {"producer", "uncompressed", "producer"}},
                   {"delete.retention.ms", {"0", "10000", "100000"}},
                   {"min.cleanable.dirty.ratio", {"0", "0.1", "0.9"}},
                   {"index.interval.bytes", {"100", "4096", "100000"}},
                   {"max.compaction.lag.ms", {"1000", "60000", "9223372036854775807"}}};
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_alter_configs_resource resource;
    kw_incremental_alter_configs_request_alterable_config config;
    kw_incremental_alter_configs_request_init(&request);
    kw_incremental_alter_configs_request_alter_configs_resource_init(&resource);
    kw_incremental_alter_configs_request_alterable_config_init(&config);
    size_t which = pick(sizeof choices / sizeof choices[0]);
    config.name = kw_string_of(choices[which].name);
    config.value = kw_string_of(choices[which].values[pick(3)]);
    resource.resource_type = TOPIC;
    resource.resource_name = kw_string_of(kept_topics[pick(KEPT_TOPICS)].name);
    resource.configs.items = &config;
    request.resources.items = &resource;
    resource.configs.len = request.resources.len = 1;
    return control_ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 1, &request, use_change, NULL);
}

/* ---- the producer ---- */

static void ask_id(struct keeper *k)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = (kw_string){NULL, -1};
    asker_ask(&k->producer, KW_KEY_INIT_PRODUCER_ID, 4, &request, TIMEOUT_MS);
}

static void choose(struct keeper *k)
{
    k->count = (size_t)pick_from(1, MOST_RECORDS);
    for (size_t i = 0; i < k->count; i++) {
        k->batch[i] = keeping_new(&k->keeping, (uint32_t)pick(KEYS));
        k->batch[i].time = world.epoch + world.now;
    }
}

static kw_bytes batch_of(const struct keeper *k, uint8_t bytes[BATCH])
{
    static const uint8_t zeros[VALUE];
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    kw_writer_init(&w, bytes, BATCH);
    kw_batch_options_init(&options);
    options.producer_id = k->producer_id;
    options.producer_epoch = k->epoch;
    options.base_sequence = k->sequence;
    kw_status status = kw_batch_builder_init(&builder, &w, &options);
    for (size_t i = 0; i < k->count; i++) {
        const struct kept_record *one = &k->batch[i];
        uint8_t key[4], version[4];
        kw_store_be32(key, one->key);
        kw_store_be32(version, one->version);
        const kw_record_header header = {kw_string_of("version"), kw_bytes_of(version, sizeof version)};
        const kw_bytes value = {zeros, is_tombstone(one->version) ? -1 : (int32_t)(one->version * 37 % VALUE)};
        const kw_new_record record = {one->time, kw_bytes_of(key, sizeof key), value, &header, 1};
        if (status == KW_OK)
            status = kw_batch_builder_append(&builder, &record);
    }
    if (status != KW_OK || kw_batch_builder_end(&builder) != KW_OK)
        broken("a batch cannot be built");
    kw_span data = kw_writer_data(&w);
    return kw_bytes_of_span(data);
}

static void send_batch(struct keeper *k)
{
    static uint8_t bytes[BATCH];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data partition;
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    partition.index = k->partition;
    partition.records = batch_of(k, bytes);
    topic.name = kw_string_of(kept_topics[k->topic].name);
    topic.topic_id = kept_topics[k->topic].id;
    topic.partition_data.items = &partition;
    request.topic_data.items = &topic;
    topic.partition_data.len = request.topic_data.len = 1;
    request.acks = -1;
    request.timeout_ms = TIMEOUT_MS;
    asker_ask(&k->producer, KW_KEY_PRODUCE, (int16_t)pick_from(3, 13), &request, TIMEOUT_MS);
}

static void take_id(struct keeper *k, const kw_init_producer_id_response *r)
{
    if (r->error_code != KW_ERROR_NONE)
        return;
    k->producer_id = r->producer_id;
    k->epoch = r->producer_epoch;
}

static void take_acknowledgement(struct keeper *k, const kw_produce_response *r)
{
    CHECK(r->responses.len == 1 && r->responses.items[0].partition_responses.len == 1, "another partition is answered");
    const kw_produce_response_partition_produce_response *one = &r->responses.items[0].partition_responses.items[0];
    int16_t error = one->error_code;
    if (error == KW_ERROR_INVALID_TIMESTAMP)
        for (size_t i = 0; i < k->count; i++)
            k->batch[i].time = world.epoch + world.now;
    CHECK(error == KW_ERROR_NONE || error == KW_ERROR_INVALID_TIMESTAMP || error == KW_ERROR_NOT_LEADER_OR_FOLLOWER ||
              error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_REQUEST_TIMED_OUT,
          "a batch for %s-%d is answered with error %d", kept_topics[k->topic].name, k->partition, error);
    if (error != KW_ERROR_NONE)
        return;
    keeping_acknowledged(&k->keeping, one->base_offset, k->batch, k->count);
    world.counts.produced += k->count;
    k->sequence += (int32_t)k->count;
    k->count = 0;
}

static void act(struct happening *happening)
{
    struct keeper *k = (struct keeper *)(void *)((char *)happening - offsetof(struct keeper, send));
    if (k->producer_id < 0) {
        ask_id(k);
        return;
    }
    if (k->count == 0 && k->is_ending)
        return;
    if (k->count == 0)
        choose(k);
    send_batch(k);
}

static void produced(struct asker *asker, const void *response)
{
    struct keeper *k = (struct keeper *)(void *)asker; /* its first member */
    if (asker->key == KW_KEY_INIT_PRODUCER_ID)
        take_id(k, response);
    else
        take_acknowledgement(k, response);
    happen_in(&k->send, pick_from(10, 2 * PAUSE_MS));
}

static void not_produced(struct asker *asker)
{
    happen_in(&((struct keeper *)(void *)asker)->send, pick_from(10, 300));
}

/* ---- the reader ---- */

static struct keeper *of_reader(struct asker *asker)
{
    return (struct keeper *)(void *)((char *)asker - offsetof(struct keeper, reader));
}

static void ask_start(struct keeper *k)
{
    enum { EARLIEST = -2 };
    kw_list_offsets_request request;
    kw_list_offsets_request_topic topic;
    kw_list_offsets_request_partition partition;
    kw_list_offsets_request_init(&request);
    kw_list_offsets_request_topic_init(&topic);
    kw_list_offsets_request_partition_init(&partition);
    partition.partition_index = k->partition;
    partition.timestamp = EARLIEST;
    topic.name = kw_string_of(kept_topics[k->topic].name);
    topic.partitions.items = &partition;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.replica_id = -1;
    asker_ask(&k->reader, KW_KEY_LIST_OFFSETS, (int16_t)pick_from(1, 9), &request, TIMEOUT_MS);
}

static void take_start(struct keeper *k, const kw_list_offsets_response *r)
{
    CHECK(r->topics.len == 1 && r->topics.items[0].partitions.len == 1, "another partition is answered");
    const kw_list_offsets_response_partition_response *one = &r->topics.items[0].partitions.items[0];
    if (one->error_code != KW_ERROR_NONE) {
        CHECK(one->error_code == KW_ERROR_NOT_LEADER_OR_FOLLOWER || one->error_code == KW_ERROR_KAFKA_STORAGE_ERROR,
              "ListOffsets of %s-%d is answered with error %d", kept_topics[k->topic].name, k->partition,
              one->error_code);
        return;
    }
    keeping_starts_at(&k->keeping, one->offset);
    keeping_begin(&k->keeping, one->offset);
    k->position = one->offset;
    k->is_new = false;
}

static void ask_records(struct keeper *k)
{
    kw_fetch_request request;
    kw_fetch_request_topic topic;
    kw_fetch_request_partition partition;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&partition);
    partition.partition = k->partition;
    partition.fetch_offset = k->position;
    partition.partition_max_bytes = (int32_t)pick_from(1, 100000);
    topic.topic = kw_string_of(kept_topics[k->topic].name);
    topic.topic_id = kept_topics[k->topic].id;
    topic.partitions.items = &partition;
    request.topics.items = &topic;
    topic.partitions.len = request.topics.len = 1;
    request.max_wait_ms = (int32_t)pick_from(0, 1000);
    request.min_bytes = 1;
    request.session_epoch = -1;
    asker_ask(&k->reader, KW_KEY_FETCH, (int16_t)pick_from(5, 17), &request, TIMEOUT_MS);
}

static uint32_t version_of(const kw_record *record)
{
    kw_record_headers headers;
    kw_record_header header;
    kw_record_headers_init(&headers, record);
    CHECK(record->key.len == 4 && kw_record_headers_next(&headers, &header) && header.value.len == 4,
          "a record that nobody has sent");
    return kw_load_be32(header.value.data);
}

static void read_batch(struct keeper *k, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    CHECK(kw_batch_check_crc(batch) == KW_OK, "a batch of %s-%d with a wrong checksum", kept_topics[k->topic].name,
          k->partition);
    for (kw_records_init(&records, batch, NULL, NULL); kw_records_next(&records, &record);) {
        if (record.offset < k->position)
            continue;
        uint32_t version = version_of(&record);
        const struct kept_record one = {kw_load_be32(record.key.data), version, record.timestamp};
        CHECK((record.value.len < 0) == is_tombstone(version), "%s-%d has another value at offset %" PRId64,
              kept_topics[k->topic].name, k->partition, record.offset);
        keeping_saw(&k->keeping, record.offset, &one);
        world.counts.consumed++;
    }
    CHECK(records.status == KW_OK, "a batch of %s-%d that cannot be read", kept_topics[k->topic].name, k->partition);
    k->position = batch->last_offset + 1 > k->position ? batch->last_offset + 1 : k->position;
}

static void take_records(struct keeper *k, const kw_fetch_response *r)
{
    kw_batches batches;
    kw_batch batch;
    CHECK(r->error_code == KW_ERROR_NONE && r->responses.len == 1 && r->responses.items[0].partitions.len == 1,
          "a fetch is answered with error %d", r->error_code);
    const kw_fetch_response_partition_data *data = &r->responses.items[0].partitions.items[0];
    if (data->error_code != KW_ERROR_NONE) {
        CHECK(data->error_code == KW_ERROR_NOT_LEADER_OR_FOLLOWER || data->error_code == KW_ERROR_KAFKA_STORAGE_ERROR ||
                  (data->error_code == KW_ERROR_OFFSET_OUT_OF_RANGE && !is_compacted(k)),
              "a fetch of %s-%d from %" PRId64 " is answered with error %d", kept_topics[k->topic].name, k->partition,
              k->position, data->error_code);
        k->is_new = data->error_code == KW_ERROR_OFFSET_OUT_OF_RANGE;
        return;
    }
    keeping_starts_at(&k->keeping, data->log_start_offset);
    for (kw_batches_init(&batches, data->records); kw_batches_next(&batches, &batch);)
        read_batch(k, &batch);
    if (k->position < data->high_watermark)
        return;
    keeping_end(&k->keeping, k->position);
    k->is_new = is_compacted(k) || one_in(50);
    k->passes += k->is_ending && k->count == 0;
}

static void look(struct happening *happening)
{
    struct keeper *k = (struct keeper *)(void *)((char *)happening - offsetof(struct keeper, read));
    if (k->is_new)
        ask_start(k);
    else
        ask_records(k);
}

static void consumed(struct asker *asker, const void *response)
{
    struct keeper *k = of_reader(asker);
    if (asker->key == KW_KEY_LIST_OFFSETS)
        take_start(k, response);
    else
        take_records(k, response);
    happen_in(&k->read, k->is_new ? pick_from(0, 3000) : pick_from(0, 100));
}

static void not_consumed(struct asker *asker)
{
    happen_in(&of_reader(asker)->read, pick_from(10, 500));
}

/* ---- for the run ---- */

void keepers_start(void)
{
    for (size_t i = 0; i < KEEPERS; i++) {
        struct keeper *k = &keepers[i];
        memset(k, 0, sizeof *k);
        k->topic = i / KEPT_PARTITIONS;
        k->partition = (int32_t)(i % KEPT_PARTITIONS);
        k->producer.answered = produced;
        k->producer.failed = not_produced;
        k->reader.answered = consumed;
        k->reader.failed = not_consumed;
        k->send.happen = act;
        k->read.happen = look;
        k->producer_id = -1;
        k->is_new = true;
        keeping_start(&k->keeping, kept_topics[k->topic].name, k->partition, is_compacted(k));
        happen_in(&k->send, pick_from(0, 1000));
        happen_in(&k->read, pick_from(0, 1000));
    }
}

void keepers_end(void)
{
    for (size_t i = 0; i < KEEPERS; i++)
        keepers[i].is_ending = true;
}

bool keepers_have_ended(void)
{
    for (size_t i = 0; i < KEEPERS; i++)
        if (keepers[i].count != 0 || keepers[i].passes < 2)
            return false;
    return true;
}

void keepers_stop(void)
{
    for (size_t i = 0; i < KEEPERS; i++) {
        asker_stop(&keepers[i].producer);
        asker_stop(&keepers[i].reader);
        happen_not(&keepers[i].send);
        happen_not(&keepers[i].read);
        keeping_finish(&keepers[i].keeping);
    }
}
