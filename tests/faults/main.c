/* SPDX-License-Identifier: Apache-2.0 */
/* faults [--seed S] [--seconds N] [--calls | --damage] [--every K] [--way W [--call C]] [--trace] [--errors]
 *
 * A whole broker on a disk of which calls fail, and on directories with damaged files. Random ones that follow from the
 * seed, as many as the seconds allow; or with --every each K-th call, and damage of each K-th byte. Ends with what was
 * done; status 1 at the first thing that must not be. docs/reliability.md */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../simulation/world.h"
#include "calls.h"
#include "damage.h"
#include "judge.h"

int __real_clock_gettime(clockid_t clock, struct timespec *out);

enum { MOST_WAYS = 64 };

static struct options {
    uint64_t seed;
    double seconds;
    bool only_calls, only_damage;
    size_t every;
    size_t way, call;
    bool has_way, has_call;
    bool prints_errors;
    const char *path; /* of a file that is damaged at `at`, in that way, once */
    size_t at, kind;
} options = {.seconds = 10};

static bool is_finished;
static const char *(*subject)(void) = calls_subject;

static void print_subject(void)
{
    if (!is_finished)
        (void)fprintf(stderr, "%s\n", subject());
}

static double seconds_now(void)
{
    struct timespec now;
    (void)__real_clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- calls that fail ---- */

static void run_every(size_t way)
{
    size_t calls = calls_in(way);
    for (size_t pass = options.seed % options.every; pass < calls; pass += options.every)
        calls_run(way, pass);
}

static void run_calls(void)
{
    if (options.has_call)
        calls_run(options.way, options.call);
    else if (options.has_way)
        run_every(options.way);
    else
        for (size_t way = 0; way < calls_ways(); way++)
            run_every(way);
}

static void run_some_calls(struct random_test *random, double until)
{
    static size_t calls[MOST_WAYS];
    while (seconds_now() < until) {
        size_t way = random_below(random, calls_ways());
        if (calls[way] == 0)
            calls[way] = calls_in(way);
        calls_run(way, random_below(random, calls[way]));
    }
}

/* ---- damaged files ---- */

static void damage_some(struct random_test *random, double until)
{
    while (seconds_now() < until) {
        size_t file = random_below(random, damage_files());
        if (damage_size(file) != 0)
            damage_run(file, (enum damage)random_below(random, DAMAGES), random_below(random, damage_size(file)));
    }
}

static void damage_every(void)
{
    for (size_t file = 0; file < damage_files(); file++)
        for (int damage = 0; damage < DAMAGES; damage++)
            for (size_t at = options.seed % options.every; at < damage_size(file); at += options.every)
                damage_run(file, (enum damage)damage, at);
}

static void run_damage(struct random_test *random, double seconds)
{
    subject = damage_subject;
    for (int clean = 1; clean >= 0; clean--) {
        damage_prepare(clean != 0);
        if (options.path != NULL)
            damage_named(options.path, (enum damage)options.kind, options.at);
        else if (options.every > 1)
            damage_every();
        else
            damage_some(random, seconds_now() + seconds / 2);
        damage_finish();
    }
    damage_print();
    subject = calls_subject;
}

/* ---- options ---- */

static bool parse(int argc, char **argv)
{
    static const struct option known_options[] = {
        {"seed", required_argument, NULL, 's'},
        {"seconds", required_argument, NULL, 'd'},
        {"calls", no_argument, NULL, 'c'},
        {"damage", no_argument, NULL, 'b'},
        {"every", required_argument, NULL, 'e'},
        {"way", required_argument, NULL, 'w'},
        {"call", required_argument, NULL, 'n'},
        {"trace", no_argument, NULL, 't'},
        {"errors", no_argument, NULL, 'p'},
        {"file", required_argument, NULL, 'f'},
        {"kind", required_argument, NULL, 'k'},
        {"at", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", known_options, NULL)) != -1;) {
        switch (option) {
        case 's':
            options.seed = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            options.seconds = strtod(optarg, NULL);
            break;
        case 'c':
            options.only_calls = true;
            break;
        case 'b':
            options.only_damage = true;
            break;
        case 'e':
            options.every = (size_t)strtoull(optarg, NULL, 10);
            break;
        case 'w':
            options.way = (size_t)strtoull(optarg, NULL, 10);
            options.has_way = true;
            break;
        case 'n':
            options.call = (size_t)strtoull(optarg, NULL, 10);
            options.has_call = true;
            break;
        case 't':
            world.is_traced = true;
            break;
        case 'f':
            options.path = optarg;
            break;
        case 'k':
            options.kind = (size_t)strtoull(optarg, NULL, 10);
            break;
        case 'a':
            options.at = (size_t)strtoull(optarg, NULL, 10);
            break;
        case 'p':
            options.prints_errors = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc && options.way < calls_ways();
}

int main(int argc, char **argv)
{
    struct timespec now;
    (void)__real_clock_gettime(CLOCK_REALTIME, &now);
    options.seed = (uint64_t)now.tv_sec;
    if (!parse(argc, argv))
        return 2;
    (void)atexit(print_subject);
    struct random_test random;
    random_test_init(&random, options.seed);
    double start = seconds_now();
    if (options.every == 0)
        options.every = 1;
    double seconds = options.only_calls || options.only_damage ? options.seconds : options.seconds / 2;
    if (options.has_way || (options.every > 1 && !options.only_damage))
        run_calls();
    else if (!options.only_damage)
        run_some_calls(&random, start + seconds);
    if (!options.has_way && !options.only_calls)
        run_damage(&random, seconds);
    is_finished = true;
    if (options.prints_errors)
        judge_print_errors();
    printf("%" PRIu64 " lives, %" PRIu64 " calls that failed, %.1f s, seed %" PRIu64 "\n", calls_counts.lives,
           calls_counts.failures, seconds_now() - start, options.seed);
    return 0;
}
