/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_fetch_waiting FOLDER   in which it makes a data directory of its own
 *
 * How much a Fetch waits for. */
#include "fetch_support.h"

#include "../support/locks.h"

/* Whether a Fetch of what is open already waits; if it does, it is hurried. */
static bool waits(void)
{
    bool waiting = sim_client_send(&client, frame_of(LATEST_VERSION)) == EXCHANGE_PENDING;
    if (waiting) {
        assert_null(sim.offloaded);
        sim_client_hurry(&client);
        sim_run_posted(&sim);
    }
    take(LATEST_VERSION);
    return waiting;
}

static void warm_up(void)
{
    (void)ask_for(0, 1);
    (void)and_for(1, 0);
    (void)and_for(4, 0);
    ask(LATEST_VERSION);
    (void)ask_for(0, 10);
    ask(LATEST_VERSION);
}

static void enough_bytes_are_waited_for(void **state)
{
    (void)state;
    warm_up();
    (void)ask_for(0, 10);
    request.max_wait_ms = 100;
    request.min_bytes = 2 * ONE;
    assert_false(waits());
    request.min_bytes = 2 * ONE + 1;
    assert_true(waits());
    assert_int_equal(at(0, 0)->records.len, 2 * ONE);
    request.max_wait_ms = 0;
    assert_false(waits());
    request.max_wait_ms = 1;
    assert_true(waits());
    request.max_bytes = 2 * ONE; /* no more than that can come */
    assert_false(waits());
    request.max_bytes = LIMIT;
    broker.config.fetch_max_bytes = 2 * ONE;
    assert_false(waits());
    broker.config.fetch_max_bytes = LIMIT;
    asked[0][0].partition_max_bytes = ONE; /* of each partition counts what it may have */
    request.min_bytes = ONE + 1;
    assert_true(waits());
    request.min_bytes = ONE;
    assert_false(waits());
    (void)and_for(4, 0);
    request.min_bytes = ONE + 1;
    assert_true(waits());
    assert_int_equal(response.responses.items[0].partitions.len, 2);
    and_for(1, 12)->partition_max_bytes = LIMIT;
    request.min_bytes = 2 * ONE;
    assert_false(waits());
    request.min_bytes = 2 * ONE + 1;
    assert_true(waits());
    assert_int_equal(response.responses.items[0].partitions.len, 3);
}

static void what_is_urgent_does_not_wait(void **state)
{
    (void)state;
    warm_up();
    (void)ask_for(0, 12);
    request.max_wait_ms = 100;
    request.min_bytes = 1000;
    assert_true(waits());
    asked[0][0].fetch_offset = 3; /* there is more in the next segment */
    assert_false(waits());
    asked[0][0].fetch_offset = 99;
    assert_false(waits());
    asked[0][0].fetch_offset = 12;
    (void)and_for(9, 0); /* what is not known can wait if there is something else */
    assert_true(waits());
    assert_int_equal(at(0, 1)->error_code, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    asked[0][0].partition = 10;
    assert_false(waits());
    request.topics.len = 0;
    assert_false(waits());
    assert_int_equal(response.responses.len, 0);
}

/* What was read before something had to be opened is read again by the worker, and answered once. */
static void a_worker_starts_anew(void **state)
{
    (void)state;
    (void)ask_for(0, 10);
    ask(LATEST_VERSION);
    (void)and_for(1, 12);
    request.max_wait_ms = 100;
    request.min_bytes = 2 * ONE + ONE + 1;
    assert_int_equal(sim_client_send(&client, frame_of(LATEST_VERSION)), EXCHANGE_PENDING);
    assert_true(sim_run_worker(&sim));
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING); /* the bytes of partition 0 count once */
    sim_client_hurry(&client);
    sim_run_posted(&sim);
    take(LATEST_VERSION);
    assert_int_equal(response.responses.len, 1);
    assert_int_equal(response.responses.items[0].partitions.len, 2);
    assert_int_equal(at(0, 0)->records.len, 2 * ONE);
    assert_int_equal(at(0, 1)->records.len, ONE);
}

/* The same if it need not wait: both partitions have their records, though the first was read twice. */
static void a_worker_lets_go_what_was_read(void **state)
{
    (void)state;
    (void)ask_for(0, 10);
    ask(LATEST_VERSION);
    (void)and_for(1, 12);
    assert_int_equal(sim_client_send(&client, frame_of(LATEST_VERSION)), EXCHANGE_PENDING);
    sim_settle(&sim);
    take(LATEST_VERSION);
    assert_int_equal(at(0, 0)->records.len, 2 * ONE);
    assert_int_equal(at(0, 1)->records.len, ONE);
}

#ifdef __linux__
static void advance(void)
{
    advance_log(log_of(0), 13, 13, 13);
}

/* A log that moves after it was read, and before it is watched, wakes the Fetch as well. */
static void a_log_that_moves_meanwhile(void **state)
{
    (void)state;
    warm_up();
    (void)ask_for(4, 0);
    (void)and_for(0, 12);
    (void)and_for(1, 13);
    request.max_wait_ms = 100;
    request.min_bytes = 1;
    struct partition_log *log = log_of(0);
    locks_call_before(&log->lock, 2, advance);
    assert_int_equal(sim_client_send(&client, frame_of(LATEST_VERSION)), EXCHANGE_PENDING);
    assert_int_equal(log->snapshot.high_watermark, 13);
    assert_non_null(sim.posted);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING); /* as there are no records nevertheless */
    assert_null(sim.posted);
    sim_client_hurry(&client);
    sim_run_posted(&sim);
    take(LATEST_VERSION);
    assert_int_equal(at(0, 1)->high_watermark, 13);
}
#endif

#define FETCH_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_fetch_waiting FOLDER\n");
        return 2;
    }
    make_data(argv[1]);
    const struct CMUnitTest tests[] = {
        FETCH_TEST(enough_bytes_are_waited_for), FETCH_TEST(what_is_urgent_does_not_wait),
        FETCH_TEST(a_worker_starts_anew),        FETCH_TEST(a_worker_lets_go_what_was_read),
#ifdef __linux__
        FETCH_TEST(a_log_that_moves_meanwhile),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
