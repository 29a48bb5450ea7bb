/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a shard in every order: decided, appended at once or later or not at all, committed later; and the turn. */
#include "shard_support.h"

/* ---- one event ---- */

static void completed_at_once(void **state)
{
    (void)state;
    struct toy_event read, add;
    toy_event_init(&read, TOY_READ, 3, &sim.executor);
    assert_true(toy_submit(&shard, &read));
    assert_completed(&read, KW_ERROR_NONE);
    assert_int_equal(read.seen, -1);
    assert_int_equal(store.appends, 0);
    toy_event_init(&add, TOY_ADD, 3, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_NONE);
    assert_int_equal(store.appends, 1);
    assert_int_equal(toy_count(&toy, 3), 0);
    assert_int_equal(toy.is_loaded, 1);
    assert_state_is_log();
}

/* What a decision needs is used again by the next one. */
static void memory_of_decisions(void **state)
{
    (void)state;
    size_t held = 0;
    for (int i = 0; i < 2000; i++) {
        struct toy_event add;
        toy_event_init(&add, TOY_PUT_ALL, 3, &sim.executor);
        assert_true(toy_submit(&shard, &add));
        assert_completed(&add, KW_ERROR_NONE);
        if (i == 100)
            held = kw_arena_held(&shard.arena);
    }
    assert_true(held > 0);
    assert_int_equal(kw_arena_held(&shard.arena), held);
}

static void appended_later(void **state)
{
    (void)state;
    struct toy_event add, read;
    store.is_later = true;
    toy_event_init(&add, TOY_ADD, 3, &sim.executor);
    toy_event_init(&read, TOY_READ, 3, &sim.executor);
    assert_false(toy_submit(&shard, &add));
    assert_int_equal(toy_count(&toy, 3), 0);
    assert_false(toy_submit(&shard, &read)); /* it has seen what is not written yet */
    assert_int_equal(read.seen, 0);
    toy_log_finish_append(&store);
    assert_int_equal(add.completed, 0); /* not on the thread of the log */
    sim_run_posted(&sim);
    assert_completed(&add, KW_ERROR_NONE);
    assert_completed(&read, KW_ERROR_NONE);
    assert_state_is_log();
}

static void append_fails_at_once(void **state)
{
    (void)state;
    struct toy_event first, second;
    toy_event_init(&first, TOY_ADD, 0, &sim.executor);
    assert_true(toy_submit(&shard, &first));
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_event_init(&second, TOY_ADD, 0, &sim.executor);
    assert_true(toy_submit(&shard, &second));
    assert_completed(&second, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(toy_count(&toy, 0), 0);
    store.error = KW_ERROR_NONE;
    toy_event_init(&second, TOY_ADD, 0, &sim.executor);
    assert_true(toy_submit(&shard, &second));
    assert_completed(&second, KW_ERROR_NONE);
    assert_int_equal(toy_count(&toy, 0), 1);
    assert_state_is_log();
}

/* Also what was decided on top of it, which is in another batch. */
static void append_fails_later(void **state)
{
    (void)state;
    struct toy_event first, others[4];
    toy_event_init(&first, TOY_ADD, 1, &sim.executor);
    assert_true(toy_submit(&shard, &first));
    store.is_later = true;
    static const enum toy_how hows[] = {TOY_REMOVE, TOY_ADD, TOY_READ, TOY_PUT_ALL};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        toy_event_init(&others[i], hows[i], 1, &sim.executor);
        assert_false(toy_submit(&shard, &others[i]));
    }
    assert_int_equal(others[1].seen, -1);
    assert_int_equal(others[2].seen, 0);
    assert_int_equal(toy_count(&toy, 1), 101);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_completed(&others[i], KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(store.failures, 1); /* the second batch was not tried */
    assert_int_equal(toy_count(&toy, 1), 0);
    assert_int_equal(toy_count(&toy, 0), -1);
    assert_state_is_log();
}

/* The batch with the log is written, the one after it is not. */
static void second_append_fails(void **state)
{
    (void)state;
    struct toy_event first, second, third;
    store.is_later = true;
    toy_event_init(&first, TOY_ADD, 1, &sim.executor);
    toy_event_init(&second, TOY_ADD, 1, &sim.executor);
    toy_event_init(&third, TOY_REMOVE, 1, &sim.executor);
    assert_false(toy_submit(&shard, &first));
    assert_false(toy_submit(&shard, &second));
    assert_false(toy_submit(&shard, &third));
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&first, KW_ERROR_NONE);
    assert_int_equal(second.completed, 0);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&second, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_completed(&third, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(toy_count(&toy, 1), 0);
    assert_state_is_log();
}

static void committed_later(void **state)
{
    (void)state;
    struct toy_event events[3];
    store.others_lag = true;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        toy_event_init(&events[i], i == 1 ? TOY_PUT_ALL : TOY_ADD, 1, &sim.executor);
        assert_false(toy_submit(&shard, &events[i]));
    }
    assert_int_equal(store.appends, 3);
    assert_non_null(store.watcher);
    toy_log_move(&store, 0);
    sim_run_posted(&sim);
    assert_int_equal(events[0].completed, 0);
    toy_log_move(&store, 1);
    assert_int_equal(events[0].completed, 0); /* not on that thread */
    sim_run_posted(&sim);
    assert_completed(&events[0], KW_ERROR_NONE);
    assert_int_equal(events[1].completed, 0);
    toy_log_move(&store, TOY_COUNTERS); /* one before its last record */
    sim_run_posted(&sim);
    assert_int_equal(events[1].completed, 0);
    toy_log_move(&store, TOY_COUNTERS + 2);
    sim_run_posted(&sim);
    assert_completed(&events[1], KW_ERROR_NONE);
    assert_completed(&events[2], KW_ERROR_NONE);
    assert_null(store.watcher);
}

/* What waits for others to have it is not undone by a later failure. */
static void a_later_append_fails(void **state)
{
    (void)state;
    struct toy_event first, second;
    store.others_lag = true;
    toy_event_init(&first, TOY_ADD, 1, &sim.executor);
    toy_event_init(&second, TOY_ADD, 1, &sim.executor);
    assert_false(toy_submit(&shard, &first));
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    assert_true(toy_submit(&shard, &second));
    assert_completed(&second, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(first.completed, 0);
    toy_log_move(&store, 1);
    sim_run_posted(&sim);
    assert_completed(&first, KW_ERROR_NONE);
    assert_state_is_log();
}

/* The high watermark moves after the shard has looked and before it watches. */
static void (*before_watching)(void);

static void move_to_one(void)
{
    atomic_store(&store.high_watermark, 1);
}

static void watch_late(void *context, struct log_watcher *watcher)
{
    before_watching();
    toy_log_watch(context, watcher);
}

static void committed_before_it_watches(void **state)
{
    (void)state;
    struct toy_event add;
    store.others_lag = true;
    before_watching = move_to_one;
    shard.options.sink.watch = watch_late;
    toy_event_init(&add, TOY_ADD, 1, &sim.executor);
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_NONE);
    assert_null(store.watcher);
}

/* ---- the turn ---- */

static void assert_all_in_order(void)
{
    assert_int_equal(decided_count, COUNT_OF(queued));
    assert_int_equal(store.appends, 4);
    for (size_t i = 0; i < COUNT_OF(queued); i++) {
        assert_int_equal(decided_order[i], i);
        assert_completed(&queued[i], KW_ERROR_NONE);
    }
    assert_state_is_log();
}

static void turn_is_given_back_with_a_nudge(void **state)
{
    (void)state;
    start_queue();
    assert_true(toy_submit(&shard, &queued[0]));
    assert_int_equal(decided_count, 64);
    assert_int_equal(store.appends, 1);
    sim_run_posted(&sim);
    assert_int_equal(decided_count, 64);
    sim_run_posted(&other); /* the first one that waits is its */
    assert_int_equal(decided_count, 128);
    sim_run_posted(&other);
    assert_int_equal(decided_count, 128);
    sim_run_posted(&sim);
    assert_all_in_order();
}

/* Nobody who submits meanwhile waits for the executor that is nudged. */
static void turn_is_free_before_the_nudge(void **state)
{
    struct toy_event late[3];
    (void)state;
    start_queue();
    assert_true(toy_submit(&shard, &queued[0]));
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        toy_event_init(&late[i], TOY_READ, 2, &sim.executor);
        bool is_completed = toy_submit(&shard, &late[i]); /* behind all that were queued before */
        assert_int_equal(is_completed, i == 2);
        assert_int_equal(decided_count, i == 2 ? (int)COUNT_OF(queued) : 64 * (2 + (int)i));
    }
    assert_all_in_order();
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        assert_completed(&late[i], KW_ERROR_NONE);
        assert_int_equal(late[i].seen, COUNT_OF(queued) - 1);
    }
    sim_settle(&other); /* there is nothing left */
    sim_settle(&sim);
    assert_all_in_order();
}

/* The nudge is still on its way, and has to find the shard. */
static void unloaded_before_the_nudge(void **state)
{
    (void)state;
    start_queue();
    assert_true(toy_submit(&shard, &queued[0]));
    shard_unload(&shard);
    sim_settle(&sim);
    assert_int_equal(unloaded, 1);
    assert_int_equal(released, 0);
    sim_settle(&other);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    for (size_t i = 0; i < COUNT_OF(queued); i++)
        assert_int_equal(queued[i].completed, 1);
    shard_finish(&shard);
    make_shard(); /* for the end of the test */
    shard_loaded(&shard, store.end);
    released = unloaded = 0;
}

static void decide_slowly(struct coordinator_event *event, struct coordinator_decision *d)
{
    extra_clock++;
    decide_and_note(event, d);
}

static void decide_and_submit_slow_ones(struct coordinator_event *event, struct coordinator_decision *d)
{
    decide_and_submit(event, d);
    for (size_t i = 1; i < COUNT_OF(queued); i++)
        queued[i].event.decide = decide_slowly;
}

static void turn_is_given_back_after_some_time(void **state)
{
    (void)state;
    start_queue();
    queued[0].event.decide = decide_and_submit_slow_ones;
    assert_true(toy_submit(&shard, &queued[0]));
    assert_int_equal(decided_count, 4); /* the last one starts after 2 ms */
    sim_settle(&other);
    sim_settle(&sim);
    assert_int_equal(decided_count, COUNT_OF(queued));
}

static void submit_the_next(struct toy_event *event)
{
    struct toy_event *next = event + 1;
    toy_event_init(next, TOY_ADD, 2, &sim.executor);
    if (next != &queued[10])
        next->then = submit_the_next;
    assert_false(toy_submit(&shard, next));
}

/* complete() submits: what it submits is queued. */
static void events_in_a_chain(void **state)
{
    (void)state;
    struct toy_event first;
    store.is_later = true;
    toy_event_init(&first, TOY_ADD, 2, &sim.executor);
    toy_event_init(&queued[0], TOY_ADD, 2, &sim.executor);
    queued[0].then = submit_the_next;
    assert_false(toy_submit(&shard, &first));
    assert_false(toy_submit(&shard, &queued[0]));
    store.is_later = false;
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    for (size_t i = 0; i <= 10; i++)
        assert_completed(&queued[i], KW_ERROR_NONE);
    assert_int_equal(toy_count(&toy, 2), 11);
    assert_state_is_log();
}

#define SHARD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(completed_at_once),
        SHARD_TEST(memory_of_decisions),
        SHARD_TEST(appended_later),
        SHARD_TEST(append_fails_at_once),
        SHARD_TEST(append_fails_later),
        SHARD_TEST(second_append_fails),
        SHARD_TEST(committed_later),
        SHARD_TEST(a_later_append_fails),
        SHARD_TEST(committed_before_it_watches),
        SHARD_TEST(turn_is_given_back_with_a_nudge),
        SHARD_TEST(turn_is_free_before_the_nudge),
        SHARD_TEST(unloaded_before_the_nudge),
        SHARD_TEST(turn_is_given_back_after_some_time),
        SHARD_TEST(events_in_a_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
