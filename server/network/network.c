/* SPDX-License-Identifier: Apache-2.0 */
#include "network.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/malloc_tuning.h"
#include "../base/thread.h"
#include "../observe/console.h"
#include "connection.h"
#include "socket.h"

enum {
    QUIET_MS = 1000, /* after which a thread without requests gives memory back */
    CROWD = 16,      /* connections that leave enough memory behind to care for */
    BURST = 64,      /* workspaces that were lent at the same time and do */
    BURST_MS = 250   /* between two looks at that, as who waits for records wakes up all the time */
};

const struct network_patience network_patience_default = {
    .send = 30000,
    .frame = 30000,
    .frame_rate = 64,
    .farewell = 1000,
};

struct known_endpoint {
    struct known_endpoint *next;
    struct endpoint endpoint;
};

/* ---- memory ---- */

static struct network_thread *of_quiet(struct timer *timer)
{
    return (struct network_thread *)(void *)((char *)timer - offsetof(struct network_thread, quiet));
}

static void give_memory_back(struct timer *timer)
{
    struct network_thread *thread = of_quiet(timer);
    if (thread->lent != thread->lent_before) {
        thread->lent_before = thread->lent;
        executor_start_timer(&thread->reactor.executor, timer, QUIET_MS);
        return;
    }
    workspaces_finish(&thread->spare);
    malloc_tuning_trim();
}

struct workspace *network_lend(struct network_thread *thread)
{
    struct workspace *workspace = workspace_lend(&thread->spare);
    thread->lent++;
    thread->in_use += workspace != NULL;
    thread->most_in_use = thread->in_use > thread->most_in_use ? thread->in_use : thread->most_in_use;
    return workspace;
}

static void end_burst(struct network_thread *thread)
{
    int64_t now = executor_now(&thread->reactor.executor);
    if (now < thread->next_trim)
        return;
    thread->next_trim = now + BURST_MS;
    thread->most_in_use = thread->in_use;
    malloc_tuning_trim();
}

void network_return(struct network_thread *thread, struct workspace *workspace)
{
    workspace_return(&thread->spare, workspace);
    thread->in_use--;
    if (thread->most_in_use >= BURST && thread->in_use <= thread->most_in_use / 4)
        end_burst(thread);
    if (!timer_is_running(&thread->quiet))
        executor_start_timer(&thread->reactor.executor, &thread->quiet, QUIET_MS);
}

/* ---- connections ---- */

static void check_stopped(struct network_thread *thread)
{
    if (thread->stopping && thread->count == 0)
        reactor_stop(&thread->reactor);
}

void network_count(struct network_thread *thread, bool started)
{
    if (started) {
        thread->count++;
        thread->most = thread->count > thread->most ? thread->count : thread->most;
        return;
    }
    thread->count--;
    if (thread->most >= CROWD && thread->count <= thread->most / 2) {
        thread->most = thread->count;
        malloc_tuning_trim();
    }
    check_stopped(thread);
}

/* What clients are to connect to is what they have connected to, unless the settings say it. */
const struct endpoint *network_endpoint(struct network_thread *thread, int fd)
{
    const struct endpoint *advertised = &thread->network->config->advertised;
    struct endpoint at = advertised->host[0] != '\0' ? *advertised : thread->network->config->listen;
    if (at.port == 0)
        at.port = thread->network->listener->port;
    if (endpoint_is_wildcard(&at)) {
        socket_name(fd, &at);
        at.port = advertised->port != 0 ? advertised->port : thread->network->listener->port;
    }
    for (struct known_endpoint *known = thread->endpoints; known != NULL; known = known->next)
        if (known->endpoint.port == at.port && strcmp(known->endpoint.host, at.host) == 0)
            return &known->endpoint;
    struct known_endpoint *known = malloc(sizeof *known);
    if (known == NULL)
        return NULL;
    known->endpoint = at;
    known->next = thread->endpoints;
    thread->endpoints = known;
    return &known->endpoint;
}

/* In turn. */
static void accepted(void *context, int fd)
{
    struct network *network = context;
    struct network_thread *thread = &network->threads[network->next_thread];
    network->next_thread = (network->next_thread + 1) % network->thread_count;
    (void)connection_create(thread, fd);
}

/* ---- threads ---- */

static void *run(void *argument)
{
    struct network_thread *thread = argument;
    reactor_run(&thread->reactor);
    return NULL;
}

/* On the first thread. What it has accepted is in the queues of the threads already, its own too, so that their end,
 * which comes behind it, finds all connections. */
static void stop_accepting(struct task *task)
{
    struct network *network = (struct network *)(void *)((char *)task - offsetof(struct network, stop_accepting));
    listener_stop(network->listener);
    for (int i = 0; i < network->started; i++)
        executor_post(&network->threads[i].reactor.executor, &network->threads[i].stop);
}

static void stop(struct task *task)
{
    struct network_thread *thread =
        (struct network_thread *)(void *)((char *)task - offsetof(struct network_thread, stop));
    thread->stopping = true;
    for (struct connection *c = thread->first, *next; c != NULL; c = next) {
        next = connection_next(c);
        connection_close(c);
    }
    check_stopped(thread);
}

void network_thread_finish(struct network_thread *thread)
{
    while (thread->endpoints != NULL) {
        struct known_endpoint *known = thread->endpoints;
        thread->endpoints = known->next;
        free(known);
    }
    workspaces_finish(&thread->spare);
    reactor_finish(&thread->reactor);
}

static void stop_threads(struct network *network)
{
    if (network->started != 0)
        executor_post(&network->threads[0].reactor.executor, &network->stop_accepting);
    for (int i = 0; i < network->started; i++)
        (void)pthread_join(network->threads[i].thread, NULL);
}

bool network_thread_init(struct network_thread *thread, struct network *network)
{
    memset(thread, 0, sizeof *thread);
    thread->network = network;
    thread->stop.run = stop;
    thread->quiet.fire = give_memory_back;
    thread->spare.usual_input = memory_pool_is_limited(&network->memory) ? RECEIVE_BUFFER_BUSY : RECEIVE_BUFFER_FAST;
    return reactor_init(&thread->reactor, &network->workers);
}

/* How many threads were made. */
static int init_threads(struct network *network, int count)
{
    network->threads = calloc((size_t)count, sizeof *network->threads);
    int made = 0;
    while (network->threads != NULL && made < count && network_thread_init(&network->threads[made], network))
        made++;
    return made;
}

static void finish_threads(struct network *network, int count)
{
    for (int i = 0; i < count; i++)
        network_thread_finish(&network->threads[i]);
    free(network->threads);
    network->threads = NULL;
}

static bool start_threads(struct network *network)
{
    if (!listener_start(network->listener, &network->threads[0].reactor, accepted, network)) {
        complain("out of memory");
        return false;
    }
    for (; network->started < network->thread_count; network->started++) {
        struct network_thread *thread = &network->threads[network->started];
        int error = thread_start(&thread->thread, run, thread);
        if (error != 0) {
            complain("no thread: %s", strerror(error));
            stop_threads(network);
            return false;
        }
    }
    return true;
}

static bool init_shared(struct network *network, const struct network_options *options)
{
    if (!worker_pool_init(&network->workers, NETWORK_WORKERS))
        return false;
    if (memory_pool_init(&network->memory, options->config->queued_max_bytes)) {
        if (admission_init(&network->admission, options->limits))
            return true;
        memory_pool_finish(&network->memory);
    }
    worker_pool_finish(&network->workers);
    return false;
}

static void finish_shared(struct network *network)
{
    worker_pool_finish(&network->workers);
    memory_pool_finish(&network->memory);
    admission_finish(&network->admission);
}

bool network_start(struct network *network, const struct network_options *options)
{
    memset(network, 0, sizeof *network);
    network->config = options->config;
    network->patience = options->patience;
    network->listener = options->listener;
    network->service = options->service;
    network->thread_count = options->threads;
    network->stop_accepting.run = stop_accepting;
    if (!init_shared(network, options)) {
        complain("out of memory");
        return false;
    }
    int made = init_threads(network, options->threads);
    if (made < options->threads)
        complain("cannot start: %s", strerror(errno));
    else if (start_threads(network))
        return true;
    finish_threads(network, made);
    finish_shared(network);
    return false;
}

/* A thread ends with its last connection, so nothing is with the workers by then. */
void network_stop(struct network *network)
{
    stop_threads(network);
    finish_threads(network, network->thread_count);
    finish_shared(network);
}
