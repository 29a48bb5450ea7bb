/* SPDX-License-Identifier: Apache-2.0 */
/* Sends one request frame repeatedly to a server of the Kafka protocol on this machine, and prints the results. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>

#include "../load/measure.h"
#include "../load/program.h"
#include "../load/reference.h"

static const char help[] =
    "usage: kwire-load --port PORT --frame FILE [--pid PID] [--connections N] [--depth D]\n"
    "                  [--threads T] [--warm-up SECONDS] [--seconds SECONDS]\n"
    "\n"
    "FILE has one request, size field included. N connections to 127.0.0.1 have D requests in flight each. An answer\n"
    "with an error code, or one unlike the first, ends the program with a message.\n"
    "Prints one line, its fields separated by tabs:\n"
    "\n"
    "  requests a second; latency in us: p50, p99, p99.9; processor time in us a request: of process PID (-1 "
    "without),\n"
    "  of kwire-load; bytes of an answer; requests\n";

enum { FRAME_MAX = 1 << 20 };

struct options {
    const char *file;
    uint16_t port;
    pid_t pid;
    unsigned connections, depth, threads;
    double warm_up, seconds;
};

static struct options parse_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},    {"frame", required_argument, NULL, 'f'},
        {"pid", required_argument, NULL, 'i'},     {"connections", required_argument, NULL, 'c'},
        {"depth", required_argument, NULL, 'd'},   {"threads", required_argument, NULL, 't'},
        {"warm-up", required_argument, NULL, 'w'}, {"seconds", required_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    struct options o = {.pid = -1, .connections = 1, .depth = 1, .threads = 2, .warm_up = 0.2, .seconds = 1};
    int option;
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        switch (option) {
        case 'p':
            o.port = (uint16_t)option_number(optarg, 1, UINT16_MAX);
            break;
        case 'f':
            o.file = optarg;
            break;
        case 'i':
            o.pid = (pid_t)option_number(optarg, 1, INT32_MAX);
            break;
        case 'c':
            o.connections = (unsigned)option_number(optarg, 1, 100000);
            break;
        case 'd':
            o.depth = (unsigned)option_number(optarg, 1, 1000);
            break;
        case 't':
            o.threads = (unsigned)option_number(optarg, 1, 64);
            break;
        case 'w':
            o.warm_up = option_number(optarg, 0, 60);
            break;
        case 's':
            o.seconds = option_number(optarg, 0.01, 600);
            break;
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            exit(2);
        }
    }
    if (o.port == 0 || o.file == NULL)
        die("a port and a frame are needed; see --help");
    return o;
}

static size_t read_frame(const struct options *o, uint8_t *frame)
{
    FILE *f = fopen(o->file, "rb");
    if (f == NULL)
        die("cannot read %s", o->file);
    size_t size = fread(frame, 1, FRAME_MAX, f);
    fclose(f);
    if (size < 12 || kw_load_be32(frame) + 4 != size)
        die("%s is not a frame", o->file);
    return size;
}

static void check(const struct requests *requests, unsigned connection, uint32_t number, const uint8_t *head,
                  size_t size)
{
    const struct reference *reference = requests->context;
    if (size != reference->size)
        die("answer %u of connection %u has %zu bytes, the first one has %zu", number, connection, size,
            reference->size);
    if (memcmp(head + REFERENCE_COMMON_AT, reference->head + REFERENCE_COMMON_AT,
               REFERENCE_HEAD - REFERENCE_COMMON_AT) != 0)
        die("answer %u of connection %u does not start like the first one", number, connection);
}

int main(int argc, char **argv)
{
    static uint8_t frame[FRAME_MAX];
    struct options o = parse_options(argc, argv);
    struct reference reference;
    struct measurement m = {
        .pid = o.pid, .connections = o.connections, .threads = o.threads, .warm_up = o.warm_up, .seconds = o.seconds};
    m.load.address = loopback(o.port);
    m.load.depth = o.depth;
    m.load.budget = UINT64_MAX;
    m.load.requests = (struct requests){
        .frame = frame, .own = read_frame(&o, frame), .check = check, .head = REFERENCE_HEAD, .context = &reference};
    reference_take(&m.load.address, frame, m.load.requests.own, &reference);
    measure(&m, reference.size);
    return 0;
}
