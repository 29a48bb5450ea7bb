/* SPDX-License-Identifier: Apache-2.0 */
/* Producers that write one transaction after the other, and what that costs. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/find_coordinator_request.h>
#include <kwire/messages/find_coordinator_response.h>

#include "../load/clock.h"
#include "../load/exchange.h"
#include "../load/measure.h"
#include "../load/program.h"
#include "pairs.h"
#include "producers.h"

static const char help[] =
    "usage: kwire-transactions --port PORT --topic NAME --prefix PREFIX [OPTION...]\n"
    "\n"
    "Producers, each with a connection and a transactional id of its own, write transactions one after the other in "
    "the\n"
    "protocol in which each transaction has its epoch (Produce 12, EndTxn 5), and commit them.\n"
    "\n"
    "  --prefix PREFIX      of the transactional ids\n"
    "  --producers N        [1]\n"
    "  --partitions P       that each request writes to, from 0 on [1]\n"
    "  --batch N            records in a batch: one batch for each partition [1]\n"
    "  --requests N         Produce requests of a transaction [1]\n"
    "  --depth D            of them, how many are in flight, at most; the first one is alone [1]\n"
    "  --record-size BYTES  [100]\n"
    "  --rate N             transactions that start in a second, at regular times, instead of one after the other\n"
    "  --plain 1            the same requests of idempotent producers without transactions\n"
    "  --pairs N            both, by turns, N times, after one warm-up of each\n"
    "  --threads T          [2]\n"
    "  --pid PID            the server, whose processor time is measured\n"
    "  --warm-up SECONDS    before the measurement, of each kind [0]\n"
    "  --seconds SECONDS    of the measurement [1]\n"
    "\n"
    "Prints, separated by tabs: transactions a second (plain: as many requests); latency in us of a commit, that is\n"
    "EndTxn: p50, p99; of a whole transaction: p50, p99; processor time in us a transaction: of process PID (-1\n"
    "without), of kwire-transactions; transactions; Produce requests that came before the last transaction was "
    "complete\n"
    "\n"
    "With --pairs, for plain producers and for those with transactions: median of the Produce requests a second, and "
    "of\n"
    "the processor time of process PID in us a request; then, of the pairs, how many percent more time a second that\n"
    "takes, and how many percent more processor time: quartile, median, quartile\n";

enum { COORDINATOR_VERSION = 4, COORDINATOR_TRIES = 300, TRANSACTION_TYPE = 1, LIMIT = 1024 * 1024 };

struct options {
    double port;
    unsigned producers, threads;
    pid_t pid;
    double warm_up, seconds, rate;
    unsigned pairs;
};

struct result {
    double seconds, server, self; /* the last two: ns of processor time */
    struct histogram commits, transactions;
    uint64_t refused;
};

/* ---- the measurement ---- */

/* The first such request makes the topic of the coordinators. */
static void wait_for_coordinator(const struct production *production)
{
    kw_find_coordinator_request request;
    kw_string key = kw_string_of(production->prefix);
    kw_arena arena;
    int16_t error = KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    kw_find_coordinator_request_init(&request);
    request.key_type = TRANSACTION_TYPE;
    request.coordinator_keys.items = &key;
    request.coordinator_keys.len = 1;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    for (int i = 0; i < COORDINATOR_TRIES && error != KW_ERROR_NONE; i++) {
        if (i != 0)
            clock_sleep(0.1);
        const kw_find_coordinator_response *answer =
            exchange_ask(&production->address, &arena, KW_KEY_FIND_COORDINATOR, COORDINATOR_VERSION, &request);
        if (answer->coordinators.len != 1)
            die("not a response to this FindCoordinator");
        error = answer->coordinators.items[0].error_code;
        kw_arena_reset(&arena);
    }
    kw_arena_finish(&arena);
    if (error != KW_ERROR_NONE)
        die("FindCoordinator: error %d", error);
}

static double server_time(const struct options *o)
{
    return o->pid < 0 ? 0 : (double)server_clock(o->pid);
}

/* The processor time is that of the measured phase, as precise as sleeping and waking up. */
static void run(struct production *production, const struct options *o, struct result *out)
{
    struct producers *all = producers_start(production, o->producers, o->threads);
    clock_sleep(o->warm_up);
    out->server = -server_time(o);
    out->self = -(double)clock_of_process(0);
    uint64_t begin = clock_now();
    atomic_store(&production->phase, MEASURES);
    clock_sleep(o->seconds);
    atomic_store(&production->phase, ENDS);
    out->seconds = (double)(clock_now() - begin) / 1e9;
    out->server += server_time(o);
    out->self += (double)clock_of_process(0);
    for (unsigned i = 0; i < o->threads; i++) {
        pthread_join(all[i].thread, NULL);
        histogram_join(&out->commits, &all[i].commits);
        histogram_join(&out->transactions, &all[i].transactions);
        out->refused += all[i].refused;
    }
    free(all);
}

static double us(const struct histogram *latencies, double share)
{
    return (double)histogram_quantile(latencies, share) / 1e3;
}

static void print(const struct options *o, const struct result *r)
{
    double count = (double)r->transactions.total;
    if (r->transactions.total == 0)
        die("no transaction in %g seconds", o->seconds);
    printf("%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t%.0f\t%llu\n", count / r->seconds, us(&r->commits, 0.5),
           us(&r->commits, 0.99), us(&r->transactions, 0.5), us(&r->transactions, 0.99),
           o->pid < 0 ? -1 : r->server / count / 1e3, r->self / count / 1e3, count, (unsigned long long)r->refused);
}

/* ---- options ---- */

enum key {
    PORT,
    TOPIC,
    PREFIX,
    PRODUCERS,
    PARTITIONS,
    BATCH,
    REQUESTS,
    DEPTH,
    RECORD_SIZE,
    PLAIN,
    PAIRS,
    RATE,
    THREADS,
    PID,
    WARM_UP,
    SECONDS,
    HELP
};

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},
    {"topic", required_argument, NULL, TOPIC},
    {"prefix", required_argument, NULL, PREFIX},
    {"producers", required_argument, NULL, PRODUCERS},
    {"partitions", required_argument, NULL, PARTITIONS},
    {"batch", required_argument, NULL, BATCH},
    {"requests", required_argument, NULL, REQUESTS},
    {"depth", required_argument, NULL, DEPTH},
    {"record-size", required_argument, NULL, RECORD_SIZE},
    {"plain", required_argument, NULL, PLAIN},
    {"pairs", required_argument, NULL, PAIRS},
    {"rate", required_argument, NULL, RATE},
    {"threads", required_argument, NULL, THREADS},
    {"pid", required_argument, NULL, PID},
    {"warm-up", required_argument, NULL, WARM_UP},
    {"seconds", required_argument, NULL, SECONDS},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static unsigned count_of(const char *text, double most)
{
    return (unsigned)option_number(text, 1, most);
}

/* False: it is none of these. */
static bool take_shape(int key, struct production *p)
{
    switch (key) {
    case TOPIC:
        p->shape.topic = optarg;
        return true;
    case PREFIX:
        p->prefix = optarg;
        return true;
    case PARTITIONS:
        p->shape.partitions = count_of(optarg, 1000);
        return true;
    case BATCH:
        p->shape.records = count_of(optarg, 100000);
        return true;
    case REQUESTS:
        p->requests = count_of(optarg, 100000);
        return true;
    case DEPTH:
        p->depth = count_of(optarg, 5); /* of a producer; a broker knows no more of its batches */
        return true;
    case RECORD_SIZE:
        p->shape.record_size = (size_t)option_number(optarg, 0, 1000000);
        return true;
    case PLAIN:
        p->shape.is_plain = option_number(optarg, 0, 1) != 0;
        return true;
    default:
        return false;
    }
}

static void take_option(int key, struct options *o)
{
    switch (key) {
    case PORT:
        o->port = option_number(optarg, 1, UINT16_MAX);
        break;
    case PAIRS:
        o->pairs = count_of(optarg, 10000);
        break;
    case PRODUCERS:
        o->producers = count_of(optarg, 10000);
        break;
    case THREADS:
        o->threads = count_of(optarg, 64);
        break;
    case PID:
        o->pid = (pid_t)option_number(optarg, 1, INT32_MAX);
        break;
    case RATE:
        o->rate = option_number(optarg, 1, 1000000);
        break;
    case WARM_UP:
        o->warm_up = option_number(optarg, 0, 60);
        break;
    case SECONDS:
        o->seconds = option_number(optarg, 0.01, 600);
        break;
    case HELP:
        fputs(help, stdout);
        exit(0);
    default:
        exit(2);
    }
}

static void run_pairs(const struct production *production, const struct options *o)
{
    static struct production productions[KINDS];
    struct pairs pairs = {productions, o->pid, o->pairs, o->producers, o->threads, o->warm_up, o->seconds};
    if (o->pid < 0)
        die("--pairs needs --pid");
    for (int kind = 0; kind < KINDS; kind++) {
        productions[kind] = *production;
        productions[kind].shape.is_plain = kind == PLAIN_KIND;
        atomic_store(&productions[kind].is_paused, true);
    }
    pairs_run(&pairs);
}

int main(int argc, char **argv)
{
    static struct production production = {
        .requests = 1, .depth = 1, .shape = {.partitions = 1, .records = 1, .record_size = 100}};
    static struct result result;
    struct options o = {.producers = 1, .threads = 2, .pid = -1, .seconds = 1};
    int key;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1)
        if (!take_shape(key, &production))
            take_option(key, &o);
    if (o.port == 0 || production.shape.topic == NULL || production.prefix == NULL || optind != argc)
        die("a port, a topic and a prefix are needed; see --help");
    if (o.threads > o.producers)
        o.threads = o.producers;
    if (o.rate > 0 && !production.shape.is_plain) {
        production.spacing = (uint64_t)(1e9 / o.rate);
        production.interval = production.spacing * o.producers;
    }
    production.address = loopback((uint16_t)o.port);
    atomic_store(&production.phase, WARMS_UP);
    wait_for_coordinator(&production);
    if (o.pairs != 0) {
        run_pairs(&production, &o);
        return 0;
    }
    run(&production, &o, &result);
    print(&o, &result);
    return 0;
}
