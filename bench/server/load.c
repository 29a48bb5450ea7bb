/* SPDX-License-Identifier: Apache-2.0 */
/* Sends one request frame repeatedly to a server of the Kafka protocol on this machine, and prints the results. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/endian.h>

#include "clock.h"
#include "worker.h"

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

enum { MOST_UNDER_WAY = 64 * 1024, FRAME_MAX = 1 << 20 };

struct options {
    const char *file;
    uint16_t port;
    pid_t pid;
    unsigned connections, depth, threads;
    double warm_up, seconds;
};

struct result {
    double seconds, server, self; /* ns of processor time */
    struct histogram latencies;
};

void die(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("kwire-load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static double number(const char *text, double least, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= least && value <= most))
        die("%s is not a number from %g to %g", text, least, most);
    return value;
}

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
            o.port = (uint16_t)number(optarg, 1, UINT16_MAX);
            break;
        case 'f':
            o.file = optarg;
            break;
        case 'i':
            o.pid = (pid_t)number(optarg, 1, INT32_MAX);
            break;
        case 'c':
            o.connections = (unsigned)number(optarg, 1, 100000);
            break;
        case 'd':
            o.depth = (unsigned)number(optarg, 1, 1000);
            break;
        case 't':
            o.threads = (unsigned)number(optarg, 1, 64);
            break;
        case 'w':
            o.warm_up = number(optarg, 0, 60);
            break;
        case 's':
            o.seconds = number(optarg, 0.01, 600);
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
    if (o.threads > o.connections)
        o.threads = o.connections;
    return o;
}

static void read_frame(const char *file, uint8_t *frame, struct load *load)
{
    FILE *f = fopen(file, "rb");
    if (f == NULL)
        die("cannot read %s", file);
    load->frame = frame;
    load->frame_size = fread(frame, 1, FRAME_MAX, f);
    fclose(f);
    if (load->frame_size < 12 || kw_load_be32(frame) + 4 != load->frame_size)
        die("%s is not a frame", file);
    if (load->frame_size * load->depth > MOST_UNDER_WAY)
        die("%u such requests are more than a socket holds", load->depth);
}

static double server_time(const struct options *o)
{
    if (o->pid < 0)
        return 0;
    int64_t ns = clock_of_process(o->pid);
    if (ns < 0)
        die("process %ld does not exist", (long)o->pid);
    return (double)ns;
}

/* The processor time is that of the measured phase, as precise as sleeping and waking up. */
static void measure(const struct options *o, struct load *load, struct worker *workers, struct result *out)
{
    for (unsigned i = 0; i < o->threads; i++) {
        workers[i].load = load;
        workers[i].connections = o->connections / o->threads + (i < o->connections % o->threads);
        worker_start(&workers[i]);
    }
    pthread_barrier_wait(&load->connected);
    clock_sleep(o->warm_up);
    out->server = -server_time(o);
    out->self = -(double)clock_of_process(0);
    uint64_t begin = clock_now();
    atomic_store(&load->phase, MEASURES);
    clock_sleep(o->seconds);
    atomic_store(&load->phase, ENDS);
    out->seconds = (double)(clock_now() - begin) / 1e9;
    out->server += server_time(o);
    out->self += (double)clock_of_process(0);
    for (unsigned i = 0; i < o->threads; i++) {
        pthread_join(workers[i].thread, NULL);
        histogram_join(&out->latencies, &workers[i].latencies);
    }
}

static void print(const struct options *o, const struct load *load, const struct result *r)
{
    double requests = (double)r->latencies.total;
    if (r->latencies.total == 0)
        die("no answer in %g seconds", o->seconds);
    printf("%.0f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t%zu\t%.0f\n", requests / r->seconds,
           (double)histogram_quantile(&r->latencies, 0.5) / 1e3, (double)histogram_quantile(&r->latencies, 0.99) / 1e3,
           (double)histogram_quantile(&r->latencies, 0.999) / 1e3, o->pid < 0 ? -1 : r->server / requests / 1e3,
           r->self / requests / 1e3, load->reference.size, requests);
}

int main(int argc, char **argv)
{
    static uint8_t frame[FRAME_MAX];
    static struct result result;
    struct options options = parse_options(argc, argv);
    struct load load = {.address = {.sin_family = AF_INET, .sin_port = htons(options.port)}, .depth = options.depth};
    load.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    read_frame(options.file, frame, &load);
    reference_take(&load.address, frame, load.frame_size, &load.reference);
    struct worker *workers = calloc(options.threads, sizeof *workers);
    if (workers == NULL || pthread_barrier_init(&load.connected, NULL, options.threads + 1) != 0)
        die("no memory");
    measure(&options, &load, workers, &result);
    print(&options, &load, &result);
    free(workers);
    return 0;
}
