/* SPDX-License-Identifier: Apache-2.0 */
/* Produce in transactions: the coordinator is asked before a log accepts the first batch of one. In a broker whose
 * directory is in memory. */
#include <kwire/api_keys.h>

#include "api/dispatch.h"
#include "api/handlers.h"

#define APIS(X)                                        \
    X(INIT_PRODUCER_ID, init_producer_id, 5)           \
    X(ADD_PARTITIONS_TO_TXN, add_partitions_to_txn, 5) \
    X(ADD_OFFSETS_TO_TXN, add_offsets_to_txn, 4)       \
    X(END_TXN, end_txn, 5)

#define ADAPTER(KEY, name, version)                                \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
APIS(ADAPTER)

#define ROW(KEY, name, version) \
    {KW_KEY_##KEY, {0, version}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {APIS(ROW)};

enum { INIT, ADD_PARTITIONS, ADD_OFFSETS, END };

#include "direct_api.h"

#include <kwire/record_builder.h>

#include "base/clock.h"
#include "coordinator/transaction/txn_requests.h"

enum { PARTITIONS = 3, ADDS = 12, ASKS = 11, ASKS_FOR_OLD = 9 };

/* ---- a producer ---- */

static struct txn_producer producer;

static int64_t number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    assert_non_null(at);
    return strtoll(at + strlen(name), NULL, 10);
}

static void init(void)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of("id");
    request.transaction_timeout_ms = 60000;
    const char *text = ask_api(INIT, &request);
    assert_int_equal(number_after(text, "'errorCode':"), KW_ERROR_NONE);
    producer =
        (struct txn_producer){number_after(text, "'producerId':"), (int16_t)number_after(text, "'producerEpoch':")};
}

static int16_t end(bool commits, int16_t version)
{
    kw_end_txn_request request;
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of("id");
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.committed = commits;
    const char *text = ask_version(END, version, &request);
    int16_t error = (int16_t)number_after(text, "'errorCode':");
    if (error == KW_ERROR_NONE && version == 5)
        producer.epoch = (int16_t)number_after(text, "'producerEpoch':");
    sim_settle(&sim);
    return error;
}

/* With the protocol of older clients. */
static void add(int32_t partition)
{
    kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_topic topic;
    kw_add_partitions_to_txn_request_init(&request);
    kw_add_partitions_to_txn_request_topic_init(&topic);
    topic.name = kw_string_of("t");
    topic.partitions = (kw_int32_array){&partition, 1};
    request.v3_and_below_transactional_id = kw_string_of("id");
    request.v3_and_below_producer_id = producer.id;
    request.v3_and_below_producer_epoch = producer.epoch;
    request.v3_and_below_topics.items = &topic;
    request.v3_and_below_topics.len = 1;
    assert_int_equal(number_after(ask_version(ADD_PARTITIONS, 3, &request), "'partitionErrorCode':"), KW_ERROR_NONE);
}

static kw_bytes batch_of(int16_t epoch, int32_t sequence)
{
    const kw_new_record record = {.timestamp = clock_wall_ms(), .key = {NULL, -1}, .value = kw_bytes_of("v", 1)};
    uint8_t *bytes = given_size(256);
    kw_batch_options options;
    kw_batch_builder b;
    kw_writer w;
    kw_batch_options_init(&options);
    options.producer_id = producer.id;
    options.producer_epoch = epoch;
    options.base_sequence = sequence;
    options.transactional = true;
    kw_writer_init(&w, bytes, 256);
    assert_int_equal(kw_batch_builder_init(&b, &w, &options), KW_OK);
    assert_int_equal(kw_batch_builder_append(&b, &record), KW_OK);
    assert_int_equal(kw_batch_builder_end(&b), KW_OK);
    return (kw_bytes){bytes, (int32_t)b.size};
}

static kw_produce_request produce_request;
static kw_produce_request_topic_produce_data produce_topic;
static kw_produce_request_partition_produce_data produced[PARTITIONS];

static void start_request(int16_t acks)
{
    kw_produce_request_init(&produce_request);
    kw_produce_request_topic_produce_data_init(&produce_topic);
    produce_topic.name = kw_string_of("t");
    produce_topic.partition_data.items = produced;
    produce_request.transactional_id = kw_string_of("id");
    produce_request.acks = acks;
    produce_request.topic_data.items = &produce_topic;
    produce_request.topic_data.len = 1;
}

static void add_batch(int32_t partition, kw_bytes records)
{
    kw_produce_request_partition_produce_data *p = &produced[produce_topic.partition_data.len++];
    kw_produce_request_partition_produce_data_init(p);
    p->index = partition;
    p->records = records;
}

/* The errors of the answer, one after the other. */
static const char *errors_of(const char *answer)
{
    static char errors[64];
    size_t size = 0;
    errors[0] = '\0';
    for (const char *at = answer; (at = strstr(at, "'errorCode':")) != NULL; at++)
        size += (size_t)snprintf(errors + size, sizeof errors - size, "%s%lld", size != 0 ? " " : "",
                                 (long long)number_after(at, "'errorCode':"));
    return errors;
}

static const char *produce(int16_t version, int32_t partition, int32_t sequence)
{
    start_request(-1);
    add_batch(partition, batch_of(producer.epoch, sequence));
    return errors_of(ask(KW_KEY_PRODUCE, version, &produce_request));
}

static void assert_ends(int32_t partition, int64_t stable, int64_t last)
{
    const kw_uuid any = {{0}};
    struct log_snapshot snapshot;
    struct partition_log *log = log_manager_find(&broker.logs, kw_string_of("t"), any, partition);
    assert_non_null(log);
    assert_int_equal(partition_log_acquire(log, false, &snapshot), KW_ERROR_NONE);
    assert_int_equal(snapshot.last_stable_offset, stable);
    assert_int_equal(snapshot.log_end_offset, last);
    log_snapshot_release(&snapshot);
    log_release(log);
}

static int set_up_producer(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    create_topic("t", PARTITIONS);
    create_topic("__transaction_state", 4);
    create_topic("__consumer_offsets", 4);
    sim_settle(&sim);
    init();
    return 0;
}

#define TXN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_producer, tear_down_apis)

/* ---- transactions ---- */

static void partitions_are_added(void **state)
{
    (void)state;
    assert_string_equal(produce(ADDS, 0, 0), "0");
    assert_string_equal(produce(ADDS, 0, 1), "0");
    assert_string_equal(produce(ADDS, 1, 0), "0");
    assert_ends(0, 0, 2);
    assert_ends(1, 0, 1);
    assert_int_equal(end(true, 5), KW_ERROR_NONE);
    assert_ends(0, 3, 3);
    assert_ends(1, 2, 2);
    assert_string_equal(produce(ADDS, 0, 0), "0"); /* the next transaction, in a new epoch */
    assert_ends(0, 3, 4);
    assert_int_equal(end(false, 5), KW_ERROR_NONE);
    assert_ends(0, 5, 5);
}

static enum exchange_outcome fetch_committed(int64_t offset)
{
    static kw_fetch_request request;
    static kw_fetch_request_topic topic;
    static kw_fetch_request_partition partition;
    kw_fetch_request_init(&request);
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&partition);
    partition.fetch_offset = offset;
    partition.partition_max_bytes = request.max_bytes = 1 << 20;
    topic.topic = kw_string_of("t");
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.topics.items = &topic;
    request.topics.len = 1;
    request.isolation_level = 1;
    request.max_wait_ms = 1000;
    request.min_bytes = 1;
    enum exchange_outcome outcome = sim_client_send(&client, request_frame(KW_KEY_FETCH, 12, &request));
    sim_settle(&sim);
    return outcome == EXCHANGE_PENDING ? client.outcome : outcome;
}

static void readers_wait_for_the_end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int64_t start = 2 * i;
        assert_string_equal(produce(ADDS, 0, 0), "0");
        assert_int_equal(fetch_committed(start), EXCHANGE_PENDING);
        assert_int_equal(end(i == 0, 5), KW_ERROR_NONE);
        assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
        const char *text = take_json(KW_KEY_FETCH, 12);
        assert_int_equal(number_after(text, "'lastStableOffset':"), start + 2);
        assert_int_equal(strstr(text, "'abortedTransactions':[]") != NULL, i == 0);
        if (i != 0)
            assert_int_equal(number_after(strstr(text, "'abortedTransactions':"), "'firstOffset':"), start);
        assert_null(strstr(text, "'records':''"));
    }
}

static void older_clients_add_them_before(void **state)
{
    (void)state;
    assert_string_equal(produce(ASKS, 0, 0), "120");
    assert_string_equal(produce(ASKS_FOR_OLD, 0, 0), "48");
    assert_non_null(strstr(json, "'errorMessage':'Partition was not added to the transaction'"));
    assert_ends(0, 0, 0);
    add(0);
    assert_string_equal(produce(ASKS, 1, 0), "120"); /* another partition */
    assert_string_equal(produce(ASKS_FOR_OLD, 0, 0), "0");
    assert_string_equal(produce(ASKS, 0, 1), "0");
    assert_int_equal(end(true, 4), KW_ERROR_NONE);
    assert_ends(0, 3, 3);
    assert_string_equal(produce(ASKS_FOR_OLD, 0, 2), "48"); /* it has ended */
}

static void all_partitions_of_a_request(void **state)
{
    (void)state;
    start_request(1);
    add_batch(2, batch_of(producer.epoch, 0));
    add_batch(0, batch_of(producer.epoch, 0));
    add_batch(7, batch_of(producer.epoch, 0)); /* which does not exist */
    assert_string_equal(errors_of(ask(KW_KEY_PRODUCE, ADDS, &produce_request)), "0 0 3");
    assert_ends(2, 0, 1);
    assert_ends(0, 0, 1);
    add(1);
    start_request(1);
    add_batch(2, batch_of(producer.epoch, 1)); /* it is open */
    add_batch(1, batch_of(producer.epoch, 0));
    assert_string_equal(errors_of(ask(KW_KEY_PRODUCE, ASKS, &produce_request)), "0 0");
    assert_int_equal(end(true, 5), KW_ERROR_NONE);
    for (int32_t i = 0; i < PARTITIONS; i++)
        assert_ends(i, i == 2 ? 3 : 2, i == 2 ? 3 : 2);
}

static void a_producer_that_is_fenced(void **state)
{
    (void)state;
    assert_string_equal(produce(ADDS, 0, 0), "0");
    assert_int_equal(end(true, 5), KW_ERROR_NONE);
    struct txn_producer old = producer;
    init();
    old.epoch = producer.epoch;
    producer.epoch--;
    assert_string_equal(produce(ADDS, 0, 0), "47");
    assert_string_equal(produce(ADDS, 1, 0), "47");
    producer.id += 1000;
    assert_string_equal(produce(ADDS, 1, 0), "49");
    producer = old;
    assert_string_equal(produce(ADDS, 1, 0), "0");
}

static void an_open_transaction_needs_no_coordinator(void **state)
{
    (void)state;
    assert_string_equal(produce(ADDS, 0, 0), "0");
    shards_stop(&broker.transactions);
    sim_settle(&sim);
    assert_string_equal(produce(ADDS, 0, 1), "0");
    assert_string_equal(produce(ADDS, 1, 0), "19");
    assert_non_null(strstr(json, "Unable to verify the partition has been added to the transaction. Underlying error: "
                                 "NOT_COORDINATOR"));
    assert_ends(0, 0, 2);
    assert_ends(1, 0, 0);
}

/* What is wrong with the records comes after it, but for what Kafka sees before it knows the partition. */
static void the_order_of_errors(void **state)
{
    (void)state;
    kw_bytes records = batch_of(producer.epoch, 0);
    start_request(7); /* acks */
    add_batch(0, records);
    assert_string_equal(errors_of(ask(KW_KEY_PRODUCE, ASKS, &produce_request)), "120");
    assert_string_equal(errors_of(ask(KW_KEY_PRODUCE, ADDS, &produce_request)), "21");
    ((uint8_t *)(uintptr_t)records.data)[KW_BATCH_V2_CRC] ^= 1;
    start_request(1);
    add_batch(1, records);
    assert_string_equal(errors_of(ask(KW_KEY_PRODUCE, ASKS, &produce_request)), "120");
    assert_string_equal(errors_of(ask(KW_KEY_PRODUCE, ADDS, &produce_request)), "2");
}

static void verification_is_switched_off(void **state)
{
    (void)state;
    set_property("transaction.partition.verification.enable", "false");
    assert_string_equal(produce(ASKS, 0, 0), "0");
    assert_string_equal(produce(ASKS_FOR_OLD, 1, 0), "0");
    assert_ends(0, 0, 1);
    producer.epoch++;
    assert_string_equal(produce(ADDS, 2, 0), "47"); /* it adds them in any case */
}

static void without_an_answer(void **state)
{
    (void)state;
    start_request(0);
    add_batch(0, batch_of(producer.epoch, 0));
    assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_PRODUCE, ADDS, &produce_request)), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    assert_ends(0, 0, 1);
}

/* ---- a transaction that is being completed ---- */

/* Offsets of a group are in it whose shard does not answer. */
static void prepare(void)
{
    kw_add_offsets_to_txn_request request;
    kw_add_offsets_to_txn_request_init(&request);
    request.transactional_id = kw_string_of("id");
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.group_id = kw_string_of("group");
    assert_int_equal(number_after(ask_api(ADD_OFFSETS, &request), "'errorCode':"), KW_ERROR_NONE);
    shards_stop(&broker.groups);
    sim_settle(&sim);
    assert_int_equal(end(true, 5), KW_ERROR_NONE);
}

static void it_is_tried_again(void **state)
{
    (void)state;
    prepare();
    start_request(-1);
    add_batch(0, batch_of(producer.epoch, 0));
    assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_PRODUCE, ADDS, &produce_request)), EXCHANGE_PENDING);
    for (int i = 0; i < 4; i++) {
        sim_settle(&sim);
        assert_int_equal(client.outcome, EXCHANGE_PENDING);
        sim_advance(&sim, 20);
    }
    sim_advance(&sim, 20);
    sim_settle(&sim);
    assert_string_equal(errors_of(take_json(KW_KEY_PRODUCE, ADDS)), "51");
    assert_ends(0, 0, 0);
}

/* A worker opens the log of the marker first. */
static void the_first_pause_is_short(void **state)
{
    (void)state;
    kw_end_txn_request request;
    assert_string_equal(produce(ADDS, 0, 0), "0");
    add(1);
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of("id");
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch++;
    request.committed = true;
    assert_int_equal(send_to(END, &request), EXCHANGE_ANSWERED);
    assert_int_equal(number_after(take(END), "'errorCode':"), KW_ERROR_NONE);
    start_request(-1);
    add_batch(0, batch_of(producer.epoch, 0));
    assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_PRODUCE, ADDS, &produce_request)), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 1);
    sim_settle(&sim);
    assert_string_equal(errors_of(take_json(KW_KEY_PRODUCE, ADDS)), "0");
    assert_ends(0, 2, 3);
    assert_ends(1, 1, 1);
}

static void older_clients_try_again_themselves(void **state)
{
    (void)state;
    prepare();
    assert_string_equal(produce(ASKS, 0, 0), "19");
    assert_non_null(strstr(json, "Underlying error: CONCURRENT_TRANSACTIONS"));
}

static void the_peer_goes_meanwhile(void **state)
{
    (void)state;
    prepare();
    start_request(-1);
    add_batch(0, batch_of(producer.epoch, 0));
    assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_PRODUCE, ADDS, &produce_request)), EXCHANGE_PENDING);
    sim_settle(&sim);
    sim_client_leave(&client);
    sim_settle(&sim);
    assert_ends(0, 0, 0);
}

static void the_peer_sends_nothing_more(void **state)
{
    (void)state;
    prepare();
    start_request(-1);
    add_batch(0, batch_of(producer.epoch, 0));
    assert_int_equal(sim_client_send(&client, request_frame(KW_KEY_PRODUCE, ADDS, &produce_request)), EXCHANGE_PENDING);
    for (int i = 0; i < 10 && client.outcome == EXCHANGE_PENDING; i++) {
        sim_settle(&sim);
        sim_client_hurry(&client);
        sim_settle(&sim);
    }
    assert_string_equal(errors_of(take_json(KW_KEY_PRODUCE, ADDS)), "51");
}

static void memory_is_short(void **state)
{
    (void)state;
    start_request(-1);
    add_batch(0, batch_of(producer.epoch, 0));
    (void)ask_while_memory_is_short(KW_KEY_PRODUCE, ADDS, &produce_request);
    assert_string_equal(errors_of(json), "0");
    assert_ends(0, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TXN_TEST(partitions_are_added),
        TXN_TEST(readers_wait_for_the_end),
        TXN_TEST(older_clients_add_them_before),
        TXN_TEST(all_partitions_of_a_request),
        TXN_TEST(a_producer_that_is_fenced),
        TXN_TEST(an_open_transaction_needs_no_coordinator),
        TXN_TEST(the_order_of_errors),
        TXN_TEST(verification_is_switched_off),
        TXN_TEST(without_an_answer),
        TXN_TEST(it_is_tried_again),
        TXN_TEST(the_first_pause_is_short),
        TXN_TEST(older_clients_try_again_themselves),
        TXN_TEST(the_peer_goes_meanwhile),
        TXN_TEST(the_peer_sends_nothing_more),
        TXN_TEST(memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
