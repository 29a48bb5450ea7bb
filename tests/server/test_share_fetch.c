/* SPDX-License-Identifier: Apache-2.0 */
/* ShareFetch and ShareAcknowledge in a broker whose directory is in memory: who gets which records, what is waited for,
 * locks that end, sessions, and what is left after a restart. */
#include <kwire/api_keys.h>

#include "api/dispatch.h"
#include "api/handlers.h"

#define APIS(X)                                                          \
    X(INITIALIZE_SHARE_GROUP_STATE, initialize_share_group_state, 0)     \
    X(READ_SHARE_GROUP_STATE_SUMMARY, read_share_group_state_summary, 1) \
    X(SHARE_FETCH, share_fetch, 2)                                       \
    X(SHARE_ACKNOWLEDGE, share_acknowledge, 2)

#define ADAPTER(KEY, name, version)                                \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
APIS(ADAPTER)

#define ROW(KEY, name, version) \
    {KW_KEY_##KEY, {0, version}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {APIS(ROW)};

enum { INITIALIZE, SUMMARY, FETCH, ACKNOWLEDGE };

#include "direct_api.h"

#include "../unit/disk_support.h"

enum { PARTITIONS = 2, LOCK_MS = 30000 };

static int64_t clock_of_sim(void)
{
    return sim.timers.now;
}

/* Records are from `first` on. */
static void append(int32_t partition, int32_t count)
{
    static uint8_t bytes[4096];
    kw_produce_request request;
    kw_produce_request_topic_produce_data topic;
    kw_produce_request_partition_produce_data data;
    size_t size = put_batch(bytes, (made_batch){.count = count, .timestamp = 1, .producer_id = -1});
    kw_produce_request_init(&request);
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&data);
    data.index = partition;
    data.records = (kw_bytes){bytes, (int32_t)size};
    topic.name = kw_string_of("topic");
    topic.partition_data.items = &data;
    topic.partition_data.len = 1;
    request.acks = -1;
    request.timeout_ms = 1000;
    request.topic_data.items = &topic;
    request.topic_data.len = 1;
    assert_non_null(strstr(ask(KW_KEY_PRODUCE, 9, &request), "'errorCode':0"));
}

static void initialize(int64_t start)
{
    static kw_initialize_share_group_state_request request;
    static kw_initialize_share_group_state_request_initialize_state_data topic;
    static kw_initialize_share_group_state_request_partition_data partitions[PARTITIONS];
    kw_initialize_share_group_state_request_init(&request);
    kw_initialize_share_group_state_request_initialize_state_data_init(&topic);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        kw_initialize_share_group_state_request_partition_data_init(&partitions[i]);
        partitions[i].partition = i;
        partitions[i].start_offset = start;
    }
    topic.topic_id = nth_id(0);
    topic.partitions.items = partitions;
    topic.partitions.len = PARTITIONS;
    request.group_id = kw_string_of("group");
    request.topics.items = &topic;
    request.topics.len = 1;
    assert_non_null(strstr(ask_api(INITIALIZE, &request), "'errorCode':0"));
}

static int set_up_fetch(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    broker.share_partitions.options.clock = clock_of_sim;
    create_topic("topic", PARTITIONS);
    create_topic("__share_group_state", 4);
    return 0;
}

static int tear_down_fetch(void **state)
{
    sim_advance(&sim, LOCK_MS + 1); /* locks that are left */
    sim_settle(&sim);
    return tear_down_apis(state);
}

/* ---- requests ---- */

struct fetch_parts {
    kw_share_fetch_request request;
    kw_share_fetch_request_fetch_topic topic;
    kw_share_fetch_request_fetch_partition partition;
    kw_share_fetch_request_acknowledgement_batch batch;
    int8_t type;
};

static kw_share_fetch_request *fetch_of(struct fetch_parts *f, const char *member, int32_t epoch, int32_t partition)
{
    kw_share_fetch_request_init(&f->request);
    kw_share_fetch_request_fetch_topic_init(&f->topic);
    kw_share_fetch_request_fetch_partition_init(&f->partition);
    f->partition.partition_index = partition;
    f->topic.topic_id = nth_id(0);
    f->topic.partitions.items = &f->partition;
    f->topic.partitions.len = 1;
    f->request.group_id = kw_string_of("group");
    f->request.member_id = kw_string_of(member);
    f->request.share_session_epoch = epoch;
    f->request.max_wait_ms = 500;
    f->request.min_bytes = 1;
    f->request.max_bytes = 1 << 20;
    f->request.max_records = 100;
    f->request.batch_size = 100;
    f->request.topics.items = &f->topic;
    f->request.topics.len = 1;
    return &f->request;
}

static kw_share_fetch_request *with_ack(struct fetch_parts *f, int64_t first, int64_t last, int8_t type)
{
    kw_share_fetch_request_acknowledgement_batch_init(&f->batch);
    f->type = type;
    f->batch.first_offset = first;
    f->batch.last_offset = last;
    f->batch.acknowledge_types = (kw_int8_array){&f->type, 1};
    f->partition.acknowledgement_batches.items = &f->batch;
    f->partition.acknowledgement_batches.len = 1;
    return &f->request;
}

/* Waits as long as it may. */
static const char *ask_to_fetch(const kw_share_fetch_request *request)
{
    if (send_to(FETCH, request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    if (peer.outcome == EXCHANGE_PENDING) {
        sim_advance(&sim, request->max_wait_ms);
        sim_settle(&sim);
    }
    return take(FETCH);
}

static const char *fetch(const char *member, int32_t epoch)
{
    static struct fetch_parts f;
    return ask_to_fetch(fetch_of(&f, member, epoch, 0));
}

static const char *acknowledge(const char *member, int32_t epoch, int64_t first, int64_t last, int8_t type)
{
    static kw_share_acknowledge_request request;
    static kw_share_acknowledge_request_acknowledge_topic topic;
    static kw_share_acknowledge_request_acknowledge_partition partition;
    static kw_share_acknowledge_request_acknowledgement_batch batch;
    static int8_t types[1];
    types[0] = type;
    kw_share_acknowledge_request_init(&request);
    kw_share_acknowledge_request_acknowledge_topic_init(&topic);
    kw_share_acknowledge_request_acknowledge_partition_init(&partition);
    kw_share_acknowledge_request_acknowledgement_batch_init(&batch);
    batch.first_offset = first;
    batch.last_offset = last;
    batch.acknowledge_types = (kw_int8_array){types, 1};
    partition.acknowledgement_batches.items = &batch;
    partition.acknowledgement_batches.len = 1;
    topic.topic_id = nth_id(0);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of(member);
    request.share_session_epoch = epoch;
    request.is_renew_ack = type == 4;
    request.topics.items = &topic;
    request.topics.len = 1;
    return ask_api(ACKNOWLEDGE, &request);
}

/* The ranges of an answer as FIRST-LAST*COUNT. */
static const char *ranges(const char *text)
{
    static char out[512];
    long long first, last;
    int count;
    *out = '\0';
    for (const char *at = text; (at = strstr(at, "{'firstOffset':")) != NULL; at++) {
        assert_int_equal(sscanf(at, "{'firstOffset':%lld,'lastOffset':%lld,'deliveryCount':%d", &first, &last, &count),
                         3);
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%lld-%lld*%d", *out != '\0' ? " " : "", first, last,
                 count);
    }
    return out;
}

/* ---- */

static void records_and_acknowledgements(void **state)
{
    (void)state;
    append(0, 4);
    append(0, 6);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-9*1");
    assert_non_null(strstr(json, "'acquisitionLockTimeoutMs':30000"));
    assert_string_equal(ranges(fetch("n", 0)), "");
    assert_non_null(strstr(acknowledge("m", 1, 0, 4, 1), "'partitionIndex':0,'errorCode':0"));
    assert_non_null(strstr(acknowledge("m", 2, 0, 4, 1), "'partitionIndex':0,'errorCode':0")); /* below the start */
    assert_non_null(strstr(acknowledge("n", 1, 5, 9, 1), "'errorCode':121"));
    assert_non_null(strstr(acknowledge("m", 3, 5, 9, 2), "'partitionIndex':0,'errorCode':0"));
    assert_string_equal(ranges(fetch("n", 2)), "5-9*2");
    static struct fetch_parts f;
    append(0, 3);
    (void)fetch_of(&f, "n", 3, 0);
    assert_string_equal(ranges(ask_to_fetch(with_ack(&f, 5, 9, 1))), "10-12*1");
    assert_non_null(strstr(json, "'acknowledgeErrorCode':0"));
    sim_advance(&sim, LOCK_MS + 1);
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    restart_broker();
    broker.share_partitions.options.clock = clock_of_sim;
    coordinators_start(&broker, direct_homes, 1);
    sim_settle(&sim);
    assert_string_equal(ranges(fetch("m", 0)), "10-12*2"); /* nobody has acknowledged them */
}

static void locks_that_end(void **state)
{
    (void)state;
    append(0, 4);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-3*1");
    sim_advance(&sim, LOCK_MS / 2);
    assert_non_null(strstr(acknowledge("m", 1, 0, 0, 4), "'partitionIndex':0,'errorCode':0")); /* renewed */
    sim_advance(&sim, LOCK_MS / 2);
    assert_string_equal(ranges(fetch("n", 0)), "1-3*2");
    assert_non_null(strstr(acknowledge("m", 2, 1, 1, 1), "'errorCode':121"));
    assert_non_null(strstr(acknowledge("m", 3, 0, 0, 1), "'partitionIndex':0,'errorCode':0"));
    for (int32_t i = 0; i < 3; i++) {
        sim_advance(&sim, LOCK_MS);
        (void)fetch("n", 1 + i);
    }
    assert_non_null(strstr(json, "'deliveryCount':5"));
    sim_advance(&sim, LOCK_MS);
    append(0, 1);
    const char *left = ranges(fetch("n", 4));
    assert_null(strstr(left, "1-3")); /* delivered often enough */
}

static void a_fetch_that_waits(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 2);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-1*1");
    assert_int_equal(send_to(FETCH, fetch_of(&f, "n", 0, 0)), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    append(0, 3); /* records come */
    sim_settle(&sim);
    assert_string_equal(ranges(take(FETCH)), "2-4*1");

    assert_int_equal(send_to(FETCH, fetch_of(&f, "n", 1, 0)), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    sim_advance(&sim, 500); /* nothing comes */
    sim_settle(&sim);
    assert_string_equal(ranges(take(FETCH)), "");

    f.request.share_session_epoch = 2;
    f.request.min_bytes = 100000; /* less than that is there only when the wait ends */
    append(0, 1);
    assert_int_equal(send_to(FETCH, &f.request), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 500);
    sim_settle(&sim);
    assert_string_equal(ranges(take(FETCH)), "5-5*1");

    f.request.share_session_epoch = 3;
    f.request.max_wait_ms = 100000;
    assert_int_equal(send_to(FETCH, &f.request), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    sim_client_leave(&peer); /* the connection ends */
    sim_settle(&sim);
}

static void sessions_and_errors(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 2);
    initialize(0);
    assert_non_null(strstr(fetch("m", 1), "'errorCode':122"));
    assert_non_null(strstr(acknowledge("m", 1, 0, 0, 1), "'errorCode':122"));
    assert_non_null(strstr(acknowledge("m", 0, 0, 0, 1), "'errorCode':123"));
    assert_string_equal(ranges(fetch("m", 0)), "0-1*1");
    assert_non_null(strstr(fetch("m", 7), "'errorCode':123"));
    (void)fetch_of(&f, "m", 0, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'errorCode':42"));
    assert_non_null(strstr(fetch("", 0), "'errorCode':42"));
    fetch_of(&f, "m", 0, 0)->group_id.len = -1;
    assert_non_null(strstr(ask_to_fetch(&f.request), "'errorCode':42"));
    fetch_of(&f, "m", 1, 0)->is_renew_ack = true;
    assert_non_null(strstr(ask_to_fetch(&f.request),
                           "'errorMessage':'maxBytes must be set to 0, minBytes must be set to 0, maxRecords must be "
                           "set to 0, maxWaitMs must be set to 0, if isRenewAck is true.'"));
    (void)fetch_of(&f, "m", 1, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 1, 0, 1)), "'acknowledgeErrorCode':42"));
    (void)fetch_of(&f, "m", 2, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 9)), "'acknowledgeErrorCode':42"));
    (void)fetch_of(&f, "m", 3, 1);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'acknowledgeErrorCode':3")); /* not in use */
    (void)fetch_of(&f, "m", 4, 7);
    assert_non_null(strstr(ask_to_fetch(&f.request), "'partitionIndex':7,'errorCode':3"));
    fetch_of(&f, "m", 5, 0)->topics.items[0].topic_id = nth_id(9);
    assert_non_null(strstr(ask_to_fetch(&f.request), "'partitionIndex':0,'errorCode':100"));
    (void)fetch_of(&f, "m", -1, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'acknowledgeErrorCode':0"));
    assert_non_null(strstr(fetch("m", 6), "'errorCode':122"));
    assert_string_equal(ranges(fetch("n", 0)), "1-1*2"); /* it has been released */
}

/* Without a start offset: as the group says. */
static void where_a_group_starts(void **state)
{
    (void)state;
    append(0, 5);
    initialize(-1);
    assert_string_equal(ranges(fetch("m", 0)), ""); /* latest */
    append(0, 2);
    assert_string_equal(ranges(fetch("m", 1)), "5-6*1");
}

static void states_that_cannot_be_read(void **state)
{
    (void)state;
    append(0, 5);
    assert_non_null(strstr(fetch("m", 0), "'partitionIndex':0,'errorCode':-1")); /* it is not initialized */
    initialize(0);
    assert_string_equal(ranges(fetch("m", 1)), "0-4*1"); /* the next fetch has tried again */
}

static void while_memory_is_short(void **state)
{
    (void)state;
    static struct fetch_parts f;
    append(0, 2);
    initialize(0);
    size_t refused = 0;
    for (size_t memory = 0;; memory += 64, refused++) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&peer);
        start_peer(memory);
        if (send_to(FETCH, fetch_of(&f, "m", 0, 0)) == EXCHANGE_PENDING)
            sim_settle(&sim);
        if (peer.outcome == EXCHANGE_PENDING)
            sim_advance(&sim, 500);
        if (peer.outcome == EXCHANGE_ANSWERED)
            break;
        assert_int_equal(peer.outcome, EXCHANGE_CLOSE);
    }
    assert_true(refused > 5);
    (void)take(FETCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_and_acknowledgements, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(locks_that_end, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(a_fetch_that_waits, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(sessions_and_errors, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(where_a_group_starts, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(states_that_cannot_be_read, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(while_memory_is_short, set_up_fetch, tear_down_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
