/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TRANSACTIONS_PAIRS_H
#define BENCH_TRANSACTIONS_PAIRS_H

/* What transactions cost beyond the same requests without them: producers of both kinds work by turns, so shortly that
 * the machine is the same for the two turns of a pair. */

#include "producers.h"

enum { PLAIN_KIND, TRANSACTIONAL_KIND, KINDS };

struct pairs {
    struct production *productions; /* one for each kind, paused */
    pid_t pid;                      /* the server */
    unsigned count;
    unsigned producers; /* of each kind */
    unsigned threads;   /* of each kind */
    double warm_up;     /* seconds of the first two turns, which do not count */
    double seconds;     /* of each other turn */
};

/* Nanoseconds of processor time of the server, which must exist. */
int64_t server_clock(pid_t pid);

/* Measures and prints. */
void pairs_run(const struct pairs *pairs);

#endif
