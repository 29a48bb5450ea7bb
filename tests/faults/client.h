/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_CLIENT_H
#define TESTS_FAULTS_CLIENT_H

/* Records that are sent to the broker of machine.h, and read from it. Each function returns Kafka's error, or
 * NO_ANSWER. requests.h has what else is asked. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../simulation/requests.h"

/* A record. What it contains follows from the number. */
struct sent {
    const char *topic;
    int32_t partition;
    int64_t number;
    int key; /* -1: none */
    const struct sender *producer;
    int32_t sequence;
    int16_t acks;
};

/* The time of each record is that of its number. */
int64_t client_time_of(int64_t number);

int16_t client_produce(const struct sent *sent, int64_t *offset);

/* -1: the log's end; -2: its start. */
int16_t client_list_offset(const char *topic, int32_t partition, int64_t timestamp, int64_t *offset);

struct read_record {
    int64_t number;
    int64_t offset;
    int key;
};

enum { MOST_READ = 4096 };

struct read_log {
    struct read_record records[MOST_READ];
    size_t count;
    int64_t start, end; /* of the log */
};

/* Reads a partition from its start to its end as a consumer does: batches are checked, and so is what each record
 * contains. Stops at the first error. */
int16_t client_read(const char *topic, int32_t partition, bool is_committed, struct read_log *out);

#endif
