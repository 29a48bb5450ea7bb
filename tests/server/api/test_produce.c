/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_produce FOLDER   in which it makes a data directory of its own
 *
 * Produce on the executor of the tests: what reaches the logs, who waits, what is left behind. What Kafka answers to
 * records that are not valid is in tests/broker/produce_answers.txt. */
#include "produce_support.h"

/* ---- tests ---- */

static void records_reach_the_log(void **state)
{
    (void)state;
    kw_bytes two = made(2, 0);
    assert_int_equal(send_one(9, 1, 0, two), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(9, 1);
    assert_int_equal(p->error_code, KW_ERROR_NONE);
    assert_int_equal(p->base_offset, 0);
    assert_int_equal(p->log_append_time_ms, -1);
    assert_int_equal(p->log_start_offset, 0);
    assert_int_equal(send_one(3, -1, 0, made(3, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(3, 1)->base_offset, 2);
    assert_int_equal(log_end(0), 5);
    kw_bytes log = stored(0);
    assert_int_equal(log.len, two.len + made(3, 0).len);
    assert_int_equal(memcmp(log.data + KW_BATCH_V2_CRC, two.data + KW_BATCH_V2_CRC, (size_t)two.len - KW_BATCH_V2_CRC),
                     0);
    kw_batch b = stored_batch(0, 1);
    assert_int_equal(b.base_offset, 2);
    assert_int_equal(b.leader_epoch, metadata_topic_at(broker.metadata.current, 0)->partitions[0].leader_epoch);
}

/* From those that are copied to those that are not. */
static void records_of_each_size(void **state)
{
    (void)state;
    int64_t end = 0;
    for (int32_t count = 1; count <= 40; count++) {
        assert_int_equal(send_one(9, 1, 0, made(count, 0)), EXCHANGE_ANSWERED);
        const kw_produce_response_partition_produce_response *p = take(9, 1);
        assert_int_equal(p->error_code, KW_ERROR_NONE);
        assert_int_equal(p->base_offset, end);
        assert_int_equal(stored_batch(0, count - 1).last_offset, end + count - 1);
        end += count;
    }
}

static void several_partitions(void **state)
{
    (void)state;
    const struct asked asked[] = {{2, made(1, 0)}, {2, made(3, 0)}, {0, made(2, 0)}, {7, made(1, 0)}};
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 4)), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(9, 3);
    static const struct {
        int32_t index;
        int16_t error;
        int64_t base_offset, end;
    } expected[] = {
        {2, KW_ERROR_NONE, 0, 3}, {0, KW_ERROR_NONE, 0, 2}, {7, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, -1, 0}};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(p[i].index, expected[i].index);
        assert_int_equal(p[i].error_code, expected[i].error);
        assert_int_equal(p[i].base_offset, expected[i].base_offset);
        if (expected[i].index < PARTITIONS)
            assert_int_equal(log_end(expected[i].index), expected[i].end);
    }
}

/* Answered where it is named first, with the records that come last; the others follow without a gap. */
static void partition_that_is_named_twice(void **state)
{
    (void)state;
    const struct asked asked[] = {{0, made(1, 0)}, {0, made(2, 0)}, {1, made(3, 0)}};
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 3)), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(9, 2);
    for (int32_t i = 0; i < 2; i++) {
        assert_int_equal(p[i].index, i);
        assert_int_equal(p[i].error_code, KW_ERROR_NONE);
        assert_int_equal(p[i].base_offset, 0);
    }
    assert_int_equal(log_end(0), 2);
    assert_int_equal(log_end(1), 3);
}

/* They are answered together, where the first one is; other topics stay where they are. */
static void topics_that_are_named_twice(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        int32_t partition;
    } asked[] = {{"z", 0}, {"t", 1}, {"a", 3}, {"z", 1}, {"t", 0}, {"t", 1}};
    kw_produce_request request;
    kw_produce_request_topic_produce_data topics[COUNT_OF(asked)];
    kw_produce_request_partition_produce_data partitions[COUNT_OF(asked)];
    kw_produce_request_init(&request);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        kw_produce_request_topic_produce_data_init(&topics[i]);
        kw_produce_request_partition_produce_data_init(&partitions[i]);
        topics[i].name = kw_string_of(asked[i].topic);
        topics[i].partition_data.items = &partitions[i];
        topics[i].partition_data.len = 1;
        partitions[i].index = asked[i].partition;
        partitions[i].records = made((int32_t)i + 1, 0);
    }
    request.acks = 1;
    request.topic_data.items = topics;
    request.topic_data.len = COUNT_OF(asked);
    assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_PRODUCE, 9, &request)), EXCHANGE_ANSWERED);
    const kw_produce_response *produce = take_response(KW_KEY_PRODUCE, 9);
    static const struct {
        const char *topic;
        int32_t count, partitions[2];
        int16_t error;
    } expected[] = {{"z", 2, {0, 1}, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION},
                    {"t", 2, {1, 0}, KW_ERROR_NONE},
                    {"a", 1, {3}, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION}};
    assert_int_equal(produce->responses.len, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const kw_produce_response_topic_produce_response *topic = &produce->responses.items[i];
        assert_true(kw_string_equal(topic->name, kw_string_of(expected[i].topic)));
        assert_int_equal(topic->partition_responses.len, expected[i].count);
        for (int32_t k = 0; k < expected[i].count; k++) {
            assert_int_equal(topic->partition_responses.items[k].index, expected[i].partitions[k]);
            assert_int_equal(topic->partition_responses.items[k].error_code, expected[i].error);
        }
    }
    assert_int_equal(log_end(1), 6);
    assert_int_equal(log_end(0), 5);
}

static void topics_by_id(void **state)
{
    (void)state;
    topic_id.bytes[15] = 1;
    const struct asked asked[] = {{0, made(2, 0)}, {7, made(1, 0)}};
    assert_int_equal(sim_client_send(&client, frame_of(13, 1, asked, 2)), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(13, 2);
    assert_int_equal(p[0].error_code, KW_ERROR_NONE);
    assert_int_equal(p[1].error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(log_end(0), 2);
    topic_id.bytes[15] = 2;
    assert_int_equal(send_one(13, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_error(13, KW_ERROR_UNKNOWN_TOPIC_ID);
    topic_id.bytes[15] = 0;
    assert_int_equal(send_one(13, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_error(13, KW_ERROR_UNKNOWN_TOPIC_ID);
    assert_int_equal(log_end(0), 2);
}

static void append_time(void **state)
{
    (void)state;
    config.log_append_time = true;
    assert_int_equal(send_one(9, 1, 0, made(2, 0)), EXCHANGE_ANSWERED);
    int64_t time = take(9, 1)->log_append_time_ms;
    assert_true(time > INT64_C(1700000000000));
    kw_batch b = stored_batch(0, 0);
    assert_int_equal(b.max_timestamp, time);
    assert_true(kw_batch_has_append_time(&b));
}

static int count_records(const kw_batch *batch)
{
    kw_decompressor *d = kw_decompressor_create(kw_allocator_libc());
    kw_writer scratch;
    kw_records rs;
    kw_record r;
    int count = 0;
    kw_writer_init_growing(&scratch, kw_allocator_libc(), 1 << 20);
    for (kw_records_init(&rs, batch, d, &scratch); kw_records_next(&rs, &r); count++) {
        assert_int_equal(r.offset, batch->base_offset + count);
        assert_int_equal(r.value.len, 3);
        assert_memory_equal(r.value.data, "one", 3);
    }
    assert_status(rs.status, KW_OK);
    kw_writer_finish(&scratch);
    kw_decompressor_destroy(d);
    return count;
}

static void another_codec(void **state)
{
    (void)state;
    config.keep_codec = false;
    config.codec = KW_CODEC_LZ4;
    config.level = 9;
    assert_int_equal(send_one(9, 1, 0, made(5, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(9, 1)->error_code, KW_ERROR_NONE);
    assert_int_equal(send_one(9, 1, 0, made(4, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(9, 1)->base_offset, 5);
    kw_batch b = stored_batch(0, 1);
    assert_int_equal(kw_batch_codec(&b), KW_CODEC_LZ4);
    assert_int_equal(b.base_offset, 5);
    assert_int_equal(count_records(&b), 4);
    config.max_message_bytes = 85; /* 81 as it arrives */
    assert_int_equal(send_one(9, 1, 0, made(2, 0)), EXCHANGE_ANSWERED);
    assert_error(9, KW_ERROR_MESSAGE_TOO_LARGE);
}

/* Clients from before record batches. */
static void old_messages(void **state)
{
    (void)state;
    for (uint8_t magic = 0; magic <= 1; magic++) {
        kw_batch_options o;
        kw_batch_builder b;
        kw_writer w;
        uint8_t *data = given_size(500);
        kw_batch_options_init(&o);
        o.magic = magic;
        kw_writer_init(&w, data, 500);
        assert_status(kw_batch_builder_init(&b, &w, &o), KW_OK);
        const kw_new_record r = {.timestamp = 100, .key.len = -1, .value = {(const uint8_t *)"one", 3}};
        for (int i = 0; i < 3; i++)
            assert_status(kw_batch_builder_append(&b, &r), KW_OK);
        assert_status(kw_batch_builder_end(&b), KW_OK);
        const kw_bytes records = {data, (int32_t)kw_writer_data(&w).size};
        assert_int_equal(send_one((int16_t)(2 * magic), 1, 0, records), EXCHANGE_ANSWERED);
        const kw_produce_response_partition_produce_response *p = take((int16_t)(2 * magic), 1);
        assert_int_equal(p->error_code, KW_ERROR_NONE);
        assert_int_equal(p->base_offset, 3 * magic);
        kw_batch stored = stored_batch(0, magic);
        assert_int_equal(stored.magic, KW_MAGIC_V2);
        assert_int_equal(count_records(&stored), 3);
    }
    assert_int_equal(send_one(1, 1, 0, (kw_bytes){(const uint8_t *)"", 0}), EXCHANGE_ANSWERED);
    assert_error(1, KW_ERROR_NONE); /* nothing to append is no error */
    assert_int_equal(send_one(3, 1, 0, (kw_bytes){(const uint8_t *)"", 0}), EXCHANGE_ANSWERED);
    assert_error(3, KW_ERROR_INVALID_RECORD);
    assert_int_equal(send_one(9, 1, 0, (kw_bytes){NULL, -1}), EXCHANGE_ANSWERED);
    assert_error(9, KW_ERROR_INVALID_RECORD);
}

static void no_response(void **state)
{
    (void)state;
    assert_int_equal(send_one(9, 0, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(responses_size(&client.responses), 0);
    assert_int_equal(log_end(0), 1);
    const struct asked asked[] = {{0, made(1, 0)}, {7, made(1, 0)}};
    assert_int_equal(sim_client_send(&client, frame_of(9, 0, asked, 2)), EXCHANGE_CLOSE);
    assert_string_equal(client.exchange.fault,
                        "Produce v9, correlation id 7: an error, though no response is expected");
    assert_int_equal(responses_size(&client.responses), 0);
    assert_int_equal(log_end(0), 2);
    assert_int_equal(send_one(9, 0, 0, made(1, KW_ATTRIBUTE_TRANSACTIONAL)), EXCHANGE_CLOSE);
}

/* While somebody else changes the log. */
static void waits_for_the_log(void **state)
{
    (void)state;
    const struct asked asked[] = {{0, made(1, 0)}, {1, made(2, 0)}};
    partition_log_take_turn(log_of(1));
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 2)), EXCHANGE_PENDING);
    sim_client_hurry(&client);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    assert_int_equal(log_end(0), 1);
    partition_log_end_turn(log_of(1));
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    sim_run_posted(&sim);
    const kw_produce_response_partition_produce_response *p = take(9, 2);
    assert_int_equal(p[1].error_code, KW_ERROR_NONE);
    assert_int_equal(log_end(1), 2);
}

/* What a client that has gone has sent is appended, from memory that lasts as long. */
static void client_goes_while_it_waits(void **state)
{
    (void)state;
    config.keep_codec = false;
    config.codec = KW_CODEC_SNAPPY;
    partition_log_take_turn(log_of(1));
    assert_int_equal(send_one(9, 1, 1, made(2, 0)), EXCHANGE_PENDING);
    sim_client_leave(&client);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    partition_log_end_turn(log_of(1));
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(log_end(1), 2);
}

static void opened_by_a_worker(void **state)
{
    (void)state;
    log_manager_close(&broker.logs);
    assert_true(log_dir_open(root, -1, &broker.logs, &broker.identity));
    partition_log_configure(log_of(0), &config);
    assert_int_equal(send_one(9, 1, 0, made(1, 0)), EXCHANGE_PENDING);
    assert_true(sim_run_worker(&sim));
    sim_run_posted(&sim);
    assert_int_equal(take(9, 1)->base_offset, 0);
    assert_int_equal(send_one(9, 1, 0, made(1, 0)), EXCHANGE_ANSWERED); /* once it is open */
    assert_int_equal(take(9, 1)->base_offset, 1);
}

static void log_that_is_only_read(void **state)
{
    (void)state;
    partition_log_configure(log_of(0), NULL);
    assert_int_equal(send_one(9, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_error(9, KW_ERROR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(log_end(0), 0);
}

static void another_leader(void **state)
{
    (void)state;
    broker.identity.node_id = 9;
    assert_int_equal(send_one(9, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_error(9, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    assert_int_equal(send_one(NEWEST, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(NEWEST, 1);
    assert_int_equal(p->error_code, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
    assert_int_equal(p->current_leader.leader_id, 1);
    assert_int_equal(p->current_leader.leader_epoch,
                     metadata_topic_at(broker.metadata.current, 0)->partitions[0].leader_epoch);
    assert_int_equal(send_one(10, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(10, 1)->current_leader.leader_id, 1);
    assert_int_equal(send_one(9, 1, 0, (kw_bytes){NULL, -1}), EXCHANGE_ANSWERED);
    assert_error(9, KW_ERROR_INVALID_RECORD); /* that comes first */
    assert_int_equal(send_one(9, 3, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_error(9, KW_ERROR_INVALID_REQUIRED_ACKS);
}

/* Versions that do not have the error get one that makes clients ask for the leader again. */
static void log_that_is_offline(void **state)
{
    (void)state;
    atomic_bool *flags[] = {&log_of(0)->is_offline, &broker.logs.dirs[0]->is_offline};
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        atomic_store(flags[i], true);
        assert_int_equal(send_one(9, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
        assert_error(9, KW_ERROR_KAFKA_STORAGE_ERROR);
        assert_int_equal(send_one(4, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
        assert_error(4, KW_ERROR_KAFKA_STORAGE_ERROR);
        assert_int_equal(send_one(3, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
        assert_error(3, KW_ERROR_NOT_LEADER_OR_FOLLOWER);
        atomic_store(flags[i], false);
    }
    assert_int_equal(log_end(0), 0);
}

/* Two replicas, one of them in sync. */
static void too_few_replicas(void **state)
{
    (void)state;
    static int32_t nodes[] = {1, 2};
    const struct metadata_topic *t = metadata_topic_at(broker.metadata.current, 0);
    struct metadata_partition partition = t->partitions[0];
    partition.replicas = (kw_int32_array){nodes, 2};
    partition.isr = (kw_int32_array){nodes, 1};
    struct metadata_topic topic = {.name = t->name, .id = t->id, .partitions = &partition, .partition_count = 1};
    struct metadata_topic *topics[] = {metadata_topic_create(&topic)};
    const struct metadata_parts parts = {.topics = topics, .topic_count = 1};
    metadata_image_publish(&broker.metadata, metadata_image_create(&parts));
    config.min_insync_replicas = 2;
    assert_int_equal(send_one(9, -1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_error(9, KW_ERROR_NOT_ENOUGH_REPLICAS);
    assert_int_equal(send_one(9, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(9, 1)->error_code, KW_ERROR_NONE);
    config.min_insync_replicas = 1;
    assert_int_equal(send_one(9, -1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(9, 1)->error_code, KW_ERROR_NONE);
}

static void assert_all(int16_t version, int32_t count, int16_t error, const char *message)
{
    const kw_produce_response_partition_produce_response *p = take(version, count);
    for (int32_t i = 0; i < count; i++) {
        assert_int_equal(p[i].error_code, error);
        assert_int_equal(p[i].log_start_offset, -1);
        assert_true(kw_string_equal(p[i].error_message, kw_string_of(message)));
    }
}

static void transactions(void **state)
{
    (void)state;
    const uint16_t txn = KW_ATTRIBUTE_TRANSACTIONAL;
    struct asked asked[] = {{0, made_by(5, 1, txn)}, {1, made_by(6, 1, txn)}, {2, made(1, 0)}};
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 3)), EXCHANGE_ANSWERED);
    assert_all(9, 3, KW_ERROR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, NULL);
    transactional_id = "id";
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 3)), EXCHANGE_ANSWERED);
    assert_all(9, 3, KW_ERROR_INVALID_PRODUCER_ID_MAPPING, "Transactional records contained more than one producer ID");
    asked[1].records = made_by(5, 1, txn);
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 2)), EXCHANGE_ANSWERED);
    assert_all(9, 2, KW_ERROR_NOT_ENOUGH_REPLICAS,
               "Unable to verify the partition has been added to the transaction. Underlying error: "
               "COORDINATOR_NOT_AVAILABLE");
    asked[1].records = made_by(6, 1, 0); /* not transactional, so not another one */
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 3)), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(9, 3);
    assert_int_equal(p[0].error_code, KW_ERROR_NOT_ENOUGH_REPLICAS);
    assert_int_equal(p[1].error_code, KW_ERROR_NONE);
    assert_int_equal(p[2].error_code, KW_ERROR_NONE);
    assert_int_equal(send_one(9, 1, 0, made(1, txn)), EXCHANGE_ANSWERED); /* of no producer, so of no transaction */
    assert_int_equal(take(9, 1)->error_code, KW_ERROR_NONE);
    asked[0].partition = 7; /* does not exist, so does not count */
    asked[1].records = made_by(6, 1, txn);
    assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 2)), EXCHANGE_ANSWERED);
    p = take(9, 2);
    assert_int_equal(p[0].error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    assert_int_equal(p[1].error_code, KW_ERROR_NOT_ENOUGH_REPLICAS);
    transactional_id = NULL;
}

/* Kafka refuses the whole request where the first batch of a partition is none. */
static void damaged_batches(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        const char *message;
    } cases[] = {{KW_BATCH_LENGTH + 3, 13, "Record size 13 is less than the minimum record overhead (14)"},
                 {KW_BATCH_LENGTH, 0x80, "Record size -2147483589 is less than the minimum record overhead (14)"},
                 {KW_BATCH_MAGIC, 3, "Invalid magic found in record: 3"},
                 {KW_BATCH_MAGIC, 0xff, "Invalid magic found in record: -1"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes damaged = made(1, 0);
        ((uint8_t *)(uintptr_t)damaged.data)[cases[i].at] = cases[i].value;
        const struct asked asked[] = {{0, made(1, 0)}, {1, damaged}};
        assert_int_equal(sim_client_send(&client, frame_of(9, 1, asked, 2)), EXCHANGE_ANSWERED);
        assert_all(9, 2, KW_ERROR_CORRUPT_MESSAGE, cases[i].message);
        assert_int_equal(sim_client_send(&client, frame_of(9, 0, asked, 2)), EXCHANGE_CLOSE);
    }
    kw_bytes unknown = made(1, 5); /* a codec that does not exist */
    assert_int_equal(send_one(6, 1, 0, unknown), EXCHANGE_ANSWERED);
    assert_int_equal(take(6, 1)->error_code, KW_ERROR_UNKNOWN_SERVER_ERROR);
    kw_bytes few = made(1, 0);
    for (few.len = 1; few.len < KW_BATCH_MAGIC; few.len++) {
        assert_int_equal(send_one(9, 1, 0, few), EXCHANGE_ANSWERED);
        assert_error(9, KW_ERROR_INVALID_RECORD);
    }
    assert_int_equal(log_end(0), 0);
}

/* Values of 3 and 5 bytes, with the time of appending, which only the broker knows. */
static kw_bytes two_sizes(void)
{
    static const uint8_t bytes[] = "value";
    kw_batch_options options;
    kw_batch_builder builder;
    kw_writer w;
    uint8_t *data = given_size(1000);
    kw_writer_init(&w, data, 1000);
    kw_batch_options_init(&options);
    options.append_time = 900;
    assert_status(kw_batch_builder_init(&builder, &w, &options), KW_OK);
    for (int32_t size = 3; size <= 5; size += 2) {
        const kw_new_record record = {.timestamp = 100, .key = {NULL, -1}, .value = {bytes, size}};
        assert_status(kw_batch_builder_append(&builder, &record), KW_OK);
    }
    assert_status(kw_batch_builder_end(&builder), KW_OK);
    return kw_bytes_of(data, kw_writer_data(&w).size);
}

static void each_refused_record_is_described(void **state)
{
    (void)state;
    static const char *const expected[] = {"(offset=0, timestamp=900, key=0 bytes, value=3 bytes)",
                                           "(offset=1, timestamp=900, key=0 bytes, value=5 bytes)"};
    config.log_append_time = true;
    assert_int_equal(send_one(9, 1, 1, two_sizes()), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(9, 1);
    assert_int_equal(p->error_code, KW_ERROR_INVALID_TIMESTAMP);
    assert_int_equal(p->record_errors.len, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        char text[300];
        (void)snprintf(text, sizeof text, "%.*s", KW_FMT(p->record_errors.items[i].batch_index_error_message));
        assert_non_null(strstr(text, expected[i]));
    }
    config.log_append_time = false;
}

static void refused_records(void **state)
{
    (void)state;
#define NO_KEY "Compacted topic cannot accept message without key in topic partition t-1"
    config.compact = true;
    assert_int_equal(send_one(9, 1, 1, made(4, 0)), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(9, 1);
    assert_int_equal(p->record_errors.len, 4);
    for (int32_t i = 0; i < 4; i++) {
        assert_int_equal(p->record_errors.items[i].batch_index, i);
        assert_true(kw_string_equal(p->record_errors.items[i].batch_index_error_message, kw_string_of(NO_KEY)));
    }
    assert_true(kw_string_equal(
        p->error_message,
        kw_string_of("One or more records have been rejected due to 4 record errors in total, and only showing the "
                     "first three errors at most: [RecordError(batchIndex=0, message='" NO_KEY
                     "'), RecordError(batchIndex=1, message='" NO_KEY "'), RecordError(batchIndex=2, message='" NO_KEY
                     "')]")));
    assert_int_equal(send_one(7, 1, 1, made(4, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(7, 1)->record_errors.len, 0);
    config.compact = false;
    config.log_append_time = true;
    assert_int_equal(send_one(9, 1, 1, made(1, KW_ATTRIBUTE_LOG_APPEND_TIME)), EXCHANGE_ANSWERED);
    p = take(9, 1);
    assert_int_equal(p->error_code, KW_ERROR_INVALID_TIMESTAMP);
    assert_true(kw_string_equal(
        p->record_errors.items[0].batch_index_error_message,
        kw_string_of("Invalid timestamp type in message DefaultRecord(offset=0, timestamp=100, key=0 bytes, value=3 "
                     "bytes). Producer should not set timestamp type to LogAppendTime.")));
    config.log_append_time = false;
    config.timestamp_before_max = 1000;
    assert_int_equal(send_one(9, 1, 1, made(1, 0)), EXCHANGE_ANSWERED);
    p = take(9, 1);
    assert_int_equal(p->error_code, KW_ERROR_INVALID_TIMESTAMP);
    assert_true(kw_string_equal(p->error_message,
                                kw_string_of("One or more records have been rejected due to invalid timestamp")));
    int64_t first, last;
    char text[200] = "";
    kw_string told = p->record_errors.items[0].batch_index_error_message;
    memcpy(text, told.data, (size_t)told.len);
    assert_int_equal(sscanf(text,
                            "Timestamp 100 of message with offset 0 is out of range. The timestamp should be within "
                            "[%" SCNd64 ", %" SCNd64 "]",
                            &first, &last),
                     2);
    assert_int_equal(last - first, 3600000 + 1000);
}

/* Errors of more records than a response lists. */
static void many_refused_records(void **state)
{
    (void)state;
    enum { MANY = 1200 };
    kw_batch_options o;
    kw_batch_builder b;
    kw_writer w;
    uint8_t *data = given_size(30000);
    kw_batch_options_init(&o);
    kw_writer_init(&w, data, 30000);
    assert_status(kw_batch_builder_init(&b, &w, &o), KW_OK);
    const kw_new_record r = {.timestamp = 100, .key.len = -1, .value = {(const uint8_t *)"one", 3}};
    for (int i = 0; i < MANY; i++)
        assert_status(kw_batch_builder_append(&b, &r), KW_OK);
    assert_status(kw_batch_builder_end(&b), KW_OK);
    config.compact = true;
    const kw_bytes records = {data, (int32_t)kw_writer_data(&w).size};
    assert_int_equal(send_one(9, 1, 0, records), EXCHANGE_ANSWERED);
    const kw_produce_response_partition_produce_response *p = take(9, 1);
    assert_int_equal(p->error_code, KW_ERROR_INVALID_RECORD);
    assert_int_equal(p->record_errors.len, 1000);
    assert_int_equal(p->record_errors.items[999].batch_index, 999);
    assert_non_null(strstr(p->error_message.data, "due to 1200 record errors in total"));
    assert_int_equal(p->log_start_offset, 0);
}

/* However short memory is, the connection ends or the records are appended, and nothing else happens. */
static void memory_is_short(void **state)
{
    (void)state;
    int refused = 0;
    config.keep_codec = false;
    config.codec = KW_CODEC_GZIP;
    const struct asked asked[] = {{0, made(1, 0)}, {1, made(2, 0)}, {2, made(1, KW_ATTRIBUTE_CONTROL)}};
    kw_bytes frame = frame_of(9, 1, asked, 3);
    for (size_t memory = 0;; memory += 8, refused++) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&client);
        sim_client_init(&client, &sim, &service, memory);
        if (sim_client_send(&client, frame) == EXCHANGE_ANSWERED)
            break;
        assert_int_equal(client.outcome, EXCHANGE_CLOSE);
        assert_int_equal(log_end(0), 0);
    }
    assert_true(refused > 10);
    assert_int_equal(take(9, 3)[2].error_code, KW_ERROR_INVALID_RECORD);
    assert_int_equal(log_end(0), 1);
    assert_int_equal(log_end(1), 2);
}

int main(int argc, char **argv)
{
#define PRODUCE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        PRODUCE_TEST(records_reach_the_log),
        PRODUCE_TEST(records_of_each_size),
        PRODUCE_TEST(several_partitions),
        PRODUCE_TEST(partition_that_is_named_twice),
        PRODUCE_TEST(topics_that_are_named_twice),
        PRODUCE_TEST(topics_by_id),
        PRODUCE_TEST(append_time),
        PRODUCE_TEST(another_codec),
        PRODUCE_TEST(old_messages),
        PRODUCE_TEST(no_response),
        PRODUCE_TEST(waits_for_the_log),
        PRODUCE_TEST(client_goes_while_it_waits),
        PRODUCE_TEST(opened_by_a_worker),
        PRODUCE_TEST(log_that_is_only_read),
        PRODUCE_TEST(log_that_is_offline),
        PRODUCE_TEST(another_leader),
        PRODUCE_TEST(too_few_replicas),
        PRODUCE_TEST(transactions),
        PRODUCE_TEST(damaged_batches),
        PRODUCE_TEST(refused_records),
        PRODUCE_TEST(each_refused_record_is_described),
        PRODUCE_TEST(many_refused_records),
        PRODUCE_TEST(memory_is_short),
    };
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    make_data_dir(argv[1], "produced");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
