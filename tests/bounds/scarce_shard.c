/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_shard FOLDER
 *
 * Events and timers of a coordinator, and calls that rest, while one allocation after the other fails: what has failed
 * has changed nothing, what has succeeded is in the log, ticks are made up for, and nothing leaks. FOLDER is not used.
 */
#include "../server/coordinator/shard_support.h"

#include <kwire/api_keys.h>
#include <kwire/messages/heartbeat_response.h>

#include "api/call.h"
#include "api/dispatch.h"
#include "coordinator/waiter.h"
#include "scarce.h"

enum { EVENTS = 9, MOST_CALLS = 10000 };

/* Whether it was tried to be submitted while memory is short. */
static bool is_failure(int16_t error)
{
    assert_true(error == KW_ERROR_NONE || error == COORDINATOR_NO_MEMORY);
    return error != KW_ERROR_NONE;
}

/* ---- a shard ---- */

static const struct {
    enum toy_how how;
    size_t padding;
    bool is_later, may_be_split;
} steps[EVENTS] = {
    {TOY_ADD, 0, false, false},       {TOY_PUT_ALL, 2000, false, false}, {TOY_ADD, 10, true, false},
    {TOY_REMOVE, 0, true, false},     {TOY_PUT_ALL, 4000, true, true},   {TOY_READ, 0, true, false},
    {TOY_PUT_ALL, 500, false, false}, {TOY_ADD, 3000, false, false},     {TOY_ADD, 0, false, false},
};

/* Returns how many events have failed. */
static size_t live(void)
{
    static struct toy_event events[EVENTS];
    size_t failures = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        store.is_later = steps[i].is_later;
        if (store.append != NULL && !store.is_later)
            toy_log_finish_append(&store);
        sim_settle(&sim);
        toy_event_init(&events[i], steps[i].how, 3, &sim.executor);
        events[i].padding = steps[i].padding;
        events[i].may_be_split = steps[i].may_be_split;
        (void)toy_submit(&shard, &events[i]);
    }
    sim_settle(&sim);
    for (size_t i = 0; i < EVENTS; i++) {
        assert_completed(&events[i], events[i].error);
        failures += is_failure(events[i].error);
    }
    return failures;
}

/* Whether the failure was reached. */
static bool try_shard(size_t n)
{
    struct toy_timer timer = {.timer.tick = tick, .how = TOY_ADD};
    assert_int_equal(set_up(NULL), 0);
    store.max_batch = 20000;
    set_timer(&timer, 100);
    scarce_fail_at(SCARCE_MEMORY, n);
    size_t failures = live();
    sim_advance(&sim, 100);
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_in_range(failures, 0, reached);
    assert_state_is_log();
    sim_advance(&sim, TICK_RETRY_MS + 1);
    assert_in_range(timer.ticks, 1, 1 + (int)reached);
    int64_t ticked = toy_count(&toy, 4);
    assert_int_equal(live(), 0);
    assert_true(ticked >= 0);
    assert_state_is_log();
    assert_int_equal(tear_down(NULL), 0);
    return reached;
}

static void shards(void **state)
{
    (void)state;
    size_t n = 1;
    while (try_shard(n)) {
        assert_int_equal(scarce_blocks(), 0);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 20);
}

/* ---- calls that rest ---- */

static struct broker broker;
static struct waiter *waiter;
static struct waiter_result result;
static int abandoned;

static void destroy_nothing(struct waiter_result *r)
{
    (void)r;
}

static void resume(void *context)
{
    call_resume(context);
}

static bool attach(struct call *call)
{
    return waiter_attach(waiter, resume, call);
}

static void detach(struct call *call)
{
    (void)call;
    waiter_detach(waiter);
}

static enum call_outcome answer(struct call *call)
{
    (void)call;
    return CALL_ANSWERED;
}

static void abandon(struct call *call)
{
    (void)call;
    abandoned++;
}

static enum call_outcome handle(struct call *call)
{
    waiter = waiter_create();
    if (waiter == NULL)
        return CALL_FAILED;
    call->abandon = abandon;
    return call_park_bare(call, attach, answer, detach);
}

static enum exchange_outcome start(void *context, struct exchange *exchange, kw_bytes frame)
{
    static const struct api api = {KW_KEY_HEARTBEAT, {4, 4}, NULL, &kw_heartbeat_response_message, handle};
    (void)frame;
    struct call *call = kw_arena_alloc(exchange->arena, sizeof *call);
    if (call == NULL)
        return EXCHANGE_CLOSE;
    memset(call, 0, sizeof *call);
    call->broker = context;
    call->arena = exchange->arena;
    call->responses = exchange->responses;
    call->api = &api;
    call->version = 4;
    call->exchange = exchange;
    exchange->call = call;
    return call_start(call);
}

static bool try_call(size_t n)
{
    const struct service service = {&broker, start, NULL, NULL, NULL};
    static struct sim_client client;
    abandoned = 0;
    waiter = NULL;
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, 64 * 1024);
    scarce_fail_at(SCARCE_MEMORY, n);
    enum exchange_outcome outcome = sim_client_send(&client, (kw_bytes){NULL, 0});
    assert_true(outcome == EXCHANGE_RESTING || scarce_has_failed());
    if (waiter != NULL) {
        waiter_result_init(&result, destroy_nothing);
        waiter_answer(waiter, &result);
        sim_settle(&sim);
        waiter_release(waiter);
        waiter_release(waiter);
    }
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_int_equal(client.outcome, reached ? EXCHANGE_CLOSE : EXCHANGE_ANSWERED);
    assert_in_range(abandoned, 0, reached);
    sim_client_finish(&client);
    return reached;
}

static void calls(void **state)
{
    (void)state;
    size_t n = 1;
    assert_true(metadata_cell_init(&broker.metadata));
    size_t blocks = scarce_blocks();
    while (try_call(n)) {
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 4);
    metadata_cell_finish(&broker.metadata);
    assert_int_equal(scarce_blocks(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shards), cmocka_unit_test(calls)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
