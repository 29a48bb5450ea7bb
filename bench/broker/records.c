/* SPDX-License-Identifier: Apache-2.0 */
/* Writes records to a broker on this machine, or reads what was written so, and prints how fast. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../load/measure.h"
#include "../load/program.h"
#include "requests.h"

static const char help[] =
    "usage: kwire-records produce|fetch --port PORT --topic NAME [OPTION...]\n"
    "\n"
    "Each request is for one partition of the topic, in turn.\n"
    "\n"
    "  --partitions N       of the topic [1]\n"
    "  --connections N      to 127.0.0.1 [1]\n"
    "  --depth D            requests in flight on each, at most [1]\n"
    "  --threads T          [2]\n"
    "  --pid PID            the server, whose processor time is measured\n"
    "  --warm-up SECONDS    before the measurement [0]\n"
    "  --seconds SECONDS    of the measurement, at most [1]\n"
    "  --requests N         that are sent in all, at most; all of them are answered then\n"
    "  --rate R             requests a second, at regular times, whatever the server does\n"
    "  --batch BYTES        one batch, about, of a Produce [16384]\n"
    "  --record BYTES       a value in it [100]\n"
    "  --acks A             0 is not possible [1]\n"
    "  --fetch N            batches that each Fetch reads [64]\n"
    "  --available N        batches in each partition, written by produce with the same --batch and --record\n"
    "  --same-offset 1      all answers have one base offset: the server is kwire-echo\n"
    "  --answer FILE        writes the server's first answer to a file, from which kwire-echo answers, and ends\n"
    "\n"
    "Produce: the answers must be without error, with increasing base offsets. Fetch: they must have as many bytes as\n"
    "are expected, and start with the batch that was asked for.\n"
    "Prints two lines: bytes of records in a request, and a tab and the records in it; then, separated by tabs:\n"
    "\n"
    "  requests a second; latency in us: p50, p99, p99.9; processor time in us a request: of process PID (-1 "
    "without),\n"
    "  of kwire-records; bytes of an answer; requests\n";

struct options {
    struct topic topic;
    double acks, fetch, available;
    double port;
    const char *answer;
};

enum key {
    PORT,
    TOPIC,
    PARTITIONS,
    CONNECTIONS,
    DEPTH,
    THREADS,
    PID,
    WARM_UP,
    SECONDS,
    REQUESTS,
    RATE,
    BATCH,
    RECORD,
    ACKS,
    FETCH,
    AVAILABLE,
    SAME_OFFSET,
    ANSWER,
    HELP
};

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},
    {"topic", required_argument, NULL, TOPIC},
    {"partitions", required_argument, NULL, PARTITIONS},
    {"connections", required_argument, NULL, CONNECTIONS},
    {"depth", required_argument, NULL, DEPTH},
    {"threads", required_argument, NULL, THREADS},
    {"pid", required_argument, NULL, PID},
    {"warm-up", required_argument, NULL, WARM_UP},
    {"seconds", required_argument, NULL, SECONDS},
    {"requests", required_argument, NULL, REQUESTS},
    {"rate", required_argument, NULL, RATE},
    {"batch", required_argument, NULL, BATCH},
    {"record", required_argument, NULL, RECORD},
    {"acks", required_argument, NULL, ACKS},
    {"fetch", required_argument, NULL, FETCH},
    {"available", required_argument, NULL, AVAILABLE},
    {"same-offset", required_argument, NULL, SAME_OFFSET},
    {"answer", required_argument, NULL, ANSWER},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void take_option(int key, struct options *o, struct measurement *m)
{
    switch (key) {
    case PORT:
        o->port = option_number(optarg, 1, UINT16_MAX);
        break;
    case TOPIC:
        o->topic.name = optarg;
        break;
    case PARTITIONS:
        o->topic.partitions = (uint32_t)option_number(optarg, 1, PARTITIONS_MAX);
        break;
    case CONNECTIONS:
        m->connections = (unsigned)option_number(optarg, 1, 100000);
        break;
    case DEPTH:
        m->load.depth = (unsigned)option_number(optarg, 1, 1000);
        break;
    case THREADS:
        m->threads = (unsigned)option_number(optarg, 1, 64);
        break;
    case PID:
        m->pid = (pid_t)option_number(optarg, 1, INT32_MAX);
        break;
    case WARM_UP:
        m->warm_up = option_number(optarg, 0, 60);
        break;
    case SECONDS:
        m->seconds = option_number(optarg, 0.01, 600);
        break;
    case REQUESTS:
        atomic_store(&m->load.budget, (uint64_t)option_number(optarg, 1, 1e15));
        break;
    case RATE:
        m->load.rate = option_number(optarg, 1, 1e7);
        break;
    case BATCH:
        o->topic.batch_size = (size_t)option_number(optarg, 100, 1 << 20);
        break;
    case RECORD:
        o->topic.record_size = (size_t)option_number(optarg, 64, 8191);
        break;
    case ACKS:
        o->acks = option_number(optarg, -1, 1);
        break;
    case FETCH:
        o->fetch = option_number(optarg, 1, 4096);
        break;
    case AVAILABLE:
        o->available = option_number(optarg, 1, 1e12);
        break;
    case SAME_OFFSET:
        o->topic.same_offset = option_number(optarg, 0, 1) != 0;
        break;
    case ANSWER:
        o->answer = optarg;
        break;
    case HELP:
        fputs(help, stdout);
        exit(0);
    default:
        exit(2);
    }
}

static void parse_options(int argc, char **argv, struct options *o, struct measurement *m)
{
    int key;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1)
        take_option(key, o, m);
    if (o->port == 0 || o->topic.name == NULL || optind + 1 != argc)
        die("produce or fetch, a port and a topic are needed; see --help");
    if (m->load.rate > 0)
        m->threads = 1;
    o->topic.connections = m->connections;
}

int main(int argc, char **argv)
{
    struct options o = {
        .topic = {.partitions = 1, .batch_size = 16384, .record_size = 100}, .acks = 1, .fetch = 64, .available = 64};
    struct measurement m = {.pid = -1, .connections = 1, .threads = 2, .seconds = 1};
    struct prepared prepared;
    m.load.depth = 1;
    m.load.budget = UINT64_MAX;
    parse_options(argc, argv, &o, &m);
    m.load.address = loopback((uint16_t)o.port);
    size_t batches = 1;
    if (strcmp(argv[optind], "produce") == 0 && o.acks != 0) {
        requests_produce(&prepared, &o.topic, (int16_t)o.acks, &m.load.requests);
    } else if (strcmp(argv[optind], "fetch") == 0) {
        batches = (size_t)o.fetch;
        requests_fetch(&prepared, &o.topic, batches, (uint64_t)o.available, &m.load.address, &m.load.requests);
    } else {
        die("produce or fetch, with acks 1 or -1; see --help");
    }
    if (o.answer != NULL)
        requests_save_answer(&m.load.address, &m.load.requests, o.answer);
    printf("%zu\t%zu\n", batches * prepared.size, batches * prepared.records);
    measure(&m, prepared.reference.size);
    prepared_free(&prepared);
    return 0;
}
