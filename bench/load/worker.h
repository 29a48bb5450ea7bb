/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LOAD_WORKER_H
#define BENCH_LOAD_WORKER_H

/* A thread that keeps a number of connections busy, each with up to `depth` requests in flight.
 *
 * Closed load: the next request is sent when an answer is complete, so the server determines the load, and a latency is
 * the time from a request's send() to the last byte of its answer. Open load, with a rate: requests are due at regular
 * times, whatever the server does, and a latency starts when its request was due. */

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"

enum { ANSWER_HEAD_MAX = 256 };

enum phase { WARMS_UP, MEASURES, ENDS };

/* What is requested. A request consists of its own bytes, which worker and `fill` may change, and a tail that all have
 * in common and that is never copied. */
struct requests {
    const uint8_t *frame; /* with its size field: its first `own` bytes are what each request starts as */
    size_t own;           /* 12, with the correlation id, or more */
    const uint8_t *tail;
    size_t tail_size;
    /* Completes request `number` of a connection. NULL: nothing but the correlation id differs. */
    void (*fill)(const struct requests *requests, unsigned connection, uint32_t number, uint8_t *own);
    /* Ends the program if the answer is not as it has to be. It gets its first `head` bytes, or all that it has; `size`
     * is that of the whole answer with its size field. */
    void (*check)(const struct requests *requests, unsigned connection, uint32_t number, const uint8_t *head,
                  size_t size);
    size_t head; /* at most ANSWER_HEAD_MAX */
    void *context;
};

/* State that all workers share. */
struct load {
    struct sockaddr_in address;
    struct requests requests;
    unsigned depth;
    double rate;                 /* requests a second, of a single worker; 0: closed load */
    atomic_uint_fast64_t budget; /* requests that may still be sent; then workers end by themselves */
    pthread_barrier_t connected; /* of all workers and the thread that starts them */
    atomic_int phase;
    atomic_uint working; /* workers that have not ended */
};

struct worker {
    struct load *load;
    unsigned first; /* number of its first connection */
    unsigned connections;
    pthread_t thread;
    struct histogram latencies; /* out: ns, of the measured phase */
};

/* Starts the thread, which connects, waits at the barrier, and works until the phase is ENDS, or until the budget is
 * used and all is answered. A failure ends the program with a message. */
void worker_start(struct worker *worker);

#endif
