/* SPDX-License-Identifier: Apache-2.0 */
/* Producers and consumers of a broker on this machine that may end and start again meanwhile, and a judge of what they
 * see. */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../../bench/load/program.h"
#include "consumer.h"
#include "producer.h"

static const char help[] =
    "usage: kwire-history --port PORT --topic NAME [OPTION...]\n"
    "\n"
    "Idempotent producers write to the partitions of a topic, consumers read them, commit offsets, and continue from\n"
    "there when their connection has ended. A record that was acknowledged must be found, once, and in its order; an\n"
    "offset that was committed must not go back. What is wrong is printed, and the exit code is 1.\n"
    "\n"
    "  --partitions N       of the topic, which is new [1]\n"
    "  --producers N        [1]\n"
    "  --consumers N        [1]\n"
    "  --batch N            records in a batch [5]\n"
    "  --value BYTES        of a record [100]\n"
    "  --pause SECONDS      between two batches of a producer, on average [0.2]\n"
    "  --commit SECONDS     between two commits of a consumer [1]\n"
    "  --seconds SECONDS    that is produced; SIGTERM ends it before [10]\n"
    "  --patience SECONDS   afterwards, until all has been acknowledged and found [60]\n"
    "\n"
    "Prints a line for each figure: its name and its value, with tabs.\n";

struct options {
    double port, partitions, producers, consumers, batch, value, pause, commit, seconds, patience;
    const char *topic;
};

/* The numbers come first, in the order of `numbers`. */
enum key { PORT, PARTITIONS, PRODUCERS, CONSUMERS, BATCH, VALUE, PAUSE, COMMIT, SECONDS, PATIENCE, TOPIC, HELP };

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},
    {"partitions", required_argument, NULL, PARTITIONS},
    {"producers", required_argument, NULL, PRODUCERS},
    {"consumers", required_argument, NULL, CONSUMERS},
    {"batch", required_argument, NULL, BATCH},
    {"value", required_argument, NULL, VALUE},
    {"pause", required_argument, NULL, PAUSE},
    {"commit", required_argument, NULL, COMMIT},
    {"seconds", required_argument, NULL, SECONDS},
    {"patience", required_argument, NULL, PATIENCE},
    {"topic", required_argument, NULL, TOPIC},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void take_option(int key, struct options *o)
{
    const struct {
        double *to, least, most;
    } numbers[] = {
        [PORT] = {&o->port, 1, UINT16_MAX},
        [PARTITIONS] = {&o->partitions, 1, 100000},
        [PRODUCERS] = {&o->producers, 0, 100000},
        [CONSUMERS] = {&o->consumers, 0, 100000},
        [BATCH] = {&o->batch, 1, 1000},
        [VALUE] = {&o->value, HISTORY_RECORD, 1000},
        [PAUSE] = {&o->pause, 0, 60},
        [COMMIT] = {&o->commit, 0, 3600},
        [SECONDS] = {&o->seconds, 0.1, 86400 * 7},
        [PATIENCE] = {&o->patience, 1, 3600},
    };
    if (key == HELP) {
        fputs(help, stdout);
        exit(0);
    }
    if (key == TOPIC)
        o->topic = optarg;
    else if (key >= PORT && key < TOPIC)
        *numbers[key].to = option_number(optarg, numbers[key].least, numbers[key].most);
    else
        exit(2);
}

struct run {
    struct history history;
    struct histogram latencies;
    struct links links;
    struct producing producing;
    struct consuming consuming;
    struct producer *producers;
    struct consumer *consumers;
    uint32_t producer_count, consumer_count;
};

static volatile sig_atomic_t is_asked_to_end;

static void ask_to_end(int number)
{
    (void)number;
    is_asked_to_end = 1;
}

static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void start(struct run *r, const struct options *o)
{
    r->producer_count = (uint32_t)o->producers;
    r->consumer_count = (uint32_t)o->consumers;
    history_init(&r->history, r->producer_count, (uint32_t)o->partitions);
    links_init(&r->links, (uint16_t)o->port);
    r->producing = (struct producing){.history = &r->history,
                                      .latencies = &r->latencies,
                                      .topic = o->topic,
                                      .batch = (uint32_t)o->batch,
                                      .value_size = (uint32_t)o->value,
                                      .pause = o->pause};
    r->consuming =
        (struct consuming){.history = &r->history, .topic = o->topic, .group = o->topic, .commit_seconds = o->commit};
    r->producers = must_have(calloc(r->producer_count + 1, sizeof *r->producers));
    r->consumers = must_have(calloc(r->consumer_count + 1, sizeof *r->consumers));
    for (uint32_t i = 0; i < r->producer_count; i++)
        producer_start(&r->producers[i], &r->producing, i, &r->links);
    for (uint32_t i = 0; i < r->consumer_count; i++)
        consumer_start(&r->consumers[i], &r->consuming, i, &r->links, (double)i / (double)r->consumer_count);
}

static void finish(struct run *r)
{
    links_finish(&r->links);
    for (uint32_t i = 0; i < r->consumer_count; i++)
        consumer_finish(&r->consumers[i]);
    free(r->producers);
    free(r->consumers);
    history_finish(&r->history);
}

static bool has_ended(const struct run *r)
{
    for (uint32_t i = 0; i < r->producer_count; i++)
        if (!producer_has_ended(&r->producers[i]))
            return false;
    for (uint32_t i = 0; i < r->consumer_count; i++)
        if (!consumer_is_complete(&r->consumers[i]))
            return false;
    return true;
}

static void play(struct run *r, const struct options *o)
{
    uint64_t end = r->links.now + (uint64_t)(o->seconds * 1e9);
    while (r->links.now < end && !is_asked_to_end)
        links_run(&r->links);
    r->producing.is_ending = true;
    end = r->links.now + (uint64_t)(o->patience * 1e9);
    while (r->links.now < end && !has_ended(r))
        links_run(&r->links);
}

static void judge(struct run *r)
{
    uint32_t late = 0;
    for (uint32_t i = 0; i < r->producer_count; i++)
        late += !producer_has_ended(&r->producers[i]);
    if (late != 0)
        history_violation(&r->history, "%u producers wait for an acknowledgement", late);
    for (uint32_t i = 0; i < r->consumer_count && late == 0; i++)
        history_compare(&r->history, &r->consumers[i].reading);
}

static void print_one(const char *name, uint64_t value)
{
    printf("%s\t%" PRIu64 "\n", name, value);
}

static void print_figures(const struct run *r)
{
    uint64_t acknowledged = 0;
    for (uint32_t i = 0; i < r->producer_count; i++)
        acknowledged += r->history.acknowledged[i];
    print_one("acknowledged", acknowledged);
    print_one("read", r->consuming.read);
    print_one("commits", r->consuming.commits);
    print_one("resumed", r->consuming.resumed);
    print_one("requests", r->links.answers);
    print_one("lost requests", r->links.lost);
    print_one("refused batches", r->producing.refused);
    print_one("p50 us", histogram_quantile(&r->latencies, 0.5) / 1000);
    print_one("p99 us", histogram_quantile(&r->latencies, 0.99) / 1000);
    print_one("violations", r->history.violations);
}

int main(int argc, char **argv)
{
    static struct run run;
    struct options o = {.partitions = 1,
                        .producers = 1,
                        .consumers = 1,
                        .batch = 5,
                        .value = 100,
                        .pause = 0.2,
                        .commit = 1,
                        .seconds = 10,
                        .patience = 60};
    int key;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1)
        take_option(key, &o);
    if (o.port == 0 || o.topic == NULL || strlen(o.topic) > 40 || optind != argc)
        die("a port and a topic with a short name are needed; see --help");
    allow_descriptors();
    (void)signal(SIGTERM, ask_to_end);
    start(&run, &o);
    play(&run, &o);
    judge(&run);
    print_figures(&run);
    bool is_fine = run.history.violations == 0;
    finish(&run);
    return is_fine ? 0 : 1;
}
