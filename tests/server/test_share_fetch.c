/* SPDX-License-Identifier: Apache-2.0 */
/* ShareFetch and ShareAcknowledge in a broker whose directory is in memory: who gets which records, what is waited for,
 * locks that end, sessions, and what is left after a restart. */
#include "share_fetch_support.h"

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
    assert_non_null(strstr(ask_to_fetch(&f.request), "'errorCode':42,'errorMessage':null"));
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

static void leave_and_come_back(void)
{
    sim_client_leave(&peer);
    sim_settle(&sim);
    start_peer(ARENA_LIMIT);
}

static void connections_that_end(void **state)
{
    (void)state;
    append(0, 3);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-2*1");
    leave_and_come_back();
    assert_non_null(strstr(fetch("m", 1), "'errorCode':122"));
    assert_string_equal(ranges(fetch("n", 0)), "0-2*2"); /* they were released */
    assert_non_null(strstr(acknowledge("n", -1, 0, 2, 1), "'partitionIndex':0,'errorCode':0"));
    assert_int_equal(broker.share_partitions.table.count, 1);
    leave_and_come_back();
    sim_advance(&sim, LOCK_MS + 1); /* the timer of locks has a share of it */
    sim_settle(&sim);
    assert_int_equal(broker.share_partitions.table.count, 0); /* its group had no other session */
    append(0, 1);
    assert_string_equal(ranges(fetch("m", 0)), "3-3*1");
}

/* Without records, where they could have been acquired. */
static void partitions_that_are_listed(void **state)
{
    (void)state;
    static struct fetch_parts f;
    initialize(0);
    assert_non_null(strstr(fetch("m", 0), "'partitionIndex':0,'errorCode':0"));
    assert_null(strstr(fetch("m", 1), "'partitionIndex'"));
    assert_non_null(strstr(ask_to_fetch(fetch_of(&f, "m", 2, 1)), "'partitionIndex':1,'errorCode':0"));
    assert_null(strstr(json, "'partitionIndex':0"));
    assert_null(strstr(fetch("m", 3), "'partitionIndex'"));
    assert_non_null(strstr(ask_to_fetch(fetch_of(&f, "m", 4, 7)), "'partitionIndex':7,'errorCode':3"));
    fetch_of(&f, "m", 5, 0)->max_records = 0;
    assert_null(strstr(ask_to_fetch(&f.request), "'partitionIndex'"));
    append(0, 1);
    (void)fetch("m", 6);
    (void)fetch_of(&f, "m", 7, 0);
    assert_non_null(strstr(ask_to_fetch(with_ack(&f, 0, 0, 1)), "'partitionIndex':0,'errorCode':0"));
    assert_non_null(strstr(json, "'acknowledgeErrorCode':0,'acknowledgeErrorMessage':null"));
}

static void texts_of_errors(void **state)
{
    (void)state;
    append(0, 4);
    initialize(0);
    assert_string_equal(ranges(fetch("m", 0)), "0-3*1");
    (void)fetch("n", 0);
    assert_non_null(strstr(acknowledge("n", 1, 0, 3, 1), "'Member is not the owner of batch record'"));
    (void)acknowledge("m", 1, 1, 1, 1);
    assert_non_null(strstr(acknowledge("n", 2, 0, 0, 1), "'Member is not the owner of offset'"));
    assert_non_null(
        strstr(acknowledge("m", 2, 1, 1, 1), "'The offset cannot be acknowledged. The offset is not acquired.'"));
    assert_non_null(strstr(acknowledge("m", 3, 3, 4, 1),
                           "'Batch record not found. The last offset in request is past acquired records.'"));
    assert_non_null(strstr(acknowledge("m", 4, 5, 6, 1),
                           "'Batch record not found. The first offset in request is past acquired records.'"));
    assert_non_null(strstr(acknowledge("m", 5, 0, 3, 9), "'errorCode':42,'errorMessage':null"));
    (void)acknowledge("m", 6, 0, 0, 1);
    (void)acknowledge("m", 7, 2, 3, 1);
    append(0, 1);
    assert_non_null(strstr(acknowledge("m", 8, 4, 4, 1),
                           "'Batch record not found. The request batch offsets are not found in the cache.'"));
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
        cmocka_unit_test_setup_teardown(connections_that_end, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(partitions_that_are_listed, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(texts_of_errors, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(where_a_group_starts, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(states_that_cannot_be_read, set_up_fetch, tear_down_fetch),
        cmocka_unit_test_setup_teardown(while_memory_is_short, set_up_fetch, tear_down_fetch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
