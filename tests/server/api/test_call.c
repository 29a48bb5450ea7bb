/* SPDX-License-Identifier: Apache-2.0 */
/* A call that ends later ends once, whoever continues it, hurries it or leaves it, and in whatever order. */
#include "../support/sim.h"

#include "../../unit/support.h"

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/heartbeat_request.h>
#include <kwire/messages/heartbeat_response.h>
#include <kwire/messages/producer_ids_record.h>

#include "api/call.h"
#include "api/dispatch.h"
#include "metadata/image.h"

/* What the handler under test does, and what it has seen. */
enum how {
    ANSWER,
    PARK,
    PARK_FOR,
    PARK_TWICE,
    OFFLOAD,
    FAIL,
    OFFLOAD_AND_FAIL,
    DECIDE,
    HOLD,
    HOLD_IN_VAIN,
    SAY_NOTHING,
    REFUSE
};

static struct {
    enum how how;
    struct call *parked;
    int continued;
    int forgotten;
    int worked;
    bool hurried;
    bool cancelled_in_work;
    int decided;
    int16_t error;
    kw_string reason; /* constant text */
    int appends;
} handler;

static struct sim sim;
static struct broker broker;
static struct sim_client client;

static void forget(struct call *call)
{
    assert_ptr_equal(call, handler.parked);
    handler.forgotten++;
}

static enum call_outcome answer(struct call *call)
{
    kw_heartbeat_response *response = call->response;
    handler.continued++;
    handler.hurried = call->is_hurried;
    response->error_code = 7;
    return CALL_ANSWERED;
}

static enum call_outcome park_again(struct call *call)
{
    handler.continued++;
    return call_park_for(call, 500, answer, forget);
}

static enum call_outcome fail_later(struct call *call)
{
    (void)call;
    handler.continued++;
    return CALL_FAILED;
}

static void work(struct call *call)
{
    handler.worked++;
    handler.cancelled_in_work = call_is_cancelled(call);
}

static void hand_out_producer_ids(struct call *call, struct decision *decision)
{
    kw_producer_ids_record block;
    kw_producer_ids_record_init(&block);
    block.next_producer_id = 1000;
    record_list_add(&decision->records, &kw_producer_ids_record_message, 0, &block);
    assert_ptr_equal(call->image, decision->image);
    handler.decided++;
}

static enum call_outcome answer_decided(struct call *call)
{
    handler.error = call->decided;
    handler.reason = call_undecided_reason(call);
    return answer(call);
}

static enum call_outcome handle(struct call *call)
{
    handler.parked = call;
    switch (handler.how) {
    case ANSWER:
        return answer(call);
    case PARK:
        return call_park(call, answer, forget);
    case PARK_FOR:
        return call_park_for(call, 1000, answer, forget);
    case PARK_TWICE:
        return call_park_for(call, 1000, park_again, forget);
    case OFFLOAD:
        return call_offload(call, work, answer);
    case OFFLOAD_AND_FAIL:
        return call_offload(call, work, fail_later);
    case DECIDE:
        return call_decide(call, hand_out_producer_ids, answer_decided);
    case HOLD:
        return call_hold(call, answer);
    case HOLD_IN_VAIN:
        (void)call_hold(call, fail_later);
        call_let_go(call);
        return answer(call);
    case SAY_NOTHING:
        return CALL_SILENT;
    case REFUSE:
        return call_refuse(call, "not today");
    default:
        return CALL_FAILED;
    }
}

/* In place of dispatch: every frame is one call of this handler. */
static const struct api api = {KW_KEY_HEARTBEAT, {4, 4}, NULL, &kw_heartbeat_response_message, handle};

static enum exchange_outcome start(void *context, struct exchange *exchange, kw_bytes frame)
{
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
    call->correlation_id = 9;
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

static int set_up(void **state)
{
    (void)state;
    const struct service service = {&broker, start, hurry, cancel, NULL};
    memset(&handler, 0, sizeof handler);
    memset(&broker, 0, sizeof broker);
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, 64 * 1024);
    return metadata_cell_init(&broker.metadata) ? 0 : -1;
}

/* Nothing of the call is left: the image has one reference. */
static int tear_down(void **state)
{
    (void)state;
    sim_settle(&sim);
    bool quiet = timer_wheel_next(&sim.timers) == INT64_MAX;
    bool released = atomic_load(&broker.metadata.current->references) == 1;
    if (!client.is_gone)
        sim_client_finish(&client);
    metadata_cell_finish(&broker.metadata);
    return quiet && released ? 0 : -1;
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
}

static void answered_at_once(void **state)
{
    (void)state;
    assert_int_equal(ask(ANSWER), EXCHANGE_ANSWERED);
    assert_answered();
}

static void failed_at_once(void **state)
{
    (void)state;
    assert_int_equal(ask(FAIL), EXCHANGE_CLOSE);
    assert_non_null(strstr(client.exchange.fault, "Heartbeat v4, correlation id 9: "));
    assert_int_equal(responses_size(&client.responses), 0);
}

static void resumed(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK), EXCHANGE_PENDING);
    call_resume(handler.parked);
    assert_int_equal(client.outcome, EXCHANGE_PENDING); /* not before its own thread gets to it */
    call_resume(handler.parked);
    sim_run_posted(&sim);
    assert_answered();
    assert_int_equal(handler.continued, 1);
    assert_int_equal(handler.forgotten, 1);
    assert_false(handler.hurried);
}

static void time_is_over(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK_FOR), EXCHANGE_PENDING);
    sim_advance(&sim, 999);
    assert_int_equal(handler.continued, 0);
    sim_advance(&sim, 1);
    assert_answered();
    assert_true(handler.hurried);
    assert_int_equal(handler.forgotten, 1);
}

static void resumed_before_its_time(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK_FOR), EXCHANGE_PENDING);
    call_resume(handler.parked);
    sim_run_posted(&sim);
    assert_answered();
    sim_advance(&sim, 5000);
    assert_int_equal(handler.continued, 1);
}

/* The timer fires while a resume is on its way. */
static void resumed_as_its_time_is_over(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK_FOR), EXCHANGE_PENDING);
    call_resume(handler.parked);
    timer_wheel_advance(&sim.timers, sim.timers.now + 2000);
    assert_int_equal(handler.continued, 0);
    assert_int_equal(handler.forgotten, 1);
    sim_run_posted(&sim);
    assert_answered();
    assert_int_equal(handler.continued, 1);
    assert_int_equal(handler.forgotten, 1);
    assert_true(handler.hurried);
}

static void parks_again(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK_TWICE), EXCHANGE_PENDING);
    call_resume(handler.parked);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    assert_int_equal(handler.forgotten, 1);
    sim_advance(&sim, 499);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    sim_advance(&sim, 1);
    assert_answered();
    assert_int_equal(handler.continued, 2);
    assert_int_equal(handler.forgotten, 2);
}

static void hurried(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK_FOR), EXCHANGE_PENDING);
    sim_client_hurry(&client);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_answered();
    assert_true(handler.hurried);
}

static void cancelled(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK_FOR), EXCHANGE_PENDING);
    sim_client_leave(&client);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(handler.forgotten, 1);
    sim_advance(&sim, 5000);
    assert_int_equal(handler.continued, 0);
}

static void cancelled_while_a_resume_is_on_its_way(void **state)
{
    (void)state;
    assert_int_equal(ask(PARK_FOR), EXCHANGE_PENDING);
    call_resume(handler.parked);
    sim_client_leave(&client);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    assert_int_equal(handler.forgotten, 1);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(handler.continued, 0);
    assert_int_equal(handler.forgotten, 1);
}

static void offloaded(void **state)
{
    (void)state;
    assert_int_equal(ask(OFFLOAD), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(handler.worked, 0);
    assert_true(sim_run_worker(&sim));
    assert_int_equal(handler.worked, 1);
    assert_int_equal(handler.continued, 0);
    sim_run_posted(&sim);
    assert_answered();
    assert_false(handler.cancelled_in_work);
}

/* Hurrying or resuming what a worker has does nothing before the worker is done. */
static void hurried_while_offloaded(void **state)
{
    (void)state;
    assert_int_equal(ask(OFFLOAD), EXCHANGE_PENDING);
    sim_client_hurry(&client);
    call_resume(handler.parked);
    sim_run_posted(&sim);
    assert_int_equal(handler.continued, 0);
    sim_settle(&sim);
    assert_answered();
    assert_int_equal(handler.continued, 1);
}

static void cancelled_while_offloaded(void **state)
{
    (void)state;
    assert_int_equal(ask(OFFLOAD), EXCHANGE_PENDING);
    sim_client_leave(&client);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    assert_true(sim_run_worker(&sim));
    assert_true(handler.cancelled_in_work);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(handler.continued, 0);
}

static void fails_later(void **state)
{
    (void)state;
    assert_int_equal(ask(OFFLOAD_AND_FAIL), EXCHANGE_PENDING);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_non_null(strstr(client.exchange.fault, "Heartbeat v4, correlation id 9: "));
    assert_int_equal(responses_size(&client.responses), 0);
}

/* Others use its memory: nothing ends it before they are done. */
static void held(void **state)
{
    (void)state;
    assert_int_equal(ask(HOLD), EXCHANGE_PENDING);
    sim_client_hurry(&client);
    call_resume(handler.parked);
    sim_advance(&sim, 100000);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    call_continue(handler.parked);
    assert_int_equal(handler.continued, 0);
    sim_run_posted(&sim);
    assert_answered();
    assert_int_equal(handler.continued, 1);
}

static void cancelled_while_held(void **state)
{
    (void)state;
    assert_int_equal(ask(HOLD), EXCHANGE_PENDING);
    sim_client_leave(&client);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    call_continue(handler.parked);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(handler.continued, 0);
}

static void held_in_vain(void **state)
{
    (void)state;
    assert_int_equal(ask(HOLD_IN_VAIN), EXCHANGE_ANSWERED);
    assert_answered();
    sim_settle(&sim);
    assert_int_equal(handler.continued, 1);
    assert_int_equal(ask(PARK), EXCHANGE_PENDING); /* the next one is as usual */
    call_resume(handler.parked);
    sim_run_posted(&sim);
    assert_answered();
}

static void no_response_is_due(void **state)
{
    (void)state;
    assert_int_equal(ask(SAY_NOTHING), EXCHANGE_ANSWERED);
    assert_int_equal(responses_size(&client.responses), 0);
    assert_int_equal(ask(ANSWER), EXCHANGE_ANSWERED);
    assert_answered();
}

static void refused(void **state)
{
    (void)state;
    assert_int_equal(ask(REFUSE), EXCHANGE_CLOSE);
    assert_string_equal(client.exchange.fault, "Heartbeat v4, correlation id 9: not today");
    assert_int_equal(responses_size(&client.responses), 0);
}

/* ---- decided by the controller ---- */

static enum append_outcome append(void *context, const kw_bytes *values, size_t count, int64_t offset, int64_t now)
{
    (void)context;
    (void)values;
    (void)count;
    (void)offset;
    (void)now;
    handler.appends++;
    return APPENDED;
}

static bool sync_log(void *context)
{
    const bool *fails = context;
    return !*fails;
}

static void publish(void *context, const struct metadata_image *before, const struct metadata_image *after)
{
    (void)context;
    (void)before;
    metadata_image_publish(&broker.metadata, metadata_image_share(after));
}

static int64_t no_time(void)
{
    return 0;
}

static void start_controller(struct controller *controller, bool *fails)
{
    const struct controller_options options = {.image = broker.metadata.current,
                                               .node_id = 1,
                                               .random = &random_system,
                                               .now = no_time,
                                               .sink = {fails, append, sync_log, publish, NULL}};
    assert_true(controller_init(controller, &options));
    controller_attach(controller, &sim.executor);
    broker.controller = controller;
}

static void decided(void **state)
{
    (void)state;
    struct controller controller;
    bool fails = false;
    start_controller(&controller, &fails);
    assert_int_equal(ask(DECIDE), EXCHANGE_PENDING);
    assert_int_equal(handler.decided, 0);
    sim_client_hurry(&client); /* it is away, and comes back when it comes back */
    sim_run_posted(&sim);
    assert_answered();
    assert_int_equal(handler.decided, 1);
    assert_int_equal(handler.continued, 1);
    assert_int_equal(handler.error, KW_ERROR_NONE);
    assert_int_equal(handler.appends, 1);
    assert_int_equal(broker.metadata.current->parts.next_producer_id, 1000);
    controller_finish(&controller);
}

static void decided_in_vain(void **state)
{
    (void)state;
    struct controller controller;
    bool fails = true;
    start_controller(&controller, &fails);
    assert_int_equal(ask(DECIDE), EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_answered();
    assert_int_equal(handler.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_true(
        kw_string_equal(handler.reason, kw_string_of("the metadata could not be changed; the broker reports why")));
    assert_int_equal(broker.metadata.current->parts.next_producer_id, 0);
    controller_finish(&controller);
}

/* What was asked for is done, though nobody hears of it. */
static void cancelled_while_deciding(void **state)
{
    (void)state;
    struct controller controller;
    bool fails = false;
    start_controller(&controller, &fails);
    assert_int_equal(ask(DECIDE), EXCHANGE_PENDING);
    sim_client_leave(&client);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(handler.decided, 1);
    assert_int_equal(handler.continued, 0);
    assert_int_equal(broker.metadata.current->parts.next_producer_id, 1000);
    controller_finish(&controller);
}

static void nothing_can_be_decided(void **state)
{
    (void)state;
    assert_int_equal(ask(DECIDE), EXCHANGE_ANSWERED);
    assert_answered();
    assert_int_equal(handler.decided, 0);
    assert_int_equal(handler.error, KW_ERROR_POLICY_VIOLATION);
    assert_true(kw_string_equal(handler.reason, kw_string_of("this broker serves its topics for reading only")));
}

#define CALL_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CALL_TEST(answered_at_once),
        CALL_TEST(failed_at_once),
        CALL_TEST(resumed),
        CALL_TEST(time_is_over),
        CALL_TEST(resumed_before_its_time),
        CALL_TEST(resumed_as_its_time_is_over),
        CALL_TEST(parks_again),
        CALL_TEST(hurried),
        CALL_TEST(cancelled),
        CALL_TEST(cancelled_while_a_resume_is_on_its_way),
        CALL_TEST(offloaded),
        CALL_TEST(hurried_while_offloaded),
        CALL_TEST(cancelled_while_offloaded),
        CALL_TEST(fails_later),
        CALL_TEST(held),
        CALL_TEST(cancelled_while_held),
        CALL_TEST(held_in_vain),
        CALL_TEST(no_response_is_due),
        CALL_TEST(refused),
        CALL_TEST(decided),
        CALL_TEST(decided_in_vain),
        CALL_TEST(cancelled_while_deciding),
        CALL_TEST(nothing_can_be_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
