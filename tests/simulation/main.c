/* SPDX-License-Identifier: Apache-2.0 */
/* simulation [--seed S] [--runs N] [--seconds S] [--minutes M] [--trace] [--twice]
 *
 * Runs the broker in worlds that follow from seeds: S, S + 1, ... (by the clock without --seed), N of them or as many
 * as the seconds allow. --minutes: of simulated storm in each. --twice: each is run twice, and must be the same.
 * --trace prints what happens. Ends with a line of what was done; status 1 at the first thing that must not be. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run.h"
#include "world.h"

int __real_clock_gettime(clockid_t clock, struct timespec *out);

static double seconds_now(void)
{
    struct timespec now;
    (void)__real_clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct options {
    uint64_t seed;
    uint64_t runs;
    double seconds;
    int64_t minutes;
    bool is_twice;
};

static struct counts total;
static double simulated_hours;

static void add(void)
{
    const struct counts *c = &world.counts;
    total.events += c->events;
    total.requests += c->requests;
    total.faults += c->faults;
    total.checks += c->checks;
    total.produced += c->produced;
    total.consumed += c->consumed;
    total.commits += c->commits;
    total.rebalances += c->rebalances;
    total.restarts += c->restarts;
    total.crashes += c->crashes;
    total.power += c->power;
    total.transactions += c->transactions;
    total.aborted += c->aborted;
    total.markers += c->markers;
    simulated_hours += (double)world.now / 3600000;
}

static void run(const struct options *options, uint64_t seed)
{
    run_world(seed, options->minutes);
    add();
    if (!options->is_twice)
        return;
    uint64_t digest = world.digest, events = world.counts.events;
    run_world(seed, options->minutes);
    if (world.digest != digest || world.counts.events != events)
        broken("the same seed gives another run: %" PRIu64 " events in the place of %" PRIu64, world.counts.events,
               events);
}

static void report(uint64_t runs, double seconds)
{
    printf("%" PRIu64 " events, %" PRIu64 " requests, %" PRIu64 " faults (%" PRIu64 " restarts, %" PRIu64
           " crashes, %" PRIu64 " losses of power), %" PRIu64 " checks\n",
           total.events, total.requests, total.faults, total.restarts, total.crashes, total.power, total.checks);
    printf("%" PRIu64 " records acknowledged, %" PRIu64 " read, %" PRIu64 " offsets committed, %" PRIu64
           " assignments\n",
           total.produced, total.consumed, total.commits, total.rebalances);
    printf("%" PRIu64 " transactions committed, %" PRIu64 " aborted, %" PRIu64 " markers read\n", total.transactions,
           total.aborted, total.markers);
    printf("%" PRIu64 " seeds, %.1f simulated hours in %.1f s: %.1f hours a minute\n", runs, simulated_hours, seconds,
           seconds > 0 ? simulated_hours * 60 / seconds : 0);
}

static bool parse(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"runs", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 'd'},
        {"minutes", required_argument, NULL, 'm'},
        {"trace", no_argument, NULL, 't'},
        {"twice", no_argument, NULL, '2'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 's':
            out->seed = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            out->runs = strtoull(optarg, NULL, 10);
            break;
        case 'd':
            out->seconds = strtod(optarg, NULL);
            break;
        case 'm':
            out->minutes = strtoll(optarg, NULL, 10);
            break;
        case 't':
            world.is_traced = true;
            break;
        case '2':
            out->is_twice = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct timespec now;
    (void)__real_clock_gettime(CLOCK_REALTIME, &now);
    struct options options = {.seed = (uint64_t)now.tv_sec * 1000, .runs = 1, .minutes = 10};
    if (!parse(argc, argv, &options))
        return 2;
    double start = seconds_now();
    uint64_t runs = 0;
    while (runs < options.runs || seconds_now() - start < options.seconds) {
        run(&options, options.seed + runs++);
        if (options.seconds > 0 && seconds_now() - start >= options.seconds)
            break;
    }
    report(runs, seconds_now() - start);
    return 0;
}
