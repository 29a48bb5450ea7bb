/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOAD_PRODUCER_H
#define TESTS_LOAD_PRODUCER_H

/* An idempotent producer that sends one batch after the other, each until it is acknowledged. */

#include "../../bench/load/histogram.h"
#include "history.h"
#include "link.h"

/* Of all producers. */
struct producing {
    struct history *history;
    struct histogram *latencies; /* ns, of batches that were acknowledged at once */
    const char *topic;
    uint32_t batch;      /* records in one */
    uint32_t value_size; /* bytes of a record's value */
    double pause;        /* seconds between two batches, on average */
    bool is_ending;      /* nothing new is sent */
    uint64_t refused;    /* batches that were answered with an error which a client tries again */
};

struct producer {
    struct link link; /* the first member */
    struct producing *all;
    uint32_t number;
    int64_t id; /* -1: it has none yet */
    int16_t epoch;
    uint32_t on_its_way; /* records */
    bool was_tried;
    uint64_t random;
};

void producer_start(struct producer *p, struct producing *all, uint32_t number, struct links *links);

bool producer_has_ended(const struct producer *p);

#endif
