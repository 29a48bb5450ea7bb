/* SPDX-License-Identifier: Apache-2.0 */
/* A shard is loaded, gets new images, loses its log, and is unloaded at every moment. */
#include "shard_support.h"

#include "../support/captured.h"
#include "../support/locks.h"

/* ---- life ---- */

static void while_it_loads(void **state)
{
    (void)state;
    struct toy_event add;
    struct toy_timer a = {.timer.tick = tick, .how = TOY_ADD};
    end_shard();
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    toy.on_load = &a.timer;
    toy.on_load_ms = 100;
    released = unloaded = 0;
    make_shard();
    toy_event_init(&add, TOY_ADD, 2, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    assert_int_equal(toy.is_loaded, 0);
    store.end = 40;
    atomic_store(&store.high_watermark, 30);
    store.others_lag = true;
    shard_loaded(&shard, 40);
    assert_int_equal(toy.is_loaded, 1);
    struct toy_event read;
    toy_event_init(&read, TOY_READ, 2, &sim.executor);
    assert_false(toy_submit(&shard, &read)); /* what was loaded is not committed yet */
    toy_log_move(&store, 40);
    sim_run_posted(&sim);
    assert_completed(&read, KW_ERROR_NONE);
    store.others_lag = false;
    toy_event_init(&add, TOY_ADD, 2, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_NONE);
    assert_int_equal(store.end, 41);
    sim_advance(&sim, 100);
    assert_int_equal(a.ticks, 1);
}

/* A sync has failed before: what is not committed never will be, so nobody waits for it. */
static void what_is_never_committed(void **state)
{
    (void)state;
    struct toy_event read, add;
    end_shard();
    released = unloaded = 0;
    make_shard();
    store.end = 40;
    atomic_store(&store.high_watermark, 30);
    store.is_closed = true;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    shard_loaded(&shard, 40);
    toy_event_init(&read, TOY_READ, 2, &sim.executor);
    assert_true(toy_submit(&shard, &read));
    assert_completed(&read, KW_ERROR_KAFKA_STORAGE_ERROR);
    toy_event_init(&add, TOY_ADD, 2, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_null(store.watcher);
}

static void cannot_be_loaded(void **state)
{
    (void)state;
    struct toy_event add;
    end_shard();
    released = unloaded = 0;
    make_shard();
    shard_fail_to_load(&shard);
    toy_event_init(&add, TOY_ADD, 2, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_NOT_COORDINATOR);
}

static void unloaded_while_it_loads(void **state)
{
    (void)state;
    struct toy_event add;
    end_shard();
    released = unloaded = 0;
    make_shard();
    shard_unload(&shard);
    sim_settle(&sim);
    assert_int_equal(unloaded, 0);
    shard_loaded(&shard, 0);
    assert_int_equal(unloaded, 1);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    toy_event_init(&add, TOY_ADD, 2, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_NOT_COORDINATOR);
    shard_finish(&shard);
    released = unloaded = 0;
    make_shard(); /* for the end of the test */
    shard_loaded(&shard, 0);
}

/* With one batch with the log, one that is being filled, a tick among what waits, and timers that run. */
static void unloaded_while_it_writes(void **state)
{
    (void)state;
    struct toy_event first, second, read;
    struct toy_timer a = {.timer.tick = tick, .how = TOY_ADD}, b = {.timer.tick = tick};
    set_timer(&a, 100);
    set_timer(&b, 1000);
    store.is_later = true;
    toy_event_init(&first, TOY_ADD, 2, &sim.executor);
    toy_event_init(&second, TOY_REMOVE, 2, &sim.executor);
    toy_event_init(&read, TOY_READ, 2, &sim.executor);
    assert_false(toy_submit(&shard, &first));
    assert_false(toy_submit(&shard, &second));
    sim_advance(&sim, 100);
    assert_int_equal(a.ticks, 1);
    shard_unload(&shard);
    assert_completed(&first, KW_ERROR_NOT_COORDINATOR);
    assert_completed(&second, KW_ERROR_NOT_COORDINATOR);
    assert_true(toy_submit(&shard, &read));
    assert_completed(&read, KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(unloaded, 1);
    sim_settle(&sim);
    assert_int_equal(released, 0); /* the log has a batch */
    sim_advance(&sim, 10000);
    assert_int_equal(b.ticks, 0);
    toy_log_finish_append(&store);
    assert_int_equal(released, 0);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    assert_int_equal(store.appends, 1);
    shard_finish(&shard);
    released = unloaded = 0;
    store.is_later = false;
    make_shard();
    shard_loaded(&shard, store.end);
}

/* Those that are queued behind it have not been decided. */
static void unload_in_between(struct coordinator_event *event, struct coordinator_decision *d)
{
    decide_and_submit(event, d);
    shard_unload(&shard);
}

static void unloaded_with_a_queue(void **state)
{
    (void)state;
    start_queue();
    queued[0].event.decide = unload_in_between;
    assert_true(toy_submit(&shard, &queued[0]));
    assert_completed(&queued[0], KW_ERROR_NONE); /* what is decided is appended first */
    sim_settle(&other);
    sim_settle(&sim);
    assert_int_equal(decided_count, 1);
    for (size_t i = 1; i < COUNT_OF(queued); i++)
        assert_completed(&queued[i], KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(released, 1);
    shard_finish(&shard);
    released = unloaded = 0;
    make_shard();
    shard_loaded(&shard, store.end);
}

static void somebody_else_has_written(void **state)
{
    (void)state;
    static struct captured captured;
    struct toy_event first, second, read;
    store.is_later = true;
    toy_event_init(&first, TOY_ADD, 2, &sim.executor);
    toy_event_init(&second, TOY_ADD, 2, &sim.executor);
    assert_false(toy_submit(&shard, &first));
    assert_false(toy_submit(&shard, &second));
    store.end = 7;
    toy_log_finish_append(&store);
    capture_start(&captured);
    sim_run_posted(&sim);
    assert_non_null(strstr(capture_end(&captured), "toy-0: somebody else has written at offset 0"));
    assert_completed(&first, KW_ERROR_NOT_COORDINATOR);
    assert_completed(&second, KW_ERROR_NOT_COORDINATOR);
    assert_null(store.append);
    toy_event_init(&read, TOY_READ, 2, &sim.executor);
    assert_true(toy_submit(&shard, &read));
    assert_completed(&read, KW_ERROR_NOT_COORDINATOR);
    sim_advance(&sim, 2 * TOY_TIMEOUT);
}

/* The log has what the state has not. */
static void a_sync_fails(void **state)
{
    (void)state;
    static struct captured captured;
    struct toy_event add, read;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    store.keeps_failed = true;
    toy_event_init(&add, TOY_ADD, 2, &sim.executor);
    capture_start(&captured);
    (void)toy_submit(&shard, &add);
    sim_run_posted(&sim);
    assert_non_null(strstr(capture_end(&captured), "toy-0: nobody knows whether the disk has what is at offset 0"));
    assert_completed(&add, KW_ERROR_NOT_COORDINATOR);
    toy_event_init(&read, TOY_READ, 2, &sim.executor);
    assert_true(toy_submit(&shard, &read));
    assert_completed(&read, KW_ERROR_NOT_COORDINATOR);
}

/* Somebody else has written, and the batch comes back after the state is gone. */
static void somebody_else_has_written_at_the_end(void **state)
{
    (void)state;
    static struct toy_event first;
    store.is_later = true;
    toy_event_init(&first, TOY_ADD, 2, &sim.executor);
    assert_false(toy_submit(&shard, &first));
    store.end = 7; /* tear_down() unloads, and finishes the append */
}

/* ---- the image ---- */

static void look_at_image(struct coordinator_event *event, struct coordinator_decision *d)
{
    (void)event;
    assert_ptr_equal(d->image, toy.image);
    assert_int_equal(d->now, wall());
    assert_ptr_equal(d->random, &random_source.source);
}

static void image_changes(void **state)
{
    (void)state;
    const struct metadata_parts nothing = {.epoch = -1};
    const struct metadata_image *next = metadata_image_create(&nothing);
    struct toy_event event;
    toy_event_init(&event, TOY_READ, 2, &sim.executor);
    event.event.decide = look_at_image;
    toy.image = image;
    assert_true(toy_submit(&shard, &event));
    shard_publish(&shard, next);
    assert_ptr_equal(toy.image, next);
    assert_true(toy_submit(&shard, &event));
    assert_int_equal(atomic_load(&next->references), 2);
    assert_int_equal(atomic_load(&image->references), 1);
    shard_publish(&shard, image);
    assert_int_equal(atomic_load(&next->references), 1);
    metadata_image_release(next);
}

static void publish_twice(struct coordinator_event *event, struct coordinator_decision *d)
{
    const struct metadata_parts nothing = {.epoch = -1};
    (void)event;
    (void)d;
    for (int i = 0; i < 2; i++) {
        const struct metadata_image *next = metadata_image_create(&nothing);
        shard_publish(&shard, next);
        metadata_image_release(next);
    }
    assert_null(toy.image);
}

static void image_changes_twice_during_a_decision(void **state)
{
    (void)state;
    struct toy_event event;
    toy_event_init(&event, TOY_READ, 2, &sim.executor);
    event.event.decide = publish_twice;
    assert_true(toy_submit(&shard, &event));
    assert_ptr_not_equal(toy.image, image);
    assert_non_null(toy.image);
    assert_int_equal(atomic_load(&toy.image->references), 1);
}

static void publish_own(void)
{
    shard_publish(&shard, image);
}

/* Another thread has one, too, at every moment. */
static void two_threads_have_images(void **state)
{
    (void)state;
    const struct metadata_parts nothing = {.epoch = -1};
    for (int at = 1; at <= 6; at++) {
        const struct metadata_image *next = metadata_image_create(&nothing);
        struct toy_event event;
        locks_call_before(&shard.lock, at, publish_own);
        shard_publish(&shard, next);
        locks_call_before(NULL, 0, NULL);
        toy_event_init(&event, TOY_READ, 2, &sim.executor);
        event.event.decide = look_at_image;
        assert_true(toy_submit(&shard, &event));
        assert_true(toy.image == image || toy.image == next);
        shard_publish(&shard, image);
        assert_int_equal(atomic_load(&next->references), 1);
        metadata_image_release(next);
    }
}

#define SHARD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(while_it_loads),
        SHARD_TEST(what_is_never_committed),
        SHARD_TEST(cannot_be_loaded),
        SHARD_TEST(unloaded_while_it_loads),
        SHARD_TEST(unloaded_while_it_writes),
        SHARD_TEST(unloaded_with_a_queue),
        SHARD_TEST(somebody_else_has_written),
        SHARD_TEST(a_sync_fails),
        SHARD_TEST(somebody_else_has_written_at_the_end),
        SHARD_TEST(image_changes),
        SHARD_TEST(image_changes_twice_during_a_decision),
        SHARD_TEST(two_threads_have_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
