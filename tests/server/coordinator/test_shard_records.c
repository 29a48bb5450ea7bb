/* SPDX-License-Identifier: Apache-2.0 */
/* Records of decisions on their way to the log: what fits into a batch, what does not, and what is undone. */
#include "shard_support.h"

#include "../support/captured.h"

/* ---- records ---- */

static void records_that_cannot_be(void **state)
{
    (void)state;
    static struct captured captured;
    struct toy_event bad, none;
    toy_event_init(&bad, TOY_BAD_VERSION, 0, &sim.executor);
    toy_event_init(&none, TOY_NO_MEMORY, 0, &sim.executor);
    capture_start(&captured);
    assert_true(toy_submit(&shard, &bad));
    assert_non_null(strstr(capture_end(&captured), "a decision of a coordinator cannot be carried out: "));
    capture_start(&captured);
    assert_true(toy_submit(&shard, &none));
    assert_string_equal(capture_end(&captured), "");
    assert_completed(&bad, KW_ERROR_UNKNOWN_SERVER_ERROR);
    assert_completed(&none, COORDINATOR_NO_MEMORY);
    assert_int_equal(toy.replayed, 0);
    assert_int_equal(store.appends, 0);
}

/* In the middle of its records: those before it are undone, those of other events stay. */
static void replay_fails(void **state)
{
    (void)state;
    static const struct {
        kw_status status;
        int16_t error;
    } cases[] = {{KW_ERR_NO_MEMORY, COORDINATOR_NO_MEMORY}, {KW_ERR_ARGUMENT, KW_ERROR_UNKNOWN_SERVER_ERROR}};
    static struct captured captured;
    store.is_later = true;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct toy_event with_log, before, failing, after;
        toy_event_init(&with_log, TOY_ADD, 5, &sim.executor);
        toy_event_init(&before, TOY_ADD, 5, &sim.executor);
        toy_event_init(&failing, TOY_PUT_ALL, 5, &sim.executor);
        toy_event_init(&after, TOY_ADD, 5, &sim.executor);
        assert_false(toy_submit(&shard, &with_log));
        assert_false(toy_submit(&shard, &before));
        int64_t count = toy_count(&toy, 5);
        toy.fails_after = 7;
        toy.failure = cases[i].status;
        capture_start(&captured);
        assert_true(toy_submit(&shard, &failing));
        assert_int_equal(strlen(capture_end(&captured)) != 0, i == 1);
        assert_completed(&failing, cases[i].error);
        assert_int_equal(toy_count(&toy, 5), count);
        assert_false(toy_submit(&shard, &after));
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
        assert_completed(&with_log, KW_ERROR_NONE);
        assert_completed(&before, KW_ERROR_NONE);
        assert_completed(&after, KW_ERROR_NONE);
        assert_state_is_log();
    }
}

/* They have been in the state for long. */
static void copies_are_not_replayed(void **state)
{
    (void)state;
    struct toy_event copy;
    toy_event_init(&copy, TOY_COPY, 5, &sim.executor);
    store.is_later = true;
    assert_false(toy_submit(&shard, &copy));
    assert_int_equal(toy.replayed, 0);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&copy, KW_ERROR_NONE);
    assert_int_equal(toy_count(&toy, 5), -1);
    assert_int_equal(store.end, 1);
}

/* ---- what a decision changes itself ---- */

/* A counter that is replaced at once, with a copy as the only record. */
struct replacing {
    struct toy_event event; /* the first member */
    kw_status status;       /* of its records */
};

static void decide_replacing(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct replacing *r = (struct replacing *)(void *)event;
    struct toy_undo *undo[2];
    r->event.decided++;
    toy_put(d, r->event.number, 77, r->event.padding);
    d->copies = true;
    for (size_t i = 0; i < COUNT_OF(undo); i++) {
        undo[i] = calloc(1, sizeof *undo[i]);
        assert_non_null(undo[i]);
        *undo[i] = (struct toy_undo){{toy_put_back, toy_drop, NULL}, r->event.number, toy.counters[r->event.number]};
        toy.counters[r->event.number] = calloc(1, sizeof(struct toy_counter));
        assert_non_null(toy.counters[r->event.number]);
        toy.counters[r->event.number]->value = 76 + (int64_t)i;
        coordinator_undo_add(&d->undo, &undo[i]->undo);
    }
    if (r->status != KW_OK)
        record_out_fail(&d->records, r->status);
}

static bool replace(struct replacing *r, size_t padding, kw_status status)
{
    memset(r, 0, sizeof *r);
    toy_event_init(&r->event, TOY_COPY, 5, &sim.executor);
    r->event.event.decide = decide_replacing;
    r->event.padding = padding;
    r->status = status;
    return toy_submit(&shard, &r->event);
}

/* It stays when the copy is written, on top of what was decided before, and below what is decided later. */
static void own_changes_stay(void **state)
{
    (void)state;
    struct toy_event before, after;
    struct replacing r;
    store.is_later = true;
    toy_event_init(&before, TOY_ADD, 5, &sim.executor);
    toy_event_init(&after, TOY_ADD, 5, &sim.executor);
    assert_false(toy_submit(&shard, &before));
    assert_false(replace(&r, 0, KW_OK));
    assert_int_equal(toy_count(&toy, 5), 77);
    assert_false(toy_submit(&shard, &after));
    assert_int_equal(after.seen, 77);
    while (store.append != NULL) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
    assert_completed(&r.event, KW_ERROR_NONE);
    assert_int_equal(toy_count(&toy, 5), 78);
    assert_state_is_log();
}

/* It is undone with the records: when these cannot be made, put into a batch, or written. */
static void own_changes_are_undone(void **state)
{
    (void)state;
    struct toy_event before, after;
    struct replacing r;
    toy_event_init(&before, TOY_ADD, 5, &sim.executor);
    assert_true(toy_submit(&shard, &before));
    int64_t count = toy_count(&toy, 5);
    assert_true(replace(&r, 0, KW_ERR_NO_MEMORY));
    assert_completed(&r.event, COORDINATOR_NO_MEMORY);
    assert_int_equal(toy_count(&toy, 5), count);
    store.max_batch = 500;
    assert_true(replace(&r, 500, KW_OK));
    assert_completed(&r.event, KW_ERROR_MESSAGE_TOO_LARGE);
    assert_int_equal(toy_count(&toy, 5), count);
    store.is_later = true;
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_event_init(&after, TOY_ADD, 5, &sim.executor);
    assert_false(replace(&r, 0, KW_OK));
    assert_false(toy_submit(&shard, &after));
    assert_int_equal(toy_count(&toy, 5), 78);
    while (store.append != NULL) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
    assert_completed(&r.event, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_completed(&after, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(toy_count(&toy, 5), count);
    store.error = KW_ERROR_NONE;
    assert_state_is_log();
}

/* The size of a batch is known to the byte. */
static void largest_batch(void **state)
{
    (void)state;
    struct toy_event all;
    for (size_t padding = 0; padding < 140; padding++) {
        size_t before = store.size;
        store.max_batch = 100000;
        toy_event_init(&all, TOY_PUT_ALL, 0, &sim.executor);
        all.padding = padding;
        assert_true(toy_submit(&shard, &all));
        assert_completed(&all, KW_ERROR_NONE);
        int32_t size = (int32_t)(store.size - before);
        store.max_batch = size;
        toy_event_init(&all, TOY_PUT_ALL, 0, &sim.executor);
        all.padding = padding;
        assert_true(toy_submit(&shard, &all));
        assert_completed(&all, KW_ERROR_NONE);
        store.max_batch = size - 1;
        toy_event_init(&all, TOY_PUT_ALL, 0, &sim.executor);
        all.padding = padding;
        assert_true(toy_submit(&shard, &all));
        assert_completed(&all, KW_ERROR_MESSAGE_TOO_LARGE);
    }
    assert_state_is_log();
}

/* That event alone; one of before and one of after share a batch. */
static void too_large(void **state)
{
    (void)state;
    struct toy_event first, before, large, after;
    store.max_batch = 500;
    store.is_later = true;
    toy_event_init(&first, TOY_ADD, 1, &sim.executor);
    toy_event_init(&before, TOY_ADD, 1, &sim.executor);
    toy_event_init(&large, TOY_ADD, 1, &sim.executor);
    toy_event_init(&after, TOY_ADD, 1, &sim.executor);
    large.padding = 500;
    assert_false(toy_submit(&shard, &first));
    assert_false(toy_submit(&shard, &before));
    assert_true(toy_submit(&shard, &large));
    assert_completed(&large, KW_ERROR_MESSAGE_TOO_LARGE);
    assert_false(toy_submit(&shard, &after));
    assert_int_equal(after.seen, 1);
    for (int i = 0; i < 2; i++) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
    }
    assert_completed(&before, KW_ERROR_NONE);
    assert_completed(&after, KW_ERROR_NONE);
    assert_int_equal(store.appends, 2);
    assert_state_is_log();
}

static void split_over_batches(void **state)
{
    (void)state;
    struct toy_event all;
    store.max_batch = 500;
    toy_event_init(&all, TOY_PUT_ALL, 0, &sim.executor);
    all.padding = 150;
    assert_true(toy_submit(&shard, &all));
    assert_completed(&all, KW_ERROR_MESSAGE_TOO_LARGE);
    toy_event_init(&all, TOY_PUT_ALL, 0, &sim.executor);
    all.padding = 150;
    all.may_be_split = true;
    assert_true(toy_submit(&shard, &all));
    assert_completed(&all, KW_ERROR_NONE);
    assert_int_equal(store.appends, 4);
    assert_state_is_log();
    toy.fails_after = 8; /* after there are four batches, all of which are undone */
    toy.failure = KW_ERR_NO_MEMORY;
    toy_event_init(&all, TOY_PUT_ALL, 0, &sim.executor);
    all.padding = 150;
    all.may_be_split = true;
    assert_true(toy_submit(&shard, &all));
    assert_completed(&all, COORDINATOR_NO_MEMORY);
    assert_int_equal(store.appends, 4);
    assert_state_is_log();
}

/* More is decided than fits into the batch behind the one that is with the log. */
static void batches_queue_up(void **state)
{
    (void)state;
    struct toy_event events[12];
    store.max_batch = 500;
    store.is_later = true;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        toy_event_init(&events[i], TOY_ADD, 1, &sim.executor);
        events[i].padding = 150;
        assert_false(toy_submit(&shard, &events[i]));
        assert_int_equal(events[i].seen, (int64_t)i - 1);
    }
    size_t done = 1;
    for (int appends = 1; store.append != NULL; appends++) {
        toy_log_finish_append(&store);
        sim_run_posted(&sim);
        assert_int_equal(store.appends, appends);
        for (size_t i = 0; i < COUNT_OF(events); i++)
            assert_int_equal(events[i].completed, i < done);
        done += 2;
    }
    assert_true(done > COUNT_OF(events));
    assert_state_is_log();
}

#define SHARD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(records_that_cannot_be), SHARD_TEST(replay_fails),     SHARD_TEST(copies_are_not_replayed),
        SHARD_TEST(largest_batch),          SHARD_TEST(too_large),        SHARD_TEST(split_over_batches),
        SHARD_TEST(batches_queue_up),       SHARD_TEST(own_changes_stay), SHARD_TEST(own_changes_are_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
