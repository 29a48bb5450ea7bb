/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <kwire/version.h>

#include "api/broker.h"
#include "api/dispatch.h"
#include "base/clock.h"
#include "base/malloc_tuning.h"
#include "base/thread.h"
#include "config/settings_page.h"
#include "coordinators.h"
#include "network/network.h"
#include "observe/console.h"
#include "startup.h"

static const char help[] = "usage: kwire-broker [server.properties] [--listen HOST:PORT] [--data-dir DIR]\n"
                           "\n"
                           "A broker for Kafka clients. The file has Kafka's property names; options win.\n"
                           "\n"
                           "  --listen HOST:PORT   where to listen, 127.0.0.1:9092 by default; port 0 is any\n"
                           "                       free one, :PORT every interface; clients are given this\n"
                           "                       address instead of a file's advertised.listeners\n"
                           "  --data-dir DIR       where the data is: a directory of Apache Kafka, or a new\n"
                           "                       one, created if missing\n"
                           "  --memory             no directory: all data is in memory, and ends with the\n"
                           "                       broker; so it is without log.dirs as well\n"
                           "  --sync               an acknowledgement of records waits for the disk, as with\n"
                           "                       flush.messages=1\n"
                           "  --release-version R  the oldest Kafka that is to open a new directory: 4.4, by\n"
                           "                       default, or 4.3, as with kafka-storage\n"
                           "  --help, --version\n"
                           "  --help-settings      all settings of Kafka and what becomes of them\n"
                           "\n"
                           "When ready it prints `kwire-broker listening on HOST:PORT`; standard error has\n"
                           "the rest. SIGTERM and SIGINT stop it.\n";

enum { FOR_FILES = 128 }; /* descriptors */

struct options {
    const char *file;
    const char *listen;
    const char *data_dir;
    bool memory;
    bool sync;
    const char *release;
};

/* -1 to go on, else the exit code. */
static int parse_options(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"listen", required_argument, NULL, 'l'},
        {"data-dir", required_argument, NULL, 'd'},
        {"memory", no_argument, NULL, 'm'},
        {"sync", no_argument, NULL, 'y'},
        {"release-version", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"help-settings", no_argument, NULL, 's'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        switch (option) {
        case 'l':
            out->listen = optarg;
            break;
        case 'd':
            out->data_dir = optarg;
            break;
        case 'm':
            out->memory = true;
            break;
        case 'y':
            out->sync = true;
            break;
        case 'r':
            out->release = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return 0;
        case 's':
            print_settings_page(stdout);
            return 0;
        case 'v':
            printf("kwire-broker %s\n", kw_version());
            return 0;
        default:
            fputs("try kwire-broker --help\n", stderr);
            return 2;
        }
    }
    if (argc - optind > 1) {
        complain("one properties file, not %d", argc - optind);
        return 2;
    }
    out->file = argv[optind]; /* NULL if there is none */
    return -1;
}

static bool configure(struct config *config, const struct options *options)
{
    config_init(config);
    config->sync = options->sync;
    return (options->file == NULL || config_read(config, options->file)) &&
           (options->listen == NULL || config_set_listen(config, options->listen)) &&
           (options->data_dir == NULL || config_set_data_dir(config, options->data_dir)) &&
           (!options->memory || config_set_memory(config, options->data_dir != NULL)) &&
           (options->release == NULL || config_set_release(config, options->release));
}

/* A connection is a descriptor; the default of many systems is 1024. Some are left for files, so that those who are
 * connected can be served whoever else comes. */
static int32_t possible_connections(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return INT32_MAX;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = before;
    rlim_t rest = limit.rlim_cur / 2 < FOR_FILES ? limit.rlim_cur / 2 : limit.rlim_cur - FOR_FILES;
    return limit.rlim_cur != RLIM_INFINITY && rest < INT32_MAX ? (int32_t)rest : INT32_MAX;
}

/* They live on the threads of the network. */
static void start_coordinators(struct broker *broker, struct network *network, struct executor **homes)
{
    for (int i = 0; i < network->thread_count; i++)
        homes[i] = &network->threads[i].reactor.executor;
    coordinators_start(broker, homes, (size_t)network->thread_count);
}

static void serve(struct broker *broker, const struct startup *startup, const sigset_t *stop, int64_t started_ms)
{
    char text[ENDPOINT_TEXT_SIZE];
    int signal_number;
    printf("kwire-broker listening on %s\n", endpoint_format(&broker->config.listen, text));
    fflush(stdout);
    startup_report(startup, clock_ms() - started_ms); /* clients are served already */
    (void)sigwait(stop, &signal_number);
}

static int run(struct broker *broker, struct startup *startup, struct listener *listener, const sigset_t *stop,
               int64_t started_ms)
{
    struct network network;
    const struct network_options options = {
        .config = &broker->config,
        .limits = &broker->limits,
        .listener = listener,
        .service = dispatch_service(broker),
        .patience = network_patience_default,
        .threads = thread_processors(),
    };
    struct executor **homes = calloc((size_t)options.threads, sizeof(struct executor *));
    bool is_ready = homes != NULL && startup_run(startup) && network_start(&network, &options);
    if (is_ready) {
        start_coordinators(broker, &network, homes);
        serve(broker, startup, stop, started_ms);
        coordinators_stop(broker);
        coordinators_await(broker);
        network_stop(&network);
    } else if (homes == NULL) {
        complain("out of memory");
    }
    free(homes);
    return is_ready ? 0 : 1;
}

/* Signals are blocked in every thread and taken by sigwait(), so nothing happens in a signal handler. */
static void block_signals(sigset_t *stop)
{
    sigemptyset(stop);
    sigaddset(stop, SIGTERM);
    sigaddset(stop, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, stop, NULL);
}

static int start(const struct options *options)
{
    int64_t started_ms = clock_ms();
    sigset_t stop;
    struct broker *broker = calloc(1, sizeof *broker);
    struct listener listener;
    if (broker == NULL || !metadata_cell_init(&broker->metadata)) {
        complain("out of memory");
        free(broker);
        return 1;
    }
    int code = 1;
    struct startup startup = {.broker = broker};
    if (configure(&broker->config, options) &&
        fetch_sessions_init(&broker->fetch_sessions, broker->config.fetch_session_slots,
                            FETCH_SESSION_PARTITIONS_MAX) &&
        listener_open(&listener, &broker->config.listen)) {
        listener_set_buffers(&listener, broker->config.send_buffer, broker->config.receive_buffer);
        block_signals(&stop);
        (void)console_start();
        broker->limits.possible = possible_connections();
        if (startup_open(&startup, broker))
            code = run(broker, &startup, &listener, &stop, started_ms);
        startup_close(&startup);
        listener_close(&listener);
    }
    metadata_cell_finish(&broker->metadata);
    append_tools_pool_finish(&broker->append_tools);
    fetch_sessions_finish(&broker->fetch_sessions);
    config_finish(&broker->config);
    free(broker);
    return code;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    int code = parse_options(argc, argv, &options);
    if (code < 0) {
        malloc_tuning_start();
        (void)signal(SIGPIPE, SIG_IGN);
        code = start(&options);
    }
    console_stop();
    return code;
}
