/* SPDX-License-Identifier: Apache-2.0 */
/* Calls find the shard of their key, and wait for it while it is loaded, but not for long. */
#include "../coordinator/shards_support.h"

#include <kwire/messages/heartbeat_response.h>

enum { PARTITIONS = 4 };

static struct {
    const char *key; /* NULL: the partition */
    int32_t partition;
    int decided, continued, abandoned;
    int16_t error;
} handler;

static struct sim_client peer;

static enum call_outcome answer(struct call *call)
{
    handler.continued++;
    handler.error = call->decided;
    assert_null(call->shard);
    return CALL_ANSWERED;
}

static void coordinate(struct call *call, struct coordinator_decision *decision)
{
    struct toy_event event;
    (void)call;
    handler.decided++;
    toy_event_init(&event, TOY_ADD, 1, NULL);
    toy_decide(&event.event, decision);
}

static void abandon(struct call *call)
{
    (void)call;
    handler.abandoned++;
}

static enum call_outcome handle(struct call *call)
{
    call->abandon = abandon;
    if (handler.key == NULL)
        return call_coordinate_partition(call, &shards, handler.partition, coordinate, NULL, answer);
    return call_coordinate_key(call, &shards, kw_string_of(handler.key), coordinate, NULL, answer);
}

static enum exchange_outcome start_call(void *context, struct exchange *exchange, kw_bytes frame)
{
    static const struct api api = {KW_KEY_HEARTBEAT, {4, 4}, NULL, &kw_heartbeat_response_message, handle};
    (void)frame;
    kw_arena_reset(exchange->arena);
    struct call *call = kw_arena_alloc(exchange->arena, sizeof *call);
    kw_heartbeat_response *response = kw_arena_alloc(exchange->arena, sizeof *response);
    assert_non_null(call);
    assert_non_null(response);
    memset(call, 0, sizeof *call);
    kw_heartbeat_response_init(response);
    call->broker = context;
    call->arena = exchange->arena;
    call->responses = exchange->responses;
    call->response = response;
    call->version = 4;
    call->api = &api;
    call->exchange = exchange;
    exchange->call = call;
    return call_start(call);
}

static void hurry_call(struct exchange *exchange)
{
    call_hurry(exchange->call);
}

static bool cancel_one(struct exchange *exchange)
{
    return call_cancel(exchange->call);
}

static int set_up_calls(void **state)
{
    const struct service calls = {&broker, start_call, hurry_call, cancel_one, NULL};
    if (set_up(state) != 0 || !init_shards())
        return -1;
    memset(&handler, 0, sizeof handler);
    sim_client_init(&peer, &sim, &calls, 64 * 1024);
    create_topic(PARTITIONS);
    return 0;
}

static int tear_down_calls(void **state)
{
    stop_shards();
    if (!peer.is_gone)
        sim_client_finish(&peer);
    return tear_down(state) == 0 && states == 0 ? 0 : -1;
}

static enum exchange_outcome ask_for_key(const char *key)
{
    static const kw_bytes frame = {(const uint8_t *)"", 0};
    handler.key = key;
    return sim_client_send(&peer, frame);
}

static void assert_answered(int16_t error)
{
    uint8_t bytes[64];
    assert_int_equal(peer.outcome, EXCHANGE_ANSWERED);
    assert_true(sim_client_take(&peer, bytes, sizeof bytes) > 0);
    assert_int_equal(handler.continued, 1);
    assert_int_equal(handler.error, error);
    assert_int_equal(handler.abandoned, 0);
    handler.continued = 0;
}

static void decided_by_the_shard_of_the_key(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    settle();
    int32_t partition = shards_partition_of(&shards, kw_string_of("group"));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask_for_key("group"), EXCHANGE_ANSWERED);
        assert_answered(KW_ERROR_NONE);
    }
    for (int32_t i = 0; i < PARTITIONS; i++)
        assert_int_equal(count_in(i), i == partition ? 2 : -1);
    handler.partition = partition;
    assert_int_equal(ask_for_key(NULL), EXCHANGE_ANSWERED);
    assert_answered(KW_ERROR_NONE);
    assert_int_equal(count_in(partition), 3);
}

static void waits_while_it_is_loaded(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    assert_int_equal(ask_for_key("group"), EXCHANGE_PENDING);
    sim_advance(&sim, SHARD_PATIENCE_MS - 1);
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    settle();
    assert_answered(KW_ERROR_NONE);
    assert_int_equal(handler.decided, 1);
}

static void waits_for_the_start(void **state)
{
    (void)state;
    assert_int_equal(ask_for_key("group"), EXCHANGE_PENDING);
    sim_advance(&sim, SHARD_PATIENCE_MS / 2);
    start_shards(PARTITIONS);
    sim_run_posted(&sim); /* now it is known which shard it is */
    assert_int_equal(peer.outcome, EXCHANGE_PENDING);
    settle();
    assert_answered(KW_ERROR_NONE);
}

static void not_for_long(void **state)
{
    (void)state;
    assert_int_equal(ask_for_key("group"), EXCHANGE_PENDING);
    sim_advance(&sim, SHARD_PATIENCE_MS);
    assert_answered(KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(ask_for_key("group"), EXCHANGE_PENDING);
    sim_advance(&sim, SHARD_PATIENCE_MS / 2);
    start_shards(PARTITIONS);
    sim_run_posted(&sim);
    sim_advance(&sim, SHARD_PATIENCE_MS / 2);
    assert_answered(KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS); /* both waits together */
    assert_int_equal(handler.decided, 0);
    settle();
}

static void not_if_it_is_hurried(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    assert_int_equal(ask_for_key("group"), EXCHANGE_PENDING);
    sim_client_hurry(&peer);
    sim_run_posted(&sim);
    assert_answered(KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
}

static void cancelled_while_it_waits(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    assert_int_equal(ask_for_key("group"), EXCHANGE_PENDING);
    sim_client_leave(&peer);
    settle();
    assert_int_equal(handler.abandoned, 1);
    assert_int_equal(handler.continued, 0);
}

static void unloaded_while_it_waits(void **state)
{
    (void)state;
    start_shards(PARTITIONS);
    assert_int_equal(ask_for_key("group"), EXCHANGE_PENDING);
    delete_topic();
    assert_true(apply_image());
    sim_run_posted(&sim);
    assert_answered(KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(ask_for_key("group"), EXCHANGE_ANSWERED);
    assert_answered(KW_ERROR_NOT_COORDINATOR);
}

static void errors_for_clients(void **state)
{
    (void)state;
    static const int16_t errors[][2] = {
        {KW_ERROR_NONE, KW_ERROR_NONE},
        {KW_ERROR_NOT_COORDINATOR, KW_ERROR_NOT_COORDINATOR},
        {KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS, KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS},
        {KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, KW_ERROR_COORDINATOR_NOT_AVAILABLE},
        {KW_ERROR_NOT_ENOUGH_REPLICAS, KW_ERROR_COORDINATOR_NOT_AVAILABLE},
        {KW_ERROR_REQUEST_TIMED_OUT, KW_ERROR_COORDINATOR_NOT_AVAILABLE},
        {KW_ERROR_NOT_LEADER_OR_FOLLOWER, KW_ERROR_NOT_COORDINATOR},
        {KW_ERROR_KAFKA_STORAGE_ERROR, KW_ERROR_NOT_COORDINATOR},
        {KW_ERROR_MESSAGE_TOO_LARGE, KW_ERROR_UNKNOWN_SERVER_ERROR},
        {KW_ERROR_RECORD_LIST_TOO_LARGE, KW_ERROR_UNKNOWN_SERVER_ERROR},
    };
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        const struct call call = {.decided = errors[i][0]};
        assert_int_equal(call_coordinator_error(&call), errors[i][1]);
    }
}

#define CALLS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_calls, tear_down_calls)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALLS_TEST(decided_by_the_shard_of_the_key),
        CALLS_TEST(waits_while_it_is_loaded),
        CALLS_TEST(waits_for_the_start),
        CALLS_TEST(not_for_long),
        CALLS_TEST(not_if_it_is_hurried),
        CALLS_TEST(cancelled_while_it_waits),
        CALLS_TEST(unloaded_while_it_waits),
        CALLS_TEST(errors_for_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
