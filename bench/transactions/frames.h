/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_TRANSACTIONS_FRAMES_H
#define BENCH_TRANSACTIONS_FRAMES_H

/* The requests of a producer, encoded once. What differs from one transaction to the next is put into the bytes:
 * producer id, epoch, sequence and checksum. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The newest version of Produce that has the name of a topic; from it on, partitions are added by themselves. From 5 on
 * EndTxn gives each transaction an epoch. */
enum { PRODUCE_VERSION = 12, END_TXN_VERSION = 5 };

/* What is written. */
struct shape {
    const char *topic;
    unsigned partitions;
    unsigned records; /* in a batch; a request has one batch for each partition */
    size_t record_size;
    bool is_plain; /* without transactions */
};

struct producer_id {
    int64_t id;
    int16_t epoch;
};

struct frame {
    uint8_t *bytes;
    size_t size;
};

struct frames {
    struct frame produce;
    size_t *batches; /* where they are in it */
    size_t batch_size;
    struct frame end;
    size_t end_id_at; /* where the producer id is in it, and behind it the epoch */
};

void frames_make(struct frames *f, const struct shape *shape, const char *transactional_id);
void frames_free(struct frames *f);

/* Prepares the frame that is sent next. */
void frames_set_produce(struct frames *f, const struct shape *shape, struct producer_id producer, int32_t sequence,
                        uint32_t correlation_id);
void frames_set_end(struct frames *f, struct producer_id producer, uint32_t correlation_id);

#endif
