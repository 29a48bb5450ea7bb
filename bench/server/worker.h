/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_SERVER_WORKER_H
#define BENCH_SERVER_WORKER_H

/* A thread that keeps a number of connections busy: each has `depth` requests in flight, all of them the same frame
 * except for the correlation id. The next request is sent when an answer is complete: the server determines the load,
 * and a latency is the time from a request's send() to the last byte of its answer. Every answer must have the next
 * expected correlation id, and the size and start of the reference. */

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "reference.h"

enum phase { WARMS_UP, MEASURES, ENDS };

/* State that all workers share. */
struct load {
    struct sockaddr_in address;
    const uint8_t *frame; /* with its size field */
    size_t frame_size;
    struct reference reference;
    unsigned depth;
    pthread_barrier_t connected; /* of all workers and the thread that starts them */
    atomic_int phase;
};

struct worker {
    const struct load *load;
    unsigned connections;
    pthread_t thread;
    struct histogram latencies; /* out: ns, of the measured phase */
};

/* Starts the thread, which connects, waits at the barrier, and works until the phase is ENDS. A failure ends the
 * program with a message. */
void worker_start(struct worker *worker);

/* Prints a message after "kwire-load: " and ends the program. */
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

#endif
