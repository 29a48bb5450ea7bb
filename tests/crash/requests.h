/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_REQUESTS_H
#define TESTS_CRASH_REQUESTS_H

/* Requests of the clients of a run, to the broker of node.h. What is answered is Kafka's error; NO_ANSWER: the
 * connection is closed, or acks are 0. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/compression.h>
#include <kwire/view.h>

enum { NO_ANSWER = -100 };

int16_t create_topic(const char *name, int32_t partitions, const char *const (*configs)[2], int32_t config_count);
int16_t delete_topic(const char *name);
int16_t grow_topic(const char *name, int32_t count);
int16_t set_config(const char *topic, const char *name, const char *value);
int16_t delete_records(const char *topic, int32_t partition, int64_t offset);
int16_t find_coordinator(const char *key, int8_t type);
int16_t commit_offset(const char *group, const char *topic, int32_t partition, int64_t offset);
int16_t heartbeat(const char *group, const char *member, int32_t epoch, const char *topic, int32_t *next_epoch);

struct sender {
    const char *transactional_id; /* NULL: none */
    int64_t id;
    int16_t epoch;
    int32_t sequences[16]; /* by partition, of all topics */
};

int16_t init_producer(struct sender *producer);
int16_t add_partition(const struct sender *producer, const char *topic, int32_t partition);
int16_t end_txn(struct sender *producer, bool commits, bool is_new);

/* A batch; its record i has the key of that number, or none where that is below 0. */
struct batch {
    const char *topic;
    int32_t partition;
    const struct sender *producer; /* NULL: none */
    int32_t sequence;
    int64_t time;
    uint64_t first_value; /* of the first record; each next has one more */
    int32_t count;
    int32_t keys;      /* of as many; 0: no keys */
    bool is_tombstone; /* all records are without value */
    size_t size;       /* of each value, at least 8 */
    kw_codec codec;
    int16_t acks;
    bool is_transactional;
    bool is_new; /* Produce adds the partition to the transaction */
};

int16_t produce(const struct batch *batch, int64_t *offset);

/* The same as several clients at once: send_...() returns the number of a call, whose answer take_...() reads once it
 * is there (see node_is_answered()). */
size_t send_create_topic(const char *name, int32_t partitions, const char *const (*configs)[2], int32_t config_count);
int16_t take_create_topic(size_t call);
size_t send_delete_topic(const char *name);
int16_t take_delete_topic(size_t call);
size_t send_commit_offset(const char *group, const char *topic, int32_t partition, int64_t offset);
int16_t take_commit_offset(size_t call);
size_t send_end_txn(const struct sender *producer, bool commits, bool is_new);
int16_t take_end_txn(size_t call, struct sender *producer, bool is_new);
size_t send_produce(const struct batch *batch);
int16_t take_produce(size_t call, int64_t *offset);

#endif
