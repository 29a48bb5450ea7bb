/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that a coordinator decides, and calls that wait without memory: they end once, and nothing of them is left. */
#include "../coordinator/shard_support.h"

#include <kwire/api_keys.h>
#include <kwire/messages/heartbeat_request.h>
#include <kwire/messages/heartbeat_response.h>

#include "api/call.h"
#include "api/dispatch.h"
#include "coordinator/waiter.h"

enum how {
    COORDINATE,
    WITHOUT_SHARD,
    NO_MEMORY,
    BARE,
    BARE_IN_VAIN,
    BARE_TWICE,
    COORDINATE_AND_BARE,
    BARE_AND_COORDINATE
};

static struct {
    enum how how;
    struct call *parked; /* bare */
    struct waiter *waiter;
    int decided, continued, forgotten, failed, abandoned, started;
    int16_t error, failed_with;
    bool has_image, has_request, hurried;
} handler;

static struct broker broker;
static struct sim_client client;
static int mark; /* the handler's state */

static enum call_outcome answer(struct call *call)
{
    kw_heartbeat_response *response = call->response;
    handler.continued++;
    handler.error = call->decided;
    handler.hurried = call->is_hurried;
    handler.has_image = call->image == broker.metadata.current;
    handler.has_request = call->request != NULL || call->client_id.data != NULL;
    assert_ptr_equal(call->state, &mark);
    assert_int_equal(response->throttle_time_ms, 0);
    response->error_code = 7;
    return CALL_ANSWERED;
}

static void coordinate(struct call *call, struct coordinator_decision *decision)
{
    struct toy_event event;
    assert_ptr_equal(call->image, decision->image);
    handler.decided++;
    toy_event_init(&event, handler.how == NO_MEMORY ? TOY_NO_MEMORY : TOY_ADD, 1, NULL);
    toy_decide(&event.event, decision);
}

static void put_right(struct call *call, void *state, int16_t error)
{
    assert_ptr_equal(call->state, &mark);
    assert_ptr_equal(state, &toy);
    handler.failed++;
    handler.failed_with = error;
}

static void resume(void *context)
{
    call_resume(context);
}

static bool attach(struct call *call)
{
    handler.started++;
    handler.parked = call;
    return waiter_attach(handler.waiter, resume, call);
}

static void detach(struct call *call)
{
    assert_ptr_equal(call, handler.parked);
    handler.forgotten++;
    waiter_detach(handler.waiter);
}

static void abandon(struct call *call)
{
    assert_ptr_equal(call->state, &mark);
    handler.abandoned++;
}

static enum call_outcome park_bare(struct call *call)
{
    return call_park_bare(call, attach, answer, detach);
}

static enum call_outcome park_bare_again(struct call *call)
{
    waiter_release(handler.waiter);
    waiter_release(handler.waiter);
    handler.waiter = waiter_create();
    return park_bare(call);
}

static enum call_outcome coordinate_call(struct call *call)
{
    return call_coordinate(call, &shard, coordinate, put_right, answer);
}

static enum call_outcome handle(struct call *call)
{
    call->state = &mark;
    call->abandon = abandon;
    switch (handler.how) {
    case WITHOUT_SHARD:
        return call_coordinate(call, NULL, coordinate, put_right, answer);
    case BARE_IN_VAIN:
    case BARE:
        return park_bare(call);
    case BARE_TWICE:
        return call_park_bare(call, attach, park_bare_again, detach);
    case COORDINATE_AND_BARE:
        return call_coordinate(call, &shard, coordinate, NULL, park_bare);
    case BARE_AND_COORDINATE:
        return call_park_bare(call, attach, coordinate_call, detach);
    default:
        return coordinate_call(call);
    }
}

static const struct api api = {KW_KEY_HEARTBEAT, {4, 4}, NULL, &kw_heartbeat_response_message, handle};

static enum exchange_outcome start(void *context, struct exchange *exchange, kw_bytes frame)
{
    kw_arena_reset(exchange->arena);
    struct call *call = kw_arena_alloc(exchange->arena, sizeof *call);
    kw_heartbeat_response *response = kw_arena_alloc(exchange->arena, sizeof *response);
    assert_non_null(call);
    assert_non_null(response);
    memset(call, 0, sizeof *call);
    kw_heartbeat_response_init(response);
    call->broker = context;
    call->endpoint = exchange->endpoint;
    call->arena = exchange->arena;
    call->responses = exchange->responses;
    call->request = frame.data;
    call->response = response;
    call->version = 4;
    call->correlation_id = 9;
    call->client_id = kw_string_of("client");
    call->api = &api;
    call->exchange = exchange;
    exchange->call = call;
    return call_start(call);
}

static void hurry(struct exchange *exchange)
{
    call_hurry(exchange->call);
}

static bool cancel(struct exchange *exchange)
{
    return call_cancel(exchange->call);
}

static int set_up_call(void **state)
{
    const struct service service = {&broker, start, hurry, cancel, NULL};
    if (set_up(state) != 0 || !metadata_cell_init(&broker.metadata))
        return -1;
    memset(&handler, 0, sizeof handler);
    handler.waiter = waiter_create();
    sim_client_init(&client, &sim, &service, 64 * 1024);
    return handler.waiter != NULL ? 0 : -1;
}

static int tear_down_call(void **state)
{
    sim_settle(&sim);
    waiter_release(handler.waiter);
    waiter_release(handler.waiter);
    bool is_released = atomic_load(&broker.metadata.current->references) == 1;
    if (!client.is_gone)
        sim_client_finish(&client);
    metadata_cell_finish(&broker.metadata);
    return tear_down(state) == 0 && is_released ? 0 : -1;
}

static enum exchange_outcome ask(enum how how)
{
    static const kw_bytes frame = {(const uint8_t *)"", 0};
    handler.how = how;
    return sim_client_send(&client, frame);
}

static void assert_answered(void)
{
    static const uint8_t expected[] = {0, 0, 0, 12, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 7, 0};
    uint8_t bytes[64];
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    assert_int_equal(sim_client_take(&client, bytes, sizeof bytes), sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
    assert_int_equal(handler.continued, 1);
    assert_int_equal(handler.abandoned, 0);
}

static void assert_closed(void)
{
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(handler.continued, 0);
    assert_int_equal(handler.abandoned, 1);
}

static void release_result(struct waiter_result *result)
{
    (void)result;
}

static struct waiter_result nothing;

/* The waiter gets its result. */
static void let_continue(void)
{
    waiter_result_init(&nothing, release_result);
    waiter_answer(handler.waiter, &nothing);
}

/* ---- decided by a shard ---- */

static void decided_at_once(void **state)
{
    (void)state;
    assert_int_equal(ask(COORDINATE), EXCHANGE_ANSWERED);
    assert_answered();
    assert_int_equal(handler.error, KW_ERROR_NONE);
    assert_int_equal(handler.decided, 1);
    assert_int_equal(toy_count(&toy, 1), 0);
    assert_true(handler.has_request);
}

static void decided_and_appended_later(void **state)
{
    (void)state;
    store.is_later = true;
    assert_int_equal(ask(COORDINATE), EXCHANGE_PENDING);
    sim_client_hurry(&client); /* others have its memory */
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_answered();
    assert_int_equal(handler.error, KW_ERROR_NONE);
}

static void cancelled_while_it_is_appended(void **state)
{
    (void)state;
    store.is_later = true;
    assert_int_equal(ask(COORDINATE), EXCHANGE_PENDING);
    sim_client_leave(&client);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_closed();
    assert_int_equal(toy_count(&toy, 1), 0); /* though nobody hears of it */
}

static void appended_in_vain(void **state)
{
    (void)state;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_int_equal(ask(COORDINATE), EXCHANGE_ANSWERED);
    assert_answered();
    assert_int_equal(handler.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(handler.failed, 1);
    assert_int_equal(handler.failed_with, KW_ERROR_KAFKA_STORAGE_ERROR);
}

static void decided_by_nobody(void **state)
{
    (void)state;
    assert_int_equal(ask(WITHOUT_SHARD), EXCHANGE_ANSWERED);
    assert_answered();
    assert_int_equal(handler.error, KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(handler.decided, 0);
    assert_int_equal(handler.failed, 0);
}

static void memory_is_short_at_once(void **state)
{
    (void)state;
    assert_int_equal(ask(NO_MEMORY), EXCHANGE_CLOSE);
    assert_closed();
    assert_int_equal(handler.failed, 1);
    assert_non_null(strstr(client.exchange.fault, "Heartbeat v4, correlation id 9: "));
}

static void ask_meanwhile(struct coordinator_event *event, struct coordinator_decision *d)
{
    toy_decide(event, d);
    assert_int_equal(ask(NO_MEMORY), EXCHANGE_PENDING);
}

static void memory_is_short_later(void **state)
{
    (void)state;
    struct toy_event event;
    toy_event_init(&event, TOY_READ, 1, &other.executor);
    event.event.decide = ask_meanwhile;
    assert_true(toy_submit(&shard, &event));
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    assert_int_equal(handler.decided, 1);
    sim_run_posted(&sim);
    assert_closed();
}

/* ---- without memory ---- */

static void rests_until_resumed(void **state)
{
    (void)state;
    const struct metadata_parts parts = {.epoch = -1};
    assert_int_equal(ask(BARE), EXCHANGE_RESTING);
    assert_int_equal(atomic_load(&broker.metadata.current->references), 1);
    metadata_image_publish(&broker.metadata, metadata_image_create(&parts));
    let_continue();
    assert_int_equal(handler.continued, 0);
    sim_run_posted(&sim);
    assert_answered();
    assert_true(handler.has_image);
    assert_false(handler.has_request);
    assert_int_equal(handler.forgotten, 1);
    assert_int_equal(ask(COORDINATE), EXCHANGE_ANSWERED); /* the next one is as usual */
}

static void nothing_to_wait_for(void **state)
{
    (void)state;
    let_continue();
    assert_int_equal(ask(BARE_IN_VAIN), EXCHANGE_ANSWERED);
    assert_answered();
    assert_int_equal(handler.started, 1);
    assert_int_equal(handler.forgotten, 0);
    assert_true(handler.has_request);
}

static void rests_twice(void **state)
{
    (void)state;
    assert_int_equal(ask(BARE_TWICE), EXCHANGE_RESTING);
    let_continue();
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_RESTING);
    assert_int_equal(handler.started, 2);
    let_continue();
    sim_run_posted(&sim);
    assert_answered();
    assert_int_equal(handler.forgotten, 2);
}

static void rests_after_a_decision(void **state)
{
    (void)state;
    store.is_later = true;
    assert_int_equal(ask(COORDINATE_AND_BARE), EXCHANGE_PENDING);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_RESTING);
    let_continue();
    sim_run_posted(&sim);
    assert_answered();
}

static void decided_after_a_rest(void **state)
{
    (void)state;
    assert_int_equal(ask(BARE_AND_COORDINATE), EXCHANGE_RESTING);
    store.is_later = true;
    let_continue();
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_answered();
}

static void hurried_while_it_rests(void **state)
{
    (void)state;
    assert_int_equal(ask(BARE), EXCHANGE_RESTING);
    sim_client_hurry(&client);
    assert_int_equal(client.outcome, EXCHANGE_RESTING);
    sim_run_posted(&sim);
    assert_closed();
    assert_int_equal(handler.forgotten, 1);
    let_continue(); /* it is not there any more */
    assert_int_equal(ask(COORDINATE), EXCHANGE_ANSWERED);
}

static void cancelled_while_it_rests(void **state)
{
    (void)state;
    assert_int_equal(ask(BARE), EXCHANGE_RESTING);
    sim_client_leave(&client);
    assert_closed();
    assert_int_equal(handler.forgotten, 1);
    let_continue();
    sim_run_posted(&sim);
}

static void cancelled_as_it_is_resumed(void **state)
{
    (void)state;
    assert_int_equal(ask(BARE), EXCHANGE_RESTING);
    let_continue();
    sim_client_leave(&client);
    assert_int_equal(client.outcome, EXCHANGE_RESTING);
    sim_run_posted(&sim);
    assert_closed();
    assert_int_equal(handler.forgotten, 1);
}

static void memory_is_short_when_it_continues(void **state)
{
    (void)state;
    assert_int_equal(ask(BARE), EXCHANGE_RESTING);
    client.memory_is_short = true;
    let_continue();
    sim_run_posted(&sim);
    assert_closed();
}

static void its_arena_is_short_when_it_continues(void **state)
{
    (void)state;
    client.arena_limit = 16; /* of the next one */
    assert_int_equal(ask(BARE), EXCHANGE_RESTING);
    let_continue();
    sim_run_posted(&sim);
    assert_closed();
    assert_non_null(strstr(client.exchange.fault, "Heartbeat v4, correlation id 9: "));
}

#define CALL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_call, tear_down_call)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(decided_at_once),
        CALL_TEST(decided_and_appended_later),
        CALL_TEST(cancelled_while_it_is_appended),
        CALL_TEST(appended_in_vain),
        CALL_TEST(decided_by_nobody),
        CALL_TEST(memory_is_short_at_once),
        CALL_TEST(memory_is_short_later),
        CALL_TEST(rests_until_resumed),
        CALL_TEST(nothing_to_wait_for),
        CALL_TEST(rests_twice),
        CALL_TEST(rests_after_a_decision),
        CALL_TEST(decided_after_a_rest),
        CALL_TEST(hurried_while_it_rests),
        CALL_TEST(cancelled_while_it_rests),
        CALL_TEST(cancelled_as_it_is_resumed),
        CALL_TEST(memory_is_short_when_it_continues),
        CALL_TEST(its_arena_is_short_when_it_continues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
