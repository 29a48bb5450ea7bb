/* SPDX-License-Identifier: Apache-2.0 */
/* crash_states [--seed S] [--seconds N] [--runs N] [--states N] [--generation G --point P --variant V] [--keep DIR]
 *
 * Records runs of a broker that follow from seeds: S, S + 1, ... (by the clock without --seed), N of them or as many as
 * the seconds allow; builds --states of the states that a crash of each may leave, and checks what a broker makes of
 * them. Each run has two more generations: what is recorded is the recovery from a crash of the one before.
 * --generation, --point and --variant check one state of the run of that seed, and --keep writes its log directories
 * below another one.
 * --for-kafka DIR writes all states that are checked, see keep.h.
 * Ends with a line of what was done; status 1 at the first state that is not as it must be, which is named. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../simulation/world.h"
#include "keep.h"
#include "ledger.h"
#include "run.h"
#include "tape.h"

enum { GENERATIONS = 3 };

int __real_clock_gettime(clockid_t clock, struct timespec *out);

struct options {
    uint64_t seed, runs, states, generation;
    double seconds;
    struct crash crash; /* point 0: all */
    const char *keep;
};

/* What is done at the moment. */
static struct {
    const char *name;
    uint64_t seed, generation;
    struct crash crash; /* point 0: none is checked */
} now;

static double seconds_now(void)
{
    struct timespec t;
    (void)__real_clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what is found ---- */

static void name_state(void)
{
    if (now.name != NULL)
        (void)fprintf(stderr, "run %s, seed %" PRIu64 ", generation %" PRIu64 ", after %" PRIu64 " states\n", now.name,
                      now.seed, now.generation, check_counts.states);
    if (now.name != NULL && now.crash.point != 0)
        (void)fprintf(stderr,
                      "to see the state again: --seed %" PRIu64 " --generation %" PRIu64
                      " --point %zu --variant %" PRIu64 " [--keep DIR]\n",
                      now.seed, now.generation, now.crash.point, now.crash.variant);
}

static void keep_state(const struct crash *crash, const char *folder)
{
    tape_load();
    crash_build(crash);
    keep_folder("/", folder);
    tape_unload();
}

static void print_tape(size_t until)
{
    static const char *const kinds[] = {"create",      "folder", "write",  "truncate", "sync",
                                        "sync folder", "rename", "remove", "touch"};
    for (size_t i = 0; i < until; i++) {
        const struct op *op = &tape.ops[i];
        (void)fprintf(stderr, "%zu %s node %u", i, kinds[op->kind], op->node);
        if (op->from_name != NULL)
            (void)fprintf(stderr, " from %u/%s", op->from, op->from_name);
        if (op->to_name != NULL)
            (void)fprintf(stderr, " to %u/%s", op->to, op->to_name);
        if (op->kind == OP_WRITE || op->kind == OP_TRUNCATE)
            (void)fprintf(stderr, " at %zu size %zu", op->position, op->size);
        (void)fputc('\n', stderr);
    }
}

/* ---- states ---- */

static void check(const struct checked_run *run, const struct crash *crash)
{
    now.crash = *crash;
    check_crash(run, crash);
    now.crash.point = 0;
}

static uint64_t any_variant(struct random_test *random)
{
    return random_below(random, 6) == 0 ? random_below(random, 2) : 2 + random_below(random, 1 << 20);
}

static struct crash any_crash(struct random_test *random)
{
    size_t first = run_first_point();
    struct crash crash = {first + 1, any_variant(random)};
    if (tape.count > first)
        crash.point = first + 1 + random_below(random, tape.count - first);
    return crash;
}

static void check_states(const struct options *o, const struct checked_run *run, struct random_test *random, double end)
{
    for (uint64_t i = 0; i < o->states && (end == 0 || seconds_now() < end); i++) {
        struct crash crash = any_crash(random);
        check(run, &crash);
    }
}

static void check_one(const struct options *o, const struct checked_run *run)
{
    if (o->crash.point > tape.count)
        broken("the run has %zu changes only", tape.count);
    if (o->keep != NULL)
        keep_state(&o->crash, o->keep);
    if (world.is_traced)
        print_tape(o->crash.point);
    check(run, &o->crash);
}

static void check_seed(const struct options *o, uint64_t seed, double end)
{
    enum run_kind kind = (enum run_kind)(seed % RUN_KINDS);
    struct random_test random;
    random_test_init(&random, seed);
    now.name = run_names[kind];
    now.seed = seed;
    now.generation = 0;
    world_start(seed);
    struct checked_run run = run_record(kind);
    for (;;) {
        struct crash next = any_crash(&random);
        if (o->crash.point == 0)
            check_states(o, &run, &random, end);
        else if (o->generation == now.generation)
            check_one(o, &run);
        if (++now.generation == GENERATIONS || (o->crash.point != 0 && now.generation > o->generation))
            break;
        random_test_init(&random, seed * 7 + now.generation);
        check_start_world(&next, 3);
        run = run_record_recovery(kind, &run, &next);
    }
    ledger_finish();
    tape_forget();
    world_finish();
}

/* ---- all of it ---- */

static void report(uint64_t runs, double seconds)
{
    const struct check_counts *c = &check_counts;
    printf("%" PRIu64 " states built and checked, %" PRIu64 " starts, %" PRIu64 " batches, %" PRIu64
           " offsets of groups, %" PRIu64 " transactions, %" PRIu64 " batches sent again\n",
           c->states, c->opened, c->batches, c->commits, c->transactions, c->producers);
    printf("%" PRIu64 " runs in %.1f s: %.0f states a minute\n", runs, seconds,
           seconds > 0 ? (double)c->states * 60 / seconds : 0);
}

static bool parse(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"runs", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 'd'},
        {"states", required_argument, NULL, 'n'},
        {"generation", required_argument, NULL, 'g'},
        {"point", required_argument, NULL, 'p'},
        {"variant", required_argument, NULL, 'v'},
        {"keep", required_argument, NULL, 'k'},
        {"for-kafka", required_argument, NULL, 'f'},
        {"trace", no_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        uint64_t number = optarg != NULL ? strtoull(optarg, NULL, 10) : 0;
        switch (option) {
        case 's':
            out->seed = number;
            break;
        case 'r':
            out->runs = number;
            break;
        case 'd':
            out->seconds = strtod(optarg, NULL);
            break;
        case 'n':
            out->states = number;
            break;
        case 'g':
            out->generation = number;
            break;
        case 'p':
            out->crash.point = (size_t)number;
            break;
        case 'v':
            out->crash.variant = number;
            break;
        case 'k':
            out->keep = optarg;
            break;
        case 'f':
            check_observer = keep_for_kafka(optarg);
            break;
        case 't':
            world.is_traced = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct timespec t;
    (void)__real_clock_gettime(CLOCK_REALTIME, &t);
    struct options options = {.seed = (uint64_t)t.tv_sec * 1000, .runs = 1, .states = 200};
    if (!parse(argc, argv, &options))
        return 2;
    double start = seconds_now(), end = options.seconds > 0 ? start + options.seconds : 0;
    uint64_t runs = 0;
    (void)atexit(name_state);
    printf("seed %" PRIu64 "\n", options.seed);
    while (runs < options.runs || seconds_now() < end) {
        check_seed(&options, options.seed + runs++, end);
        if (end > 0 && seconds_now() >= end)
            break;
    }
    now.name = NULL;
    report(runs, seconds_now() - start);
    return 0;
}
