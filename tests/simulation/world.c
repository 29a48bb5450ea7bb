/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct world world;

/* ---- random numbers ---- */

size_t pick(size_t limit)
{
    return random_below(&world.choices, limit);
}

int64_t pick_from(int64_t least, int64_t most)
{
    return least + (int64_t)pick((size_t)(most - least + 1));
}

bool one_in(size_t many)
{
    return pick(many) == 0;
}

/* ---- what is expected ---- */

static bool is_before(const struct happening *a, const struct happening *b)
{
    return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void put(size_t place, struct happening *h)
{
    world.expected[place] = h;
    h->place = place;
}

/* Moves it to where it belongs, from a place that is free. */
static void sift(size_t place, struct happening *h)
{
    for (; place > 1 && is_before(h, world.expected[place / 2]); place /= 2)
        put(place, world.expected[place / 2]);
    for (size_t child; (child = place * 2) <= world.expected_count; place = child) {
        if (child < world.expected_count && is_before(world.expected[child + 1], world.expected[child]))
            child++;
        if (!is_before(world.expected[child], h))
            break;
        put(place, world.expected[child]);
    }
    put(place, h);
}

bool is_expected(const struct happening *h)
{
    return h->place != 0;
}

void happen_not(struct happening *h)
{
    size_t place = h->place;
    if (place == 0)
        return;
    struct happening *last = world.expected[world.expected_count--];
    h->place = 0;
    if (last != h)
        sift(place, last);
}

void happen_in(struct happening *h, int64_t ms)
{
    happen_not(h);
    h->time = world.now + ms;
    h->order = ++world.ordered;
    if (world.expected_count + 2 > world.expected_capacity) {
        world.expected_capacity = 2 * world.expected_capacity + 64;
        world.expected = realloc(world.expected, world.expected_capacity * sizeof(struct happening *));
        if (world.expected == NULL)
            abort();
    }
    sift(++world.expected_count, h);
}

/* ---- the next thing ---- */

static bool has_due(void)
{
    return world.expected_count != 0 && world.expected[1]->time <= world.now;
}

static void happen_next(void)
{
    struct happening *h = world.expected[1];
    happen_not(h);
    h->happen(h);
}

static bool has_posted(size_t thread)
{
    return world.threads[thread].posted != NULL;
}

static bool has_work(size_t thread)
{
    return world.threads[thread].offloaded != NULL && world.slow_until[thread] <= world.now;
}

/* One of what can happen now, whichever. False: nothing can. */
static bool act(void)
{
    size_t kinds[2 * THREADS + 1], count = 0;
    for (size_t i = 0; i < THREADS; i++) {
        if (has_posted(i))
            kinds[count++] = i;
        if (has_work(i))
            kinds[count++] = THREADS + i;
    }
    if (has_due())
        kinds[count++] = (size_t)2 * THREADS;
    if (count == 0)
        return false;
    size_t kind = kinds[count == 1 ? 0 : pick(count)];
    world.counts.events++;
    if (kind == (size_t)2 * THREADS)
        happen_next();
    else if (kind < THREADS)
        (void)sim_run_one(&world.threads[kind]);
    else if (one_in(world.slow_one_in))
        world.slow_until[kind - THREADS] = world.now + pick_from(1, 300);
    else
        (void)sim_run_worker(&world.threads[kind - THREADS]);
    return true;
}

/* INT64_MAX: nothing will happen. */
static int64_t next_time(void)
{
    int64_t next = world.expected_count != 0 ? world.expected[1]->time : INT64_MAX;
    for (size_t i = 0; i < THREADS; i++) {
        int64_t timer = timer_wheel_next(&world.threads[i].timers);
        if (timer < next)
            next = timer;
        if (world.threads[i].offloaded != NULL && world.slow_until[i] < next)
            next = world.slow_until[i];
    }
    return next;
}

static void move_to(int64_t time)
{
    world.now = time;
    for (size_t i = 0; i < THREADS; i++)
        timer_wheel_advance(&world.threads[i].timers, time);
}

void world_step(void)
{
    if (act())
        return;
    int64_t next = next_time();
    move_to(next < INT64_MAX && next > world.now ? next : world.now + 1);
}

void world_pass(int64_t ms)
{
    for (int64_t end = world.now + ms; world.now < end;) {
        if (act())
            continue;
        int64_t next = next_time();
        move_to(next < end ? (next > world.now ? next : world.now + 1) : end);
    }
}

int64_t world_latest(void)
{
    if (world.epoch + world.now > world.latest)
        world.latest = world.epoch + world.now;
    return world.latest;
}

void world_set_clock(int64_t epoch)
{
    (void)world_latest();
    world.epoch = epoch;
}

void world_settle(void)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < THREADS; i++)
            while (sim_run_one(&world.threads[i]) || sim_run_worker(&world.threads[i]))
                more = true;
    }
}

/* ---- the world ---- */

void world_start(uint64_t seed)
{
    bool is_traced = world.is_traced;
    memset(&world, 0, sizeof world);
    world.is_traced = is_traced;
    world.seed = seed;
    random_test_init(&world.choices, seed);
    random_test_init(&world.entropy, ~seed);
    world.digest = HASH_START;
    world.now = 1000; /* as sim_init() has it */
    world.jumped_at = INT64_MIN / 2;
    world.slow_one_in = 200;
    world.epoch = 1700000000000 + pick_from(0, 1000000000);
    for (size_t i = 0; i < THREADS; i++)
        sim_init(&world.threads[i]);
}

void world_finish(void)
{
    free(world.expected);
    world.expected = NULL;
    world.expected_count = world.expected_capacity = 0;
}

void world_digest(const void *bytes, size_t size)
{
    world.digest = world.digest * 31 + hash_bytes(HASH_START, bytes, size);
    world.digest = world.digest * 31 + (uint64_t)world.now;
}

/* ---- what is said ---- */

static void say(const char *format, va_list arguments)
{
    (void)fprintf(stderr, "%10" PRId64 " ", world.now);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
}

void note(const char *format, ...)
{
    if (!world.is_traced)
        return;
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void broken(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("FAILED ", stderr);
    say(format, arguments);
    va_end(arguments);
    const char *commit = getenv("TORTURE_COMMIT");
    if (commit != NULL)
        (void)fprintf(stderr, "commit %s, ", commit);
    (void)fprintf(stderr, "seed %" PRIu64 ", after %" PRIu64 " events; to see it again: --seed %" PRIu64 " --trace\n",
                  world.seed, world.counts.events, world.seed);
    exit(1);
}
