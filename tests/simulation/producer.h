/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_PRODUCER_H
#define TESTS_SIMULATION_PRODUCER_H

/* An idempotent producer: it sends a batch until it is acknowledged, then the next one. Or a careless one, which wants
 * no acknowledgement (acks=0), and sends each batch once. */

#include "asker.h"
#include "judge.h"
#include "world.h"

struct producer {
    struct asker asker;
    struct happening next;
    size_t number;
    bool is_careless;
    int64_t id; /* -1: none yet */
    int16_t epoch;
    int32_t sequences[ALL_PARTITIONS];
    uint32_t sent;    /* records that are acknowledged; the next one has this number and one more */
    int partition;    /* of the batch that is being sent; -1: none */
    size_t count;     /* of its records */
    int64_t time;     /* that they have */
    int64_t pause_ms; /* between batches, on the average */
    bool is_ending;   /* once the batch is acknowledged */
};

void producer_start(struct producer *producer, size_t number, int64_t pause_ms);

/* Nothing is sent any more, once what is being sent is acknowledged. */
void producer_end(struct producer *producer);
bool producer_has_ended(const struct producer *producer);

#endif
