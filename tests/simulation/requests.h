/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_REQUESTS_H
#define TESTS_SIMULATION_REQUESTS_H

/* Requests of one topic, partition or group each, to the broker of process.h. send_...() returns the number of a call,
 * whose answer take_...() reads once it is there: Kafka's error, or NO_ANSWER where the connection is closed or nothing
 * is answered. The others send one and await its answer by requests_await. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

enum { NO_ANSWER = -1000 };

/* Lets time pass until a call is answered, and returns it. */
extern size_t (*requests_await)(size_t call);

struct new_topic {
    const char *configs[8][2];
    int32_t config_count;
    int32_t partitions;
};

size_t send_create_topic(const char *name, const struct new_topic *topic);
int16_t take_create_topic(size_t call);
size_t send_delete_topic(const char *name);
int16_t take_delete_topic(size_t call);
int16_t create_topic(const char *name, const struct new_topic *topic);
int16_t delete_topic(const char *name);
int16_t grow_topic(const char *name, int32_t count);
int16_t set_config(const char *topic, const char *name, const char *value);
int16_t delete_records(const char *topic, int32_t partition, int64_t offset);

/* Type 0: of a group; 1: of a transaction. Makes the coordinator's topic. */
int16_t find_coordinator(const char *key, int8_t type);

size_t send_commit_offset(const char *group, const char *topic, int32_t partition, int64_t offset);
int16_t take_commit_offset(size_t call);
int16_t commit_offset(const char *group, const char *topic, int32_t partition, int64_t offset);
int16_t fetch_offset(const char *group, const char *topic, int32_t partition, int64_t *offset);
int16_t heartbeat(const char *group, const char *member, int32_t epoch, const char *topic, int32_t *next_epoch);

struct sender {
    const char *transactional_id; /* NULL: none */
    int64_t id;                   /* -1: none */
    int16_t epoch;
    int32_t sequences[16]; /* zero with each new id or epoch; whose they are the sender knows */
};

int16_t init_producer(struct sender *producer, int32_t timeout_ms);
int16_t add_partitions(const struct sender *producer, const char *topic, const int32_t *partitions, int32_t count);
int16_t add_group(const struct sender *producer, const char *group);
int16_t commit_in_txn(const struct sender *producer, const char *group, const char *topic, int32_t partition,
                      int64_t offset);

/* With is_new as clients since Kafka 4.0 do, which do not add partitions. */
size_t send_end_txn(const struct sender *producer, bool commits, bool is_new);
int16_t take_end_txn(size_t call, struct sender *producer, bool is_new);
int16_t end_txn(struct sender *producer, bool commits, bool is_new);

struct produced {
    const char *topic;
    int32_t partition;
    const char *transactional_id; /* NULL: none */
    kw_bytes records;
    int16_t acks;
    bool is_new; /* as that of send_end_txn() */
};

size_t send_records(const struct produced *produced);
int16_t take_produced(size_t call, int64_t *offset);

#endif
