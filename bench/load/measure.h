/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LOAD_MEASURE_H
#define BENCH_LOAD_MEASURE_H

/* One measurement: workers that make load, the processor time that a server takes meanwhile, and the line that says it.
 */

#include "worker.h"

struct measurement {
    struct load load;
    pid_t pid; /* of the server; -1: unknown */
    unsigned connections, threads;
    double warm_up, seconds; /* the second one is a maximum if there is a budget */
};

/* Connects, and measures after the warm-up. Prints one line, its fields separated by tabs: requests a second; latency
 * in us: p50, p99, p99.9; processor time in us a request: of the server (-1 without), of this process; `answer_size`;
 * requests. */
void measure(struct measurement *m, size_t answer_size);

/* 127.0.0.1 */
struct sockaddr_in loopback(uint16_t port);

#endif
