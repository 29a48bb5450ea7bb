/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_CLIENT_H
#define TESTS_FAULTS_CLIENT_H

/* Requests of one topic or partition each, to the broker of machine.h. Each returns Kafka's error, or NO_ANSWER. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NO_ANSWER = -1000 };

int16_t client_create_topic(const char *name, int32_t partitions, bool is_compacted);
int16_t client_delete_topic(const char *name);
int16_t client_grow(const char *name, int32_t count);
int16_t client_alter(const char *name, const char *config, const char *value);
int16_t client_delete_records(const char *name, int32_t partition, int64_t offset);

/* 0: of a group; 1: of a transaction. Makes the coordinator's topic. */
int16_t client_find_coordinator(int8_t type, const char *key);

struct producer_id {
    int64_t id; /* -1: none */
    int16_t epoch;
};

/* Of a transaction, or NULL. */
int16_t client_init_producer(const char *transaction, struct producer_id *out);

/* A record. What it contains follows from the number. */
struct sent {
    const char *topic;
    int32_t partition;
    int64_t number;
    int key; /* -1: none */
    struct producer_id producer;
    int32_t sequence;
    const char *transaction; /* NULL: none */
    int16_t acks;
};

/* The time of each record is that of its number. */
int64_t client_time_of(int64_t number);

int16_t client_produce(const struct sent *sent, int64_t *offset);

int16_t client_add_partitions(const char *transaction, struct producer_id producer, const char *topic, int32_t count);
int16_t client_add_offsets(const char *transaction, struct producer_id producer, const char *group);
int16_t client_commit_in_transaction(const char *transaction, struct producer_id producer, const char *group,
                                     const char *topic, int64_t offset);
int16_t client_end_transaction(const char *transaction, struct producer_id *producer, bool is_committed);

/* Of partition 0. */
int16_t client_commit(const char *group, const char *topic, int64_t offset);
int16_t client_committed(const char *group, const char *topic, int64_t *offset);

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
