/* SPDX-License-Identifier: Apache-2.0 */
/* From prepared transactions to complete ones: markers, what is tried again, what happens to a shard meanwhile. */
#include "txn_shard.h"

/* A transaction of these partitions that has just been ended. */
static struct txn_producer commit_one(const char *id, unsigned partitions)
{
    struct txn_producer producer = init_producer(id, 60000);
    add_partitions(id, producer, partitions);
    return end_transaction(id, producer, true);
}

static void markers_and_records(void **state)
{
    (void)state;
    struct txn_producer producer = init_producer("a", 60000);
    add_partitions("a", producer, 5);
    struct txn_producer next = end_transaction("a", producer, true);
    assert_int_equal(next.id, producer.id);
    assert_int_equal(next.epoch, producer.epoch + 1);
    assert_int_equal(writer.writes, 1);
    assert_int_equal(writer.partitions, 5);
    assert_int_equal(writer.last.producer_id, producer.id);
    assert_int_equal(writer.last.producer_epoch, producer.epoch + 1);
    assert_int_equal(writer.last.coordinator_epoch, TOY_EPOCH);
    assert_int_equal(writer.last.version, 2);
    assert_true(writer.last.is_commit);
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_int_equal(known("a")->partitions.count, 0);
    assert_int_equal(store.end, 4); /* Empty, Ongoing, PrepareCommit, CompleteCommit */
    assert_int_equal(held, 0);
    add_partitions("a", next, 1);
    (void)end_transaction("a", next, false);
    assert_false(writer.last.is_commit);
    assert_state("a", TXN_COMPLETE_ABORT);
    assert_int_equal(store.end, 7);
}

static void an_abort_of_nothing(void **state)
{
    (void)state;
    struct txn_producer producer = init_producer("a", 60000);
    (void)end_transaction("a", producer, false);
    assert_int_equal(writer.writes, 0);
    assert_state("a", TXN_COMPLETE_ABORT);
    assert_int_equal(store.end, 3);
}

static void answers_come_later(void **state)
{
    (void)state;
    writer.is_later = true;
    struct txn_producer next = commit_one("a", 3);
    assert_state("a", TXN_PREPARE_COMMIT);
    struct asked add = to_add("a", next, 1);
    submit_asked(&add);
    assert_int_equal(result_of(&add), KW_ERROR_CONCURRENT_TRANSACTIONS);
    assert_int_equal(held, 1);
    answer_all();
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_int_equal(held, 0);
    submit_asked(&add);
    assert_int_equal(result_of(&add), KW_ERROR_NONE);
}

static void what_fails_is_tried_again(void **state)
{
    (void)state;
    static const int64_t pauses[] = {100, 200, 400, 800, 1000, 1000};
    static const int16_t errors[] = {KW_ERROR_KAFKA_STORAGE_ERROR,        KW_ERROR_NOT_LEADER_OR_FOLLOWER,
                                     KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, KW_ERROR_NOT_ENOUGH_REPLICAS,
                                     KW_ERROR_REQUEST_TIMED_OUT,          KW_ERROR_UNKNOWN_SERVER_ERROR};
    writer.errors[2] = KW_ERROR_KAFKA_STORAGE_ERROR;
    (void)commit_one("a", 7);
    assert_int_equal(writer.partitions, 7);
    for (size_t i = 0; i < COUNT_OF(pauses); i++) {
        writer.errors[2] = errors[i];
        pass(pauses[i] - 1);
        assert_int_equal(writer.writes, 1 + i);
        pass(1);
        assert_int_equal(writer.writes, 2 + i);
        assert_int_equal(writer.partitions, 4);
        assert_state("a", TXN_PREPARE_COMMIT);
    }
    writer.errors[2] = KW_ERROR_NONE;
    pass(1000);
    assert_state("a", TXN_COMPLETE_COMMIT);
    unsigned writes = writer.writes;
    pass(10000);
    assert_int_equal(writer.writes, writes);
}

static void partitions_of_deleted_topics(void **state)
{
    (void)state;
    writer.errors[1] = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    (void)commit_one("a", 3);
    assert_state("a", TXN_PREPARE_COMMIT);
    publish(make_image(2, 1));
    pass(100);
    assert_state("a", TXN_COMPLETE_COMMIT);
    publish(make_image(2, 0));
    (void)commit_one("b", 2);
    assert_state("b", TXN_COMPLETE_COMMIT);
}

static void partitions_that_have_nothing_to_end(void **state)
{
    (void)state;
    writer.errors[0] = KW_ERROR_UNSUPPORTED_FOR_MESSAGE_FORMAT;
    writer.errors[1] = KW_ERROR_UNSUPPORTED_VERSION;
    (void)commit_one("a", 3);
    assert_state("a", TXN_COMPLETE_COMMIT);
}

static void another_coordinator_has_it(void **state)
{
    (void)state;
    static const int16_t errors[] = {KW_ERROR_INVALID_PRODUCER_EPOCH, KW_ERROR_TRANSACTION_COORDINATOR_FENCED};
    static const char *const names[] = {"a", "b"};
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        writer.errors[0] = errors[i];
        writer.errors[1] = KW_ERROR_KAFKA_STORAGE_ERROR;
        (void)commit_one(names[i], 3);
        unsigned writes = writer.writes;
        pass(20000);
        assert_int_equal(writer.writes, writes);
        assert_state(names[i], TXN_PREPARE_COMMIT);
        assert_int_equal(held, 0);
    }
}

/* Not before it is certain that the prepared state stays. */
static void no_marker_before_it_is_committed(void **state)
{
    (void)state;
    struct txn_producer producer = init_producer("a", 60000);
    add_partitions("a", producer, 1);
    store.others_lag = true;
    struct asked end = to_end("a", producer, true);
    submit_asked(&end);
    assert_false(end.is_complete);
    assert_int_equal(writer.writes, 0);
    toy_log_move(&store, store.end);
    sim_run_posted(&sim);
    assert_true(end.is_complete);
    assert_int_equal(writer.writes, 1);
    toy_log_move(&store, store.end);
    sim_run_posted(&sim);
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_int_equal(held, 0);
}

static void a_prepared_state_that_is_committed_late(void **state)
{
    (void)state;
    struct txn_producer producer = init_producer("a", 60000);
    add_partitions("a", producer, 1);
    store.others_lag = true;
    struct asked end = to_end("a", producer, true);
    submit_asked(&end);
    pass(3 * TOY_TIMEOUT);
    assert_int_equal(result_of(&end), KW_ERROR_REQUEST_TIMED_OUT);
    assert_int_equal(writer.writes, 0);
    store.others_lag = false;
    toy_log_move(&store, store.end);
    sim_run_posted(&sim);
    pass(1000);
    assert_int_equal(writer.writes, 1);
    assert_state("a", TXN_COMPLETE_COMMIT);
}

static void a_prepared_state_that_is_not_written(void **state)
{
    (void)state;
    struct txn_producer producer = init_producer("a", 60000);
    add_partitions("a", producer, 1);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    struct asked end = to_end("a", producer, true);
    submit_asked(&end);
    assert_int_equal(result_of(&end), KW_ERROR_KAFKA_STORAGE_ERROR);
    pass(5000);
    assert_int_equal(writer.writes, 0);
    assert_state("a", TXN_ONGOING);
    store.error = KW_ERROR_NONE;
    (void)end_transaction("a", producer, true);
    assert_state("a", TXN_COMPLETE_COMMIT);
}

/* Then only the record is tried again, every 500 ms. */
static void a_complete_state_that_is_not_written(void **state)
{
    (void)state;
    writer.is_later = true;
    (void)commit_one("a", 1);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    answer_all();
    for (int i = 0; i < 5; i++) {
        assert_state("a", TXN_PREPARE_COMMIT);
        pass(499);
        assert_int_equal(store.failures, 1 + i);
        pass(1);
        assert_int_equal(store.failures, 2 + i);
    }
    store.error = KW_ERROR_NONE;
    pass(500);
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_int_equal(writer.writes, 1);
    pass(5000);
    assert_int_equal(writer.writes, 1);
    assert_int_equal(held, 0);
}

/* It holds for the next transaction, which uses the same epoch with the old protocol. */
static void a_complete_state_that_is_not_written_in_time(void **state)
{
    (void)state;
    struct txn_producer producer = init_producer("a", 60000);
    struct asked add = to_add("a", producer, 1), end = to_end("a", producer, true);
    add.version = end.version = 0;
    submit_asked(&add);
    writer.is_later = true;
    submit_asked(&end);
    assert_int_equal(result_of(&end), KW_ERROR_NONE);
    store.is_later = true;
    answer_all();
    pass(2 * TOY_TIMEOUT); /* the record is still on its way */
    assert_state("a", TXN_COMPLETE_COMMIT);
    submit_asked(&add);
    submit_asked(&end);
    assert_state("a", TXN_PREPARE_COMMIT);
    while (store.append != NULL) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
    assert_int_equal(writer.writes, 2);
    pass(5000);
    assert_state("a", TXN_PREPARE_COMMIT); /* until the second markers are answered */
    answer_all();
    while (store.append != NULL) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_int_equal(held, 0);
}

/* The record of the complete state is on its way for longer than anybody waits, and fails then. */
static void a_complete_state_that_fails_late(void **state)
{
    (void)state;
    writer.is_later = true;
    (void)commit_one("a", 1);
    store.is_later = true;
    answer_all();
    pass(2 * TOY_TIMEOUT);
    assert_int_equal(held, 0);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_state("a", TXN_PREPARE_COMMIT);
    store.error = KW_ERROR_NONE;
    store.is_later = writer.is_later = false;
    pass(5000);
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_int_equal(writer.writes, 2);
}

static void each_prepared_state_is_completed_after_loading(void **state)
{
    (void)state;
    writer.is_later = true;
    struct txn_producer open = init_producer("open", 60000);
    add_partitions("open", open, 2);
    (void)commit_one("a", 5);
    struct txn_producer b = init_producer("b", 60000);
    add_partitions("b", b, 8);
    (void)end_transaction("b", b, false);
    restart_shard();
    assert_state("a", TXN_PREPARE_COMMIT);
    assert_state("b", TXN_PREPARE_ABORT);
    assert_int_equal(writer.count, 2);
    answer_all();
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_state("b", TXN_COMPLETE_ABORT);
    assert_state("open", TXN_ONGOING);
    assert_int_equal(writer.writes, 4);
}

static void unloaded_while_markers_are_on_their_way(void **state)
{
    (void)state;
    writer.is_later = true;
    (void)commit_one("a", 1);
    shard_unload(&shard);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    assert_int_equal(held, 1); /* the shard stays for them */
    answer_all();
    assert_int_equal(held, 0);
    shard_finish(&shard);
    start_shard();
}

static void unloaded_while_it_waits(void **state)
{
    (void)state;
    writer.errors[0] = KW_ERROR_KAFKA_STORAGE_ERROR;
    (void)commit_one("a", 1);
    assert_int_equal(held, 1);
    restart_shard();
    assert_int_equal(held, 1);
    writer.errors[0] = KW_ERROR_NONE;
    pass(100);
    assert_state("a", TXN_COMPLETE_COMMIT);
}

static void unloaded_while_the_record_is_on_its_way(void **state)
{
    (void)state;
    writer.is_later = true;
    (void)commit_one("a", 1);
    store.is_later = true;
    answer_all();
    store.is_later = false;
    restart_shard();
    answer_all();
    assert_state("a", TXN_COMPLETE_COMMIT);
}

static void old_protocol(void **state)
{
    (void)state;
    struct txn_producer producer = init_producer("a", 60000);
    struct asked add = to_add("a", producer, 1), end = to_end("a", producer, true);
    add.version = end.version = 0;
    for (int i = 0; i < 3; i++) {
        submit_asked(&add);
        assert_int_equal(result_of(&add), KW_ERROR_NONE);
        submit_asked(&end);
        assert_int_equal(result_of(&end), KW_ERROR_NONE);
        assert_int_equal(writer.last.producer_epoch, producer.epoch);
        assert_int_equal(writer.last.version, 0);
        assert_state("a", TXN_COMPLETE_COMMIT);
    }
    assert_int_equal(writer.writes, 3);
}

/* Records of version 0 cannot say what their clients need later. */
static void new_protocol_without_the_feature(void **state)
{
    (void)state;
    publish(make_image(0, TOPIC_PARTITIONS));
    struct txn_producer producer = init_producer("a", 60000);
    struct asked add = to_add("a", producer, 1), end = to_end("a", producer, true);
    submit_asked(&add);
    assert_int_equal(result_of(&add), KW_ERROR_UNSUPPORTED_VERSION);
    add.version = 0;
    submit_asked(&add);
    assert_int_equal(result_of(&add), KW_ERROR_NONE);
    submit_asked(&end);
    assert_int_equal(result_of(&end), KW_ERROR_UNSUPPORTED_VERSION);
    assert_state("a", TXN_ONGOING);
    end.version = 0;
    submit_asked(&end);
    assert_int_equal(result_of(&end), KW_ERROR_NONE);
    assert_state("a", TXN_COMPLETE_COMMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(markers_and_records, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(an_abort_of_nothing, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(answers_come_later, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(what_fails_is_tried_again, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(partitions_of_deleted_topics, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(partitions_that_have_nothing_to_end, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(another_coordinator_has_it, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(no_marker_before_it_is_committed, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(a_prepared_state_that_is_committed_late, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(a_prepared_state_that_is_not_written, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(a_complete_state_that_is_not_written, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(a_complete_state_that_is_not_written_in_time, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(a_complete_state_that_fails_late, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(each_prepared_state_is_completed_after_loading, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(unloaded_while_markers_are_on_their_way, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(unloaded_while_it_waits, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(unloaded_while_the_record_is_on_its_way, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(old_protocol, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(new_protocol_without_the_feature, set_up_shard, tear_down_shard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
