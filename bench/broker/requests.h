/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BROKER_REQUESTS_H
#define BENCH_BROKER_REQUESTS_H

/* Prepared requests that write records or read them. The topic has `partitions` partitions; request n of connection c
 * is for partition (c + n) % partitions. All batches are alike, so what a Fetch has to answer is known in advance. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../load/reference.h"
#include "../load/worker.h"

enum { PARTITIONS_MAX = 1024 };

struct topic {
    const char *name;
    uint32_t partitions;
    size_t batch_size;  /* about, bytes */
    size_t record_size; /* of a value; there are no keys */
    unsigned connections;
    bool same_offset; /* the server has one answer for all: base offsets need not increase */
};

/* The state behind struct requests. */
struct prepared {
    struct topic topic;
    uint8_t *frames; /* the own bytes of a request to each partition */
    uint8_t *batch;
    size_t size;        /* of the batch */
    uint32_t records;   /* in a batch */
    int64_t *offsets;   /* Produce: what is expected next, at the least, by connection and partition */
    size_t offset_at;   /* Fetch: where the request has its offset */
    size_t fetched;     /* Fetch: batches in an answer */
    uint64_t available; /* Fetch: batches in each partition, a multiple of `fetched` */
    struct reference reference;
};

/* One batch for one partition in each request. The answers must have no error, and base offsets that increase. */
void requests_produce(struct prepared *p, const struct topic *topic, int16_t acks, struct requests *out);

/* Reads `fetched` batches with each request, from the start of the partition to the end of its `available` batches, and
 * again. The topic must have been written by requests_produce(). */
void requests_fetch(struct prepared *p, const struct topic *topic, size_t fetched, uint64_t available,
                    const struct sockaddr_in *address, struct requests *out);

/* Sends the first request of the first connection, and writes the answer to a file, its size field included. */
void requests_save_answer(const struct sockaddr_in *address, const struct requests *requests, const char *file);

void prepared_free(struct prepared *p);

#endif
