/* SPDX-License-Identifier: Apache-2.0 */
/* Deadlines of events, and the timers of a machine, wherever the turn is. */
#include "shard_support.h"

/* ---- time ---- */

static void time_is_over(void **state)
{
    (void)state;
    struct toy_event first, second, third;
    store.is_later = true;
    toy_event_init(&first, TOY_ADD, 2, &sim.executor);
    toy_event_init(&second, TOY_ADD, 2, &sim.executor);
    toy_event_init(&third, TOY_READ, 2, &sim.executor);
    assert_false(toy_submit(&shard, &first));
    sim_advance(&sim, 100);
    assert_false(toy_submit(&shard, &second));
    assert_false(toy_submit(&shard, &third));
    sim_advance(&sim, TOY_TIMEOUT - 101);
    assert_int_equal(first.completed, 0);
    sim_advance(&sim, 1);
    assert_completed(&first, KW_ERROR_REQUEST_TIMED_OUT);
    assert_int_equal(second.completed, 0);
    sim_advance(&sim, 99);
    assert_int_equal(second.completed, 0);
    sim_advance(&sim, 1);
    assert_completed(&second, KW_ERROR_REQUEST_TIMED_OUT);
    assert_completed(&third, KW_ERROR_REQUEST_TIMED_OUT);
    store.is_later = false; /* the records stay */
    toy_log_finish_append(&store);
    sim_settle(&sim);
    assert_int_equal(toy_count(&toy, 2), 1);
    assert_int_equal(store.end, 2);
    assert_state_is_log();
    toy_event_init(&first, TOY_ADD, 2, &sim.executor);
    assert_true(toy_submit(&shard, &first));
    assert_completed(&first, KW_ERROR_NONE);
}

/* Some are completed in time, others wait on. */
static void time_is_not_over(void **state)
{
    (void)state;
    struct toy_event events[2];
    store.others_lag = true;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        toy_event_init(&events[i], TOY_ADD, 2, &sim.executor);
        assert_false(toy_submit(&shard, &events[i]));
        sim_advance(&sim, TOY_TIMEOUT / 2);
    }
    toy_log_move(&store, 1);
    sim_run_posted(&sim);
    assert_completed(&events[0], KW_ERROR_REQUEST_TIMED_OUT); /* the watermark is as late as can be */
    sim_advance(&sim, TOY_TIMEOUT / 2 - 1);
    assert_int_equal(events[1].completed, 0);
    toy_log_move(&store, 2);
    sim_run_posted(&sim);
    assert_completed(&events[1], KW_ERROR_NONE);
    sim_advance(&sim, TOY_TIMEOUT);
}

/* ---- timers ---- */

static void timers_tick(void **state)
{
    (void)state;
    struct toy_timer a = {.timer.tick = tick, .how = TOY_ADD}, b = {.timer.tick = tick, .how = TOY_READ};
    struct toy_timer c = {.timer.tick = tick, .how = TOY_ADD};
    int64_t start = sim.timers.now;
    set_timer(&a, 1000);
    set_timer(&b, 70);
    set_timer(&c, 500);
    assert_true(coordinator_timer_is_running(&c.timer));
    set_timer(&c, -1);
    assert_false(coordinator_timer_is_running(&c.timer));
    set_timer(&a, 2000); /* anew */
    sim_advance(&sim, 69);
    assert_int_equal(b.ticks, 0);
    sim_advance(&sim, 1);
    assert_int_equal(b.ticks, 1);
    assert_int_equal(b.at, start + 70);
    sim_advance(&sim, 1929);
    assert_int_equal(a.ticks, 0);
    sim_advance(&sim, 1);
    assert_int_equal(a.ticks, 1);
    assert_int_equal(a.at, start + 2000);
    assert_int_equal(toy_count(&toy, 4), 0);
    sim_advance(&sim, 100000);
    assert_int_equal(a.ticks + b.ticks, 2);
    assert_int_equal(c.ticks, 0);
    assert_state_is_log();
}

/* Of two that are due together the first one stops or starts the other one. */
static void a_tick_changes_timers(void **state)
{
    (void)state;
    struct toy_timer b = {.timer.tick = tick}, c = {.timer.tick = tick}, d = {.timer.tick = tick};
    struct toy_timer a = {.timer.tick = tick, .stops = &b, .starts = &c};
    set_timer(&a, 100);
    set_timer(&b, 100);
    set_timer(&c, 100);
    set_timer(&d, 100);
    sim_advance(&sim, 100);
    assert_int_equal(a.ticks, 1);
    assert_int_equal(b.ticks, 0);
    assert_int_equal(c.ticks, 0);
    assert_int_equal(d.ticks, 1);
    sim_advance(&sim, 1000);
    assert_int_equal(b.ticks, 0);
    assert_int_equal(c.ticks, 1);
    a.stops = &c; /* the last one that is due */
    a.starts = NULL;
    set_timer(&a, 100);
    set_timer(&c, 100);
    sim_advance(&sim, 100);
    set_timer(&d, 0);
    sim_advance(&sim, 1);
    assert_int_equal(c.ticks, 1);
    assert_int_equal(d.ticks, 2);
}

/* One that starts itself is periodic. */
static void a_timer_starts_itself(void **state)
{
    (void)state;
    struct toy_timer a = {.timer.tick = tick, .how = TOY_ADD};
    a.starts = &a;
    set_timer(&a, 1000);
    sim_advance(&sim, 5500);
    assert_int_equal(a.ticks, 5);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR; /* it runs, so it is not tried again earlier */
    sim_advance(&sim, 500);
    assert_int_equal(a.ticks, 6);
    sim_advance(&sim, 999);
    assert_int_equal(a.ticks, 6);
    store.error = KW_ERROR_NONE;
    a.starts = NULL;
    sim_advance(&sim, 1);
    assert_int_equal(a.ticks, 7);
    assert_int_equal(toy_count(&toy, 4), 5);
}

static void a_tick_fails(void **state)
{
    (void)state;
    struct toy_timer a = {.timer.tick = tick, .how = TOY_ADD}, b = {.timer.tick = tick, .how = TOY_NO_MEMORY};
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    set_timer(&a, 100);
    set_timer(&b, 100);
    sim_advance(&sim, 100);
    assert_int_equal(a.ticks, 1);
    assert_int_equal(b.ticks, 1);
    assert_int_equal(toy_count(&toy, 4), -1);
    store.error = KW_ERROR_NONE;
    b.how = TOY_READ;
    sim_advance(&sim, TICK_RETRY_MS - 1);
    assert_int_equal(a.ticks + b.ticks, 2);
    sim_advance(&sim, 1);
    assert_int_equal(a.ticks, 2);
    assert_int_equal(b.ticks, 2);
    assert_int_equal(toy_count(&toy, 4), 0);
    sim_advance(&sim, 10000);
    assert_int_equal(a.ticks + b.ticks, 4);
}

/* Whoever has stopped it meanwhile has perhaps freed it. */
static void a_tick_fails_after_its_timer_has_gone(void **state)
{
    (void)state;
    struct toy_timer *a = calloc(1, sizeof *a);
    a->timer.tick = tick;
    a->how = TOY_ADD;
    set_timer(a, 100);
    store.is_later = true;
    sim_advance(&sim, 100);
    assert_int_equal(a->ticks, 1);
    struct timer_event e = {.timer = &a->timer, .in_ms = -1};
    toy_event_init(&e.event, TOY_READ, 0, &sim.executor);
    e.event.event.decide = decide_timer;
    assert_false(toy_submit(&shard, &e.event));
    free(a);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    toy_log_finish_append(&store);
    sim_run_posted(&sim);
    assert_completed(&e.event, KW_ERROR_KAFKA_STORAGE_ERROR);
    sim_advance(&sim, 10000);
    assert_int_equal(toy_count(&toy, 4), -1);
}

/* The deadline passes while another thread has the turn, which is where the tick is decided. */
static void fire_deadlines(struct coordinator_event *event, struct coordinator_decision *d)
{
    toy_decide(event, d);
    sim_advance(&sim, 100);
}

static void deadline_while_the_turn_is_elsewhere(void **state)
{
    (void)state;
    struct toy_timer a = {.timer.tick = tick, .how = TOY_ADD};
    struct toy_event add;
    set_timer(&a, 100);
    toy_event_init(&add, TOY_ADD, 4, &other.executor);
    add.event.decide = fire_deadlines;
    assert_true(toy_submit(&shard, &add));
    assert_completed(&add, KW_ERROR_NONE);
    assert_int_equal(a.ticks, 1);
    assert_int_equal(toy_count(&toy, 4), 1);
    assert_int_equal(store.appends, 1); /* together */
}

static struct toy_timer many[100];

static void start_many(void)
{
    memset(many, 0, sizeof many);
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i].timer.tick = tick;
        many[i].how = TOY_ADD;
        set_timer(&many[i], 100);
    }
}

static size_t ticks_of_many(void)
{
    size_t ticks = 0;
    for (size_t i = 0; i < COUNT_OF(many); i++)
        ticks += (size_t)many[i].ticks;
    return ticks;
}

/* More than one thread does in one go, and nothing is queued. */
static void many_timers_are_due(void **state)
{
    (void)state;
    start_many();
    sim_advance(&sim, 99);
    timer_wheel_advance(&sim.timers, sim.timers.now + 1);
    assert_int_equal(ticks_of_many(), 64);
    assert_int_equal(store.appends, 1);
    sim_run_posted(&sim);
    assert_int_equal(ticks_of_many(), COUNT_OF(many));
    assert_int_equal(store.appends, 2);
    sim_advance(&sim, 1000);
    assert_int_equal(ticks_of_many(), COUNT_OF(many));
}

static void tick_and_unload(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    tick(timer, d);
    shard_unload(&shard);
}

/* Those that are due do not tick any more. */
static void unloaded_while_timers_are_due(void **state)
{
    (void)state;
    start_many();
    many[9].timer.tick = tick_and_unload;
    sim_advance(&sim, 100);
    assert_int_equal(ticks_of_many(), 10);
    assert_int_equal(unloaded, 1);
    assert_int_equal(released, 1);
    assert_int_equal(store.end, 10);
    sim_advance(&sim, 1000);
    assert_int_equal(ticks_of_many(), 10);
    shard_finish(&shard);
    released = unloaded = 0;
    make_shard();
    shard_loaded(&shard, store.end);
}

/* The home executor has a timer for a later deadline, and has not started the one for the earlier one yet. */
static void earlier_deadlines(void **state)
{
    (void)state;
    struct toy_timer timers[20];
    memset(timers, 0, sizeof timers);
    for (size_t i = 0; i < COUNT_OF(timers); i++) {
        timers[i].timer.tick = tick;
        struct timer_event e = {.timer = &timers[i].timer, .in_ms = 1000 - 10 * (int64_t)i};
        toy_event_init(&e.event, TOY_READ, 0, &other.executor);
        e.event.event.decide = decide_timer;
        assert_true(toy_submit(&shard, &e.event));
        if (i % 3 == 0)
            sim_run_posted(&sim);
    }
    int64_t start = sim.timers.now;
    sim_advance(&sim, 0);
    sim_advance(&sim, 1000);
    for (size_t i = 0; i < COUNT_OF(timers); i++) {
        assert_int_equal(timers[i].ticks, 1);
        assert_int_equal(timers[i].at, start + 1000 - 10 * (int64_t)i);
    }
}

#define SHARD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(time_is_over),
        SHARD_TEST(time_is_not_over),
        SHARD_TEST(timers_tick),
        SHARD_TEST(a_tick_changes_timers),
        SHARD_TEST(a_timer_starts_itself),
        SHARD_TEST(a_tick_fails),
        SHARD_TEST(a_tick_fails_after_its_timer_has_gone),
        SHARD_TEST(deadline_while_the_turn_is_elsewhere),
        SHARD_TEST(many_timers_are_due),
        SHARD_TEST(unloaded_while_timers_are_due),
        SHARD_TEST(earlier_deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
