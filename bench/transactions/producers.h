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
    uint64_t spacing;            /* ns from that to the start of the next producer's */
    pthread_barrier_t connected; /* of all threads and the one that starts them */
    atomic_int phase;            /* enum phase */
    atomic_bool is_paused;       /* nothing is sent */
    atomic_ullong answered;      /* Produce requests, in all phases */
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

/* Starts the threads, which make their producers known, connect them, and then work until the phase is ENDS. The caller
 * joins them, and frees the array. */
struct producers *producers_start(struct production *production, unsigned producers, unsigned threads);

#endif
