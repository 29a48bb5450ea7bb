/* SPDX-License-Identifier: Apache-2.0 */
/* When a batch of a shard goes to the log, and in which form. */
#include "shard_support.h"

#include "../support/captured.h"

enum { LINGER = 20 };

/* As if the shard had been made with them. */
static void set_linger(int64_t ms)
{
    shard.options.linger_ms = shard.log.options.linger_ms = ms;
}

static bool submit(struct toy_event *e, enum toy_how how, size_t padding)
{
    toy_event_init(e, how, 1, &sim.executor);
    e->padding = padding;
    bool is_done = toy_submit(&shard, e);
    sim_run_posted(&sim); /* timers */
    return is_done;
}

static kw_codec last_codec(void)
{
    kw_batches batches;
    kw_batch batch;
    kw_codec codec = KW_CODEC_NONE;
    kw_batches_init_memory(&batches, store.bytes, store.size);
    batches.flags = KW_BATCHES_CHECK_CRC;
    while (kw_batches_next(&batches, &batch))
        codec = kw_batch_codec(&batch);
    assert_int_equal(batches.status, KW_OK);
    return codec;
}

/* ---- linger ---- */

static void batches_linger(void **state)
{
    (void)state;
    struct toy_event first, second, read;
    set_linger(LINGER);
    assert_false(submit(&first, TOY_ADD, 0));
    sim_advance(&sim, LINGER / 2);
    assert_false(submit(&second, TOY_ADD, 0));
    assert_false(submit(&read, TOY_READ, 0));
    sim_advance(&sim, LINGER / 2 - 1);
    assert_int_equal(store.appends, 0);
    sim_advance(&sim, 2);
    assert_int_equal(store.appends, 1);
    assert_completed(&first, KW_ERROR_NONE);
    assert_completed(&second, KW_ERROR_NONE);
    assert_completed(&read, KW_ERROR_NONE);
    sim_advance(&sim, LINGER * 3);
    assert_false(submit(&first, TOY_ADD, 0)); /* a new batch, a new time */
    sim_advance(&sim, LINGER - 1);
    assert_int_equal(store.appends, 1);
    sim_advance(&sim, 2);
    assert_int_equal(store.appends, 2);
    assert_completed(&first, KW_ERROR_NONE);
    assert_true(submit(&read, TOY_READ, 0));
    assert_state_is_log();
}

static void full_batches_do_not(void **state)
{
    (void)state;
    struct toy_event events[5];
    set_linger(LINGER);
    store.max_batch = 500;
    for (size_t i = 0; i < COUNT_OF(events); i++) /* two in a batch */
        assert_false(submit(&events[i], TOY_ADD, 150));
    assert_int_equal(store.appends, 2);
    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_int_equal(events[i].completed, i < 4);
    sim_advance(&sim, LINGER + 1);
    assert_completed(&events[4], KW_ERROR_NONE);
    assert_state_is_log();
}

static void what_lingers_is_written_at_the_end(void **state)
{
    (void)state;
    struct toy_event event;
    set_linger(LINGER);
    assert_false(submit(&event, TOY_ADD, 0));
    end_shard();
    assert_int_equal(store.appends, 1);
    assert_completed(&event, KW_ERROR_NONE);
    released = unloaded = 0;
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    make_shard();
    shard_loaded(&shard, store.end);
}

/* An error of one undoes all that was decided meanwhile. */
static void batches_linger_and_fail(void **state)
{
    (void)state;
    struct toy_event first, second;
    set_linger(LINGER);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_false(submit(&first, TOY_ADD, 0));
    assert_false(submit(&second, TOY_ADD, 0));
    assert_int_equal(toy_count(&toy, 1), 1);
    sim_advance(&sim, LINGER + 1);
    assert_completed(&first, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_completed(&second, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(toy_count(&toy, 1), -1);
    store.error = KW_ERROR_NONE;
    assert_false(submit(&first, TOY_ADD, 0));
    sim_advance(&sim, LINGER + 1);
    assert_completed(&first, KW_ERROR_NONE);
    assert_state_is_log();
}

static void one_decision_each(void **state)
{
    (void)state;
    struct toy_event events[4];
    set_linger(0);
    store.is_later = true;
    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_false(submit(&events[i], i == 2 ? TOY_PUT_ALL : TOY_ADD, 10));
    for (unsigned i = 1; i <= COUNT_OF(events); i++) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
        assert_int_equal(store.appends, i);
        assert_completed(&events[i - 1], KW_ERROR_NONE);
    }
    assert_int_equal(store.end, 3 + TOY_COUNTERS);
    assert_state_is_log();
}

static void dropped_with_many_batches(void **state)
{
    (void)state;
    struct toy_event events[4];
    set_linger(0);
    store.is_later = true;
    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_false(submit(&events[i], TOY_ADD, 10));
    end_shard();
    for (size_t i = 0; i < COUNT_OF(events); i++)
        assert_completed(&events[i], KW_ERROR_NOT_COORDINATOR);
    released = unloaded = 0;
    store.is_later = false;
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    make_shard();
    shard_loaded(&shard, store.end);
}

/* ---- compression ---- */

static void compressed_batches(void **state)
{
    (void)state;
    for (kw_codec codec = KW_CODEC_GZIP; codec <= KW_CODEC_ZSTD; codec++) {
        struct toy_event event;
        if (!kw_codec_available(codec))
            continue;
        shard.log.options.codec = codec;
        size_t before = store.size;
        assert_true(submit(&event, TOY_PUT_ALL, 4000));
        assert_completed(&event, KW_ERROR_NONE);
        assert_int_equal(last_codec(), codec);
        assert_true(store.size - before < 4000);
        assert_true(submit(&event, TOY_ADD, 3000)); /* with the same memory */
        assert_int_equal(last_codec(), codec);
    }
}

/* A batch must not exceed what the topic allows. */
static void not_if_they_get_larger(void **state)
{
    (void)state;
    struct toy_event event;
    shard.log.options.codec = KW_CODEC_GZIP;
    assert_true(submit(&event, TOY_REMOVE, 0));
    assert_completed(&event, KW_ERROR_NONE);
    assert_int_equal(last_codec(), KW_CODEC_NONE);
    assert_state_is_log();
}

#define SHARD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(batches_linger),
        SHARD_TEST(full_batches_do_not),
        SHARD_TEST(what_lingers_is_written_at_the_end),
        SHARD_TEST(batches_linger_and_fail),
        SHARD_TEST(one_decision_each),
        SHARD_TEST(dropped_with_many_batches),
        SHARD_TEST(compressed_batches),
        SHARD_TEST(not_if_they_get_larger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
