/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TRANSACTIONS_PRODUCERS_H
#define BENCH_TRANSACTIONS_PRODUCERS_H

/* Threads with producers that write one transaction after the other. A failure ends the program with a message. */

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "../load/histogram.h"
#include "../load/worker.h"
#include "frames.h"

/* State that all threads share. */
struct production {
    struct sockaddr_in address;
    struct shape shape;
    const char *prefix;          /* of transactional ids */
    unsigned requests;           /* of Produce, in a transaction */
    unsigned depth;              /* of them, how many may be in flight; the first one is alone */
    uint64_t interval;           /* ns from the start of a producer's transaction to that of the next one; 0: none */
    pthread_barrier_t connected; /* of all threads and the one that starts them */
    atomic_int phase;            /* enum phase */
};

struct producers {
    struct production *production;
    unsigned first; /* number of its first producer */
    unsigned count;
    pthread_t thread;

    /* The results, of the measured phase: ns. */
    struct histogram commits; /* from EndTxn to its answer */
    struct histogram
        transactions; /* from the first Produce to the answer of EndTxn; plain: to that of the last Produce */
    uint64_t refused; /* Produce requests: the transaction before was not complete */
};

/* Starts the thread, which makes its producers known, connects them, waits at the barrier, and works until the phase is
 * ENDS. */
void producers_start(struct producers *producers);

#endif
