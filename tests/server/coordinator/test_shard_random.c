/* SPDX-License-Identifier: Apache-2.0 */
/* Random events, appends that come late or fail, memory that is short, shards that are unloaded and loaded: events that
 * have succeeded have seen each other and nothing else, in the order in which they were decided, and the log has just
 * them, up to every batch. */
#include "shard_support.h"

#include "../support/captured.h"

enum { RUNS = 2000, STEPS = 300 };

static struct toy_event events[STEPS];
static struct toy_event *order[STEPS]; /* as they were decided */
static size_t event_count, decided;
static struct random_test choices;

static void decide_in_order(struct coordinator_event *event, struct coordinator_decision *d)
{
    order[decided++] = (struct toy_event *)(void *)event;
    toy_decide(event, d);
}

static void submit_random(void)
{
    static const enum toy_how hows[] = {TOY_READ, TOY_ADD, TOY_ADD, TOY_ADD, TOY_REMOVE, TOY_PUT_ALL, TOY_NO_MEMORY};
    struct toy_event *e = &events[event_count++];
    enum toy_how how = hows[random_below(&choices, COUNT_OF(hows))];
    toy_event_init(e, how, (int32_t)random_below(&choices, TOY_COUNTERS),
                   random_below(&choices, 2) == 0 ? &sim.executor : &other.executor);
    e->event.decide = decide_in_order;
    e->padding = random_below(&choices, 200);
    (void)toy_submit(&shard, e);
}

/* What nobody was answered must not be in the log, so that it is known what is. */
static void load_again(void)
{
    store.others_lag = false;
    toy_log_move(&store, store.end);
    sim_settle(&sim);
    sim_settle(&other);
    store.error = store.is_later ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_NONE;
    end_shard();
    store.error = KW_ERROR_NONE;
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    released = unloaded = 0;
    toy_replay_from(&toy, &store, 0);
    make_shard();
    shard_loaded(&shard, store.end);
}

static void settle_all(void)
{
    do {
        if (store.append != NULL)
            toy_log_finish_append(&store);
        toy_log_move(&store, store.end);
        sim_settle(&sim);
        sim_settle(&other);
    } while (store.append != NULL || sim.posted != NULL || shard.waiting != NULL);
}

static void step(void)
{
    switch (random_below(&choices, 16)) {
    case 0:
        store.is_later = !store.is_later || store.append != NULL;
        break;
    case 1:
        store.error = random_below(&choices, 2) == 0 ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_NONE;
        break;
    case 2:
        toy.fails_after = (unsigned)random_below(&choices, 12);
        toy.failure = KW_ERR_NO_MEMORY;
        break;
    case 3:
        store.others_lag = !store.others_lag;
        break;
    case 4:
        if (random_below(&choices, 20) == 0)
            load_again();
        break;
    case 5:
    case 6:
        if (store.append != NULL)
            toy_log_finish_append(&store);
        break;
    case 7:
        if (store.others_lag)
            toy_log_move(&store, store.end - (int64_t)random_below(&choices, 4));
        break;
    case 8:
        sim_advance(&sim, (int64_t)random_below(&choices, 10)); /* never so far that it is over for an event */
        break;
    case 9:
        sim_run_posted(&sim);
        break;
    case 10:
        sim_run_posted(&other);
        break;
    default:
        submit_random();
    }
}

/* ---- what must be ---- */

static int64_t model[TOY_COUNTERS];

/* Returns the number of its records. */
static int64_t apply(const struct toy_event *e)
{
    assert_int_equal(e->seen, model[e->number]);
    switch (e->how) {
    case TOY_ADD:
        model[e->number] = e->seen + 1;
        return 1;
    case TOY_REMOVE:
        model[e->number] = -1;
        return 1;
    case TOY_PUT_ALL:
        for (int32_t i = 0; i < TOY_COUNTERS; i++)
            model[i] = e->seen + 100 + i;
        return TOY_COUNTERS;
    default:
        return 0;
    }
}

static void assert_is_model(const struct toy *is)
{
    for (int32_t i = 0; i < TOY_COUNTERS; i++)
        assert_int_equal(toy_count(is, i), model[i]);
}

/* The log up to the batch that ends at this offset; false: no batch does. */
static bool replay_up_to(struct toy *replayed, size_t *batches, int64_t *at, int64_t end)
{
    struct toy_log rest = store;
    kw_batches iterator;
    kw_batch batch;
    while (*at < end) {
        kw_batches_init_memory(&iterator, store.bytes + *batches, store.size - *batches);
        assert_true(kw_batches_next(&iterator, &batch));
        if (kw_batch_next_offset(&batch) > end)
            return false;
        rest.bytes = store.bytes + *batches;
        rest.size = batch.size;
        assert_int_equal(batch.base_offset, *at);
        toy_replay_from(replayed, &rest, *at);
        *batches += batch.size;
        *at = kw_batch_next_offset(&batch);
    }
    return true;
}

static bool has_failed(const struct toy_event *e)
{
    return e->error != KW_ERROR_NONE;
}

static void assert_all(void)
{
    struct toy replayed = {.unloaded = NULL};
    size_t batches = 0, prefixes = 0;
    int64_t at = 0, end = 0;
    for (size_t i = 0; i < TOY_COUNTERS; i++)
        model[i] = -1;
    for (size_t i = 0; i < event_count; i++)
        assert_completed(&events[i], events[i].error);
    for (size_t i = 0; i < decided; i++) {
        if (has_failed(order[i]))
            continue;
        end += apply(order[i]);
        if (replay_up_to(&replayed, &batches, &at, end)) {
            assert_is_model(&replayed);
            prefixes++;
        }
    }
    assert_int_equal(end, store.end);
    assert_int_equal(at, store.end);
    assert_true(store.appends == 0 || prefixes != 0);
    assert_is_model(&toy);
    toy_free_counters(&replayed);
}

static void random_run(uint64_t seed)
{
    random_test_init(&choices, seed);
    event_count = decided = 0;
    for (size_t i = 0; i < STEPS; i++) {
        step();
        if (i % 100 == 99) {
            settle_all();
            assert_int_equal(atomic_load(&store.high_watermark), store.end);
        }
    }
    store.error = KW_ERROR_NONE;
    settle_all();
    assert_all();
}

static void random_runs(void **state)
{
    (void)state;
    static size_t succeeded, failed;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        assert_int_equal(set_up(NULL), 0);
        store.max_batch = 2200;
        if (seed % 3 == 0)
            store.max_batch = 100000;
        random_run(seed);
        for (size_t i = 0; i < event_count; i++)
            *(has_failed(&events[i]) ? &failed : &succeeded) += 1;
        assert_int_equal(tear_down(NULL), 0);
    }
    assert_true(succeeded > 10 * RUNS && failed > 10 * RUNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
