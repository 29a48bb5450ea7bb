/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_SHARD_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_SHARD_SUPPORT_H

/* A shard with a machine of counters, a log in memory and a clock of the test's own. */

#include "../support/sim.h"
#include "toy_machine.h"

#include "../support/garbage.h"
#include "../support/random_test.h"

static struct sim sim;
static struct sim other; /* the executor of events that are another thread's */
static struct toy toy;
static struct toy_log store;
static struct shard shard;
static struct random_test random_source;
static const struct metadata_image *image;
static int released, unloaded;
static int64_t extra_clock; /* moves while events are decided */

static inline int64_t wall(void)
{
    return 1700000000000;
}

static inline int64_t clock_of_sim(void)
{
    return sim.timers.now + extra_clock;
}

static inline void note_released(struct shard *s)
{
    assert_ptr_equal(s, &shard);
    released++;
}

static inline void make_shard(void)
{
    const struct shard_options options = {
        .machine = &toy_calls,
        .state = &toy,
        .image = image,
        .sink = toy_sink(&store),
        .leader_epoch = TOY_EPOCH,
        .home = &sim.executor,
        .random = &random_source.source,
        .now = wall,
        .clock = clock_of_sim,
        .timeout_ms = TOY_TIMEOUT,
        .linger_ms = -1,
        .released = note_released,
        .name = "toy-0",
    };
    fill_with_garbage(&shard, sizeof shard);
    assert_true(shard_init(&shard, &options));
}

static inline int set_up(void **state)
{
    (void)state;
    const struct metadata_parts nothing = {.epoch = -1};
    sim_init(&sim);
    sim_init(&other);
    random_test_init(&random_source, 1);
    image = metadata_image_create(&nothing);
    assert_non_null(image);
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    released = unloaded = 0;
    extra_clock = 0;
    toy_log_init(&store);
    make_shard();
    shard_loaded(&shard, 0);
    return 0;
}

static inline void end_shard(void)
{
    shard_unload(&shard);
    if (store.append != NULL)
        toy_log_finish_append(&store);
    sim_settle(&sim);
    sim_settle(&other);
    assert_int_equal(released, 1);
    assert_int_equal(unloaded, 1);
    assert_null(store.watcher);
    assert_int_equal(timer_wheel_next(&sim.timers), INT64_MAX);
    shard_finish(&shard);
}

static inline int tear_down(void **state)
{
    (void)state;
    end_shard();
    toy_log_free(&store);
    bool is_free = atomic_load(&image->references) == 1;
    metadata_image_release(image);
    return is_free ? 0 : -1;
}

/* The state is what the log says. */
static inline void assert_state_is_log(void)
{
    struct toy replayed = {.unloaded = NULL};
    toy_replay_from(&replayed, &store, 0);
    toy_assert_same(&toy, &replayed);
    toy_free_counters(&replayed);
}

static inline void assert_completed(const struct toy_event *e, int16_t error)
{
    assert_int_equal(e->completed, 1);
    assert_int_equal(e->error, error);
    assert_int_equal(e->failed, e->decided != 0 && error != KW_ERROR_NONE ? 1 : 0);
    if (e->failed != 0)
        assert_int_equal(e->failed_with, error);
}

/* ---- a queue ---- */

static struct toy_event queued[200];
static int decided_order[COUNT_OF(queued)];
static int decided_count;

static inline void decide_and_note(struct coordinator_event *event, struct coordinator_decision *d)
{
    decided_order[decided_count++] = (int)((struct toy_event *)(void *)event - queued);
    toy_decide(event, d);
}

/* Submits the rest while the first one is decided, as other threads would. */
static inline void decide_and_submit(struct coordinator_event *event, struct coordinator_decision *d)
{
    decide_and_note(event, d);
    for (size_t i = 1; i < COUNT_OF(queued); i++) {
        toy_event_init(&queued[i], TOY_ADD, 2, i < 100 ? &other.executor : &sim.executor);
        queued[i].event.decide = decide_and_note;
        assert_false(toy_submit(&shard, &queued[i]));
    }
}

static inline void start_queue(void)
{
    decided_count = 0;
    toy_event_init(&queued[0], TOY_ADD, 2, &sim.executor);
    queued[0].event.decide = decide_and_submit;
}

/* ---- timers ---- */

struct toy_timer {
    struct coordinator_timer timer;
    int ticks;
    enum toy_how how;
    int64_t at; /* of the last tick */
    struct toy_timer *stops;
    struct toy_timer *starts;
};

static inline void tick(struct coordinator_timer *timer, struct coordinator_decision *d)
{
    struct toy_timer *t = (struct toy_timer *)(void *)timer;
    struct toy_event event;
    t->ticks++;
    t->at = d->clock;
    toy_event_init(&event, t->how, 4, NULL);
    toy_decide(&event.event, d);
    if (t->stops != NULL)
        coordinator_timer_stop(&t->stops->timer);
    if (t->starts != NULL)
        coordinator_timer_start(d->shard, &t->starts->timer, d->clock + 1000);
}

struct timer_event {
    struct toy_event event; /* the first member */
    struct coordinator_timer *timer;
    int64_t in_ms; /* -1: it is stopped */
};

static inline void decide_timer(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct timer_event *e = (struct timer_event *)(void *)event;
    e->event.decided++;
    if (e->in_ms >= 0)
        coordinator_timer_start(d->shard, e->timer, d->clock + e->in_ms);
    else
        coordinator_timer_stop(e->timer);
}

static inline void set_timer(struct toy_timer *timer, int64_t in_ms)
{
    struct timer_event e = {.timer = &timer->timer, .in_ms = in_ms};
    toy_event_init(&e.event, TOY_READ, 0, &sim.executor);
    e.event.event.decide = decide_timer;
    assert_true(toy_submit(&shard, &e.event));
    sim_run_posted(&sim);
}

#endif
