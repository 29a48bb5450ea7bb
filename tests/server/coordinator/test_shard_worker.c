/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions that take long are taken on a worker, with the turn: nothing overtakes them, and nobody waits. */
#include "shard_support.h"

/* ---- events ---- */

static int order[16]; /* numbers of events as they are decided */
static int decided_so_far;

struct long_event {
    struct toy_event event; /* the first member */
    int asked;              /* how often it was to be decided elsewhere */
    int number;
};

static void decide_long(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct long_event *e = (struct long_event *)(void *)event;
    if (!d->is_on_worker) {
        e->asked++;
        d->needs_worker = true;
        return;
    }
    order[decided_so_far++] = e->number;
    toy_decide(event, d);
}

static void decide_short(struct coordinator_event *event, struct coordinator_decision *d)
{
    assert_false(d->is_on_worker);
    order[decided_so_far++] = ((struct long_event *)(void *)event)->number;
    toy_decide(event, d);
}

static void init_event(struct long_event *e, bool is_long, int number)
{
    toy_event_init(&e->event, TOY_ADD, 1, &sim.executor);
    e->event.event.decide = is_long ? decide_long : decide_short;
    e->asked = 0;
    e->number = number;
    if (number == 0)
        decided_so_far = 0;
}

static void one_event(void **state)
{
    (void)state;
    struct long_event e;
    for (int i = 0; i < 2; i++) {
        init_event(&e, true, 0);
        assert_false(toy_submit(&shard, &e.event));
        assert_int_equal(e.asked, 1);
        assert_int_equal(e.event.decided, 0);
        sim_run_posted(&sim);
        assert_int_equal(e.event.completed, 0);
        assert_true(sim_run_worker(&sim));
        assert_completed(&e.event, KW_ERROR_NONE);
        assert_int_equal(e.asked, 1);
        sim_run_posted(&sim);
    }
    assert_int_equal(toy_count(&toy, 1), 1);
    assert_state_is_log();
}

static void others_wait_for_it(void **state)
{
    (void)state;
    struct long_event events[6];
    for (int i = 0; i < 6; i++) {
        init_event(&events[i], i == 1 || i == 4, i);
        assert_int_equal(toy_submit(&shard, &events[i].event), i == 0);
    }
    assert_int_equal(decided_so_far, 1);
    sim_settle(&sim);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(order[i], i);
        assert_completed(&events[i].event, KW_ERROR_NONE);
        assert_int_equal(events[i].event.seen, i - 1);
    }
    assert_state_is_log();
}

static struct long_event behind[3];

static void submit_more(struct coordinator_event *event, struct coordinator_decision *d)
{
    for (int i = 0; i < 3; i++) {
        init_event(&behind[i], i == 1, i + 1);
        assert_false(toy_submit(&shard, &behind[i].event));
    }
    decide_short(event, d);
}

/* Found in the queue, behind an event that is completed in the same round. */
static void one_of_the_queue(void **state)
{
    (void)state;
    struct long_event first;
    init_event(&first, false, 0);
    first.event.event.decide = submit_more;
    assert_true(toy_submit(&shard, &first.event));
    assert_completed(&first.event, KW_ERROR_NONE);
    assert_completed(&behind[0].event, KW_ERROR_NONE);
    assert_int_equal(behind[1].event.completed, 0);
    sim_settle(&sim);
    for (int i = 0; i < 3; i++)
        assert_completed(&behind[i].event, KW_ERROR_NONE);
    assert_int_equal(decided_so_far, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(order[i], i);
    assert_state_is_log();
}

static void its_records_are_appended_later(void **state)
{
    (void)state;
    struct long_event e, after;
    store.is_later = true;
    init_event(&e, true, 0);
    init_event(&after, false, 1);
    assert_false(toy_submit(&shard, &e.event));
    assert_true(sim_run_worker(&sim));
    assert_int_equal(e.event.completed, 0);
    assert_non_null(store.append);
    sim_run_posted(&sim);
    assert_false(toy_submit(&shard, &after.event)); /* the turn is free */
    assert_int_equal(after.event.decided, 1);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&e.event, KW_ERROR_NONE);
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&after.event, KW_ERROR_NONE);
    assert_state_is_log();
}

static void unloaded_before_it_is_decided(void **state)
{
    (void)state;
    struct long_event e, after;
    init_event(&e, true, 0);
    init_event(&after, false, 1);
    assert_false(toy_submit(&shard, &e.event));
    assert_false(toy_submit(&shard, &after.event));
    shard_unload(&shard);
    assert_int_equal(unloaded, 0); /* the worker has the turn */
    sim_settle(&sim);
    assert_completed(&e.event, KW_ERROR_NONE);
    assert_completed(&after.event, KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(unloaded, 1);
    assert_int_equal(released, 1);
    shard_finish(&shard);
    released = unloaded = 0;
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    make_shard();
    shard_loaded(&shard, store.end);
}

/* Somebody else has written, which the batch before it shows: the shard fails while the event is on its way. */
static void failed_before_it_is_decided(void **state)
{
    (void)state;
    struct long_event first;
    init_event(&first, false, 0);
    first.event.event.decide = submit_more;
    store.end++;
    assert_true(toy_submit(&shard, &first.event));
    assert_completed(&first.event, KW_ERROR_NOT_COORDINATOR);
    assert_completed(&behind[0].event, KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(behind[1].event.completed, 0);
    sim_settle(&sim);
    assert_int_equal(behind[1].asked, 1);
    for (int i = 1; i < 3; i++) {
        assert_int_equal(behind[i].event.decided, 0);
        assert_completed(&behind[i].event, KW_ERROR_NOT_COORDINATOR);
    }
}

/* ---- timers ---- */

struct long_timer {
    struct coordinator_timer timer; /* the first member */
    int asked, ticks;
    enum toy_how how;
};

static void long_tick(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct long_timer *t = (struct long_timer *)(void *)timer;
    struct toy_event event;
    if (!d->is_on_worker) {
        t->asked++;
        d->needs_worker = true;
        return;
    }
    t->ticks++;
    toy_event_init(&event, t->how, 4, NULL);
    toy_decide(&event.event, d);
}

static void start_timer(struct long_timer *t)
{
    struct timer_event e = {.timer = &t->timer, .in_ms = 100};
    toy_event_init(&e.event, TOY_READ, 0, &sim.executor);
    e.event.event.decide = decide_timer;
    t->timer.tick = long_tick;
    assert_true(toy_submit(&shard, &e.event));
    sim_run_posted(&sim);
}

static void ticks(void **state)
{
    (void)state;
    struct long_timer a = {.how = TOY_ADD}, b = {.how = TOY_ADD};
    struct toy_timer c = {.timer.tick = tick, .how = TOY_ADD};
    start_timer(&a);
    set_timer(&c, 100);
    start_timer(&b);
    sim_advance(&sim, 101);
    assert_int_equal(a.asked, 1);
    assert_int_equal(a.ticks, 0);
    assert_int_equal(b.asked, 0);
    sim_settle(&sim);
    assert_int_equal(a.ticks, 1);
    assert_int_equal(b.ticks, 1);
    assert_int_equal(c.ticks, 1);
    assert_int_equal(a.asked, 1);
    assert_int_equal(toy_count(&toy, 4), 2);
    assert_false(coordinator_timer_is_running(&a.timer));
    assert_state_is_log();
}

static void ticks_that_fail_are_tried_again(void **state)
{
    (void)state;
    struct long_timer a = {.how = TOY_ADD};
    start_timer(&a);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    sim_advance(&sim, 101);
    sim_settle(&sim);
    assert_int_equal(a.ticks, 1);
    assert_true(coordinator_timer_is_running(&a.timer));
    store.error = KW_ERROR_NONE;
    sim_advance(&sim, TICK_RETRY_MS + 1);
    sim_settle(&sim);
    assert_int_equal(a.ticks, 2);
    assert_int_equal(toy_count(&toy, 4), 0);
}

static struct long_timer doomed;

static void stop_doomed(struct coordinator_event *event, void *unused, int16_t error)
{
    (void)unused;
    (void)error;
    (void)event;
    coordinator_timer_stop(&doomed.timer);
}

/* The append that fails before the worker starts puts things right, and stops the timer: as if the group had gone. */
static void stopped_on_its_way(void **state)
{
    (void)state;
    struct toy_event e;
    memset(&doomed, 0, sizeof doomed);
    doomed.how = TOY_ADD;
    start_timer(&doomed);
    store.is_later = true;
    toy_event_init(&e, TOY_ADD, 1, &sim.executor);
    e.event.failed = stop_doomed;
    assert_false(toy_submit(&shard, &e));
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    sim.timers.now += 101; /* both at once */
    toy_log_finish_append(&store);
    sim_advance(&sim, 1);
    sim_settle(&sim);
    store.error = KW_ERROR_NONE;
    store.is_later = false;
    assert_int_equal(e.completed, 1);
    assert_int_equal(e.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(doomed.ticks, 0);
    assert_false(coordinator_timer_is_running(&doomed.timer));
    toy_event_init(&e, TOY_ADD, 1, &sim.executor);
    assert_true(toy_submit(&shard, &e)); /* the turn is free */
}

#define SHARD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(one_event),
        SHARD_TEST(others_wait_for_it),
        SHARD_TEST(one_of_the_queue),
        SHARD_TEST(its_records_are_appended_later),
        SHARD_TEST(unloaded_before_it_is_decided),
        SHARD_TEST(failed_before_it_is_decided),
        SHARD_TEST(ticks),
        SHARD_TEST(ticks_that_fail_are_tried_again),
        SHARD_TEST(stopped_on_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
