/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "program.h"

enum { LOOK_MS = 1 };

struct result {
    double seconds, server, self; /* ns of processor time */
    struct histogram latencies;
};

static double server_time(const struct measurement *m)
{
    if (m->pid < 0)
        return 0;
    int64_t ns = clock_of_process(m->pid);
    if (ns < 0)
        die("process %ld does not exist", (long)m->pid);
    return (double)ns;
}

static bool sleep_while_working(struct load *load, double seconds)
{
    uint64_t until = clock_now() + (uint64_t)(seconds * 1e9);
    while (atomic_load(&load->working) != 0 && clock_now() < until)
        clock_sleep(LOOK_MS / 1e3);
    return atomic_load(&load->working) != 0;
}

static struct worker *start_workers(struct measurement *m)
{
    struct worker *workers = must_have(calloc(m->threads, sizeof *workers));
    if (pthread_barrier_init(&m->load.connected, NULL, m->threads + 1) != 0)
        die("no memory");
    atomic_store(&m->load.working, m->threads);
    for (unsigned i = 0, first = 0; i < m->threads; first += workers[i++].connections) {
        workers[i].load = &m->load;
        workers[i].first = first;
        workers[i].connections = m->connections / m->threads + (i < m->connections % m->threads);
        worker_start(&workers[i]);
    }
    return workers;
}

/* The processor time is that of the measured phase, as precise as sleeping and waking up. */
static void run(struct measurement *m, struct result *out)
{
    /* What is without warm-up is measured from the first request on. */
    atomic_store(&m->load.phase, m->warm_up > 0 ? WARMS_UP : MEASURES);
    struct worker *workers = start_workers(m);
    pthread_barrier_wait(&m->load.connected);
    if (m->warm_up > 0 && !sleep_while_working(&m->load, m->warm_up))
        die("all was sent within the warm-up");
    out->server = -server_time(m);
    out->self = -(double)clock_of_process(0);
    uint64_t begin = clock_now();
    atomic_store(&m->load.phase, MEASURES);
    (void)sleep_while_working(&m->load, m->seconds);
    atomic_store(&m->load.phase, ENDS);
    out->seconds = (double)(clock_now() - begin) / 1e9;
    out->server += server_time(m);
    out->self += (double)clock_of_process(0);
    for (unsigned i = 0; i < m->threads; i++) {
        pthread_join(workers[i].thread, NULL);
        histogram_join(&out->latencies, &workers[i].latencies);
    }
    free(workers);
}

static double us(const struct histogram *latencies, double share)
{
    return (double)histogram_quantile(latencies, share) / 1e3;
}

void measure(struct measurement *m, size_t answer_size)
{
    static struct result r;
    if (m->threads > m->connections)
        m->threads = m->connections;
    run(m, &r);
    double requests = (double)r.latencies.total;
    if (r.latencies.total == 0)
        die("no answer in %g seconds", m->seconds);
    printf("%.0f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t%zu\t%.0f\n", requests / r.seconds, us(&r.latencies, 0.5),
           us(&r.latencies, 0.99), us(&r.latencies, 0.999), m->pid < 0 ? -1 : r.server / requests / 1e3,
           r.self / requests / 1e3, answer_size, requests);
}

struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}
