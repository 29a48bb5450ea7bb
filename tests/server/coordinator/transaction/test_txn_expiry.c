/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions that take too long, and ids that nobody uses. */
#include "txn_shard.h"

static void aborted_and_fenced(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", 15000), b = init_producer("b", 60000);
    add_partitions("a", a, 3);
    add_partitions("b", b, 4);
    pass(10000);
    assert_state("a", TXN_ONGOING);
    pass(10000);
    assert_state("a", TXN_COMPLETE_ABORT);
    assert_state("b", TXN_ONGOING);
    assert_int_equal(writer.partitions, 3);
    assert_false(writer.last.is_commit);
    assert_int_equal(known("a")->epoch, a.epoch + 1);
    struct asked end = to_end("a", a, true);
    submit_asked(&end);
    assert_int_equal(result_of(&end), KW_ERROR_INVALID_TXN_STATE); /* the epoch of a repeated request */
    struct asked add = to_add("a", a, 1);
    submit_asked(&add);
    assert_int_equal(result_of(&add), KW_ERROR_PRODUCER_FENCED);
}

/* The timeout must have passed, and not just be reached. */
static void at_the_last_moment(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", ABORT_MS);
    add_partitions("a", a, 1);
    pass(ABORT_MS);
    assert_state("a", TXN_ONGOING);
    pass(ABORT_MS);
    assert_state("a", TXN_COMPLETE_ABORT);
}

static void with_each_level_of_the_feature(void **state)
{
    (void)state;
    for (int16_t level = 0; level <= 2; level++) {
        char id[] = {(char)('a' + level), '\0'};
        publish(make_image(level, TOPIC_PARTITIONS));
        struct txn_producer producer = init_producer(id, 1000);
        struct asked add = to_add(id, producer, 1);
        add.version = level == 2 ? 2 : 0;
        submit_asked(&add);
        assert_int_equal(result_of(&add), KW_ERROR_NONE);
        pass(ABORT_MS);
        assert_state(id, TXN_COMPLETE_ABORT);
        assert_int_equal(known(id)->epoch, producer.epoch + 1);
        assert_int_equal(writer.last.version, add.version);
    }
}

/* As a producer that has used all its epochs; it gets the last one with its transaction. */
static void put_exhausted(const char *id, int16_t epoch)
{
    kw_arena arena;
    struct record_out out;
    struct txn_fields aged = *known(id);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 65536);
    record_out_init(&out, &arena);
    aged.epoch = epoch;
    txn_records_add(&out, kw_string_of(id), &aged, 1);
    const struct coordinator_record record = {out.items[0].key, out.items[0].value, 0, KW_NO_PRODUCER_ID, -1};
    assert_int_equal(txn_machine_calls.replay(machine, &record, NULL), KW_OK);
    kw_arena_finish(&arena);
}

static void with_another_producer_id(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", 1000);
    put_exhausted("a", TXN_LAST_EPOCH);
    a.epoch = TXN_LAST_EPOCH;
    add_partitions("a", a, 1);
    ids.has_none = true;
    pass(ABORT_MS);
    assert_state("a", TXN_ONGOING);
    ids.has_none = false;
    ids.is_later = true;
    pass(ABORT_MS);
    assert_state("a", TXN_ONGOING);
    assert_non_null(ids.asked);
    int64_t id = ids.next;
    struct txn_id_demand *demand = ids.asked;
    ids.asked = NULL;
    give_id(demand);
    sim_run_posted(&sim);
    assert_state("a", TXN_COMPLETE_ABORT);
    assert_int_equal(known("a")->producer_id, id);
    assert_int_equal(known("a")->epoch, 0);
    assert_int_equal(writer.last.producer_epoch, INT16_MAX);
    assert_int_equal(held, 0);
}

/* The client was faster than the id. */
static void ended_meanwhile(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", 1000);
    put_exhausted("a", TXN_LAST_EPOCH);
    a.epoch = TXN_LAST_EPOCH;
    add_partitions("a", a, 1);
    ids.is_later = true;
    pass(ABORT_MS);
    struct asked end = to_end("a", a, true);
    end.new_id = ids.next++;
    submit_asked(&end);
    assert_int_equal(result_of(&end), KW_ERROR_NONE);
    struct txn_id_demand *demand = ids.asked;
    ids.asked = NULL;
    give_id(demand);
    sim_run_posted(&sim);
    assert_state("a", TXN_COMPLETE_COMMIT);
    assert_int_equal(writer.writes, 1);
}

/* The next transaction has its own time. */
static void ended_and_started_again_meanwhile(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", 1000);
    put_exhausted("a", TXN_LAST_EPOCH);
    a.epoch = TXN_LAST_EPOCH;
    add_partitions("a", a, 1);
    ids.is_later = true;
    pass(ABORT_MS);
    struct asked end = to_end("a", a, true);
    end.new_id = ids.next++;
    submit_asked(&end);
    assert_int_equal(result_of(&end), KW_ERROR_NONE);
    add_partitions("a", (struct txn_producer){known("a")->producer_id, known("a")->epoch}, 2);
    struct txn_id_demand *demand = ids.asked;
    ids.asked = NULL;
    give_id(demand);
    sim_run_posted(&sim);
    assert_state("a", TXN_ONGOING);
    assert_int_equal(writer.writes, 1);
}

static void unloaded_while_an_id_is_on_its_way(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", 1000);
    put_exhausted("a", TXN_LAST_EPOCH);
    a.epoch = TXN_LAST_EPOCH;
    add_partitions("a", a, 1);
    ids.is_later = true;
    pass(ABORT_MS);
    assert_int_equal(held, 1);
    restart_shard();
    assert_int_equal(held, 0);
}

static void an_abort_that_is_not_written(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", 1000);
    add_partitions("a", a, 1);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    pass(ABORT_MS);
    assert_int_equal(store.failures, 1);
    assert_state("a", TXN_ONGOING);
    store.error = KW_ERROR_NONE;
    pass(ABORT_MS);
    assert_state("a", TXN_COMPLETE_ABORT);
}

static void many_at_once(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    char id[16];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "t%d", i);
        struct txn_producer producer = init_producer(id, 1000);
        add_partitions(id, producer, 1U << i % TOPIC_PARTITIONS);
    }
    pass(ABORT_MS);
    for (int i = 0; i < 10; i++)
        pass(100);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "t%d", i);
        assert_state(id, TXN_COMPLETE_ABORT);
    }
    assert_int_equal(writer.writes, MANY);
}

/* ---- ids that nobody uses ---- */

static void forgotten_when_idle(void **state)
{
    (void)state;
    struct txn_producer used = init_producer("used", 900000);
    (void)init_producer("idle", 60000);
    struct txn_producer done = init_producer("done", 60000);
    add_partitions("done", done, 1);
    (void)end_transaction("done", done, true);
    for (int64_t ms = 0; ms < IDLE_MS - REMOVE_MS; ms += REMOVE_MS)
        pass(REMOVE_MS);
    assert_non_null(known("idle"));
    add_partitions("used", used, 1);
    used = end_transaction("used", used, true);
    pass(REMOVE_MS);
    pass(REMOVE_MS);
    assert_null(known("idle"));
    assert_null(known("done"));
    assert_non_null(known("used"));
    restart_shard();
    assert_null(known("idle"));
    assert_non_null(known("used"));
    assert_int_equal(machine->count, 1);
}

static void open_ones_are_not_forgotten(void **state)
{
    (void)state;
    struct txn_producer a = init_producer("a", INT32_MAX);
    writer.is_later = true;
    add_partitions("a", a, 1);
    struct txn_producer b = init_producer("b", 60000);
    add_partitions("b", b, 1);
    (void)end_transaction("b", b, true);
    for (int64_t ms = 0; ms < IDLE_MS + REMOVE_MS; ms += REMOVE_MS)
        pass(REMOVE_MS);
    assert_state("a", TXN_ONGOING);
    assert_state("b", TXN_PREPARE_COMMIT);
}

static void many_are_forgotten(void **state)
{
    (void)state;
    enum { MANY = 30000 };
    char id[16];
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "t%d", i);
        (void)init_producer(id, 1000);
        if (i % 1000 == 0)
            store.size = 0; /* what is in the log does not matter here */
    }
    wall_ms += IDLE_MS;
    pass(REMOVE_MS);
    for (int i = 0; i < 100; i++)
        pass(100);
    assert_int_equal(machine->count, 0);
    assert_null(txn_machine_next(machine, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(aborted_and_fenced, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(at_the_last_moment, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(with_each_level_of_the_feature, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(with_another_producer_id, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(ended_meanwhile, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(ended_and_started_again_meanwhile, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(unloaded_while_an_id_is_on_its_way, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(an_abort_that_is_not_written, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(many_at_once, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(forgotten_when_idle, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(open_ones_are_not_forgotten, set_up_shard, tear_down_shard),
        cmocka_unit_test_setup_teardown(many_are_forgotten, set_up_shard, tear_down_shard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
