/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_JUDGE_H
#define TESTS_FAULTS_JUDGE_H

/* What clients know, and what must follow from it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

/* Their names: "a" two partitions, records of idempotent producers; "b" one, whose first records are deleted; "c" one,
 * compacted; "t" two, records of transactions. */
enum topic { TOPIC_A, TOPIC_B, TOPIC_C, TOPIC_T, TOPICS };
enum { PARTITIONS = 2, KEYS = 3, MOST_RECORDS = 512, MOST_TXNS = 64 };

extern const char *const topic_names[TOPICS];
extern const int32_t topic_partitions[TOPICS];

enum known_txn {
    KNOWN_OPEN, /* nobody has asked to commit it */
    KNOWN_COMMITTING,
    KNOWN_COMMITTED,
    KNOWN_ABORTED
};

struct known_record {
    enum topic topic;
    int32_t partition;
    int key;
    size_t txn; /* MOST_TXNS: none */
    bool is_acknowledged;
    int64_t offset;
};

struct known {
    struct known_record records[MOST_RECORDS]; /* by number */
    size_t record_count;
    enum known_txn txns[MOST_TXNS];
    size_t txn_count;
    int64_t committed, most_committed; /* offset of a group: acknowledged, asked for */
    int64_t deleted_until;             /* of "b": asked for */
    int16_t created[TOPICS], grown, altered, doomed_created, doomed_deleted; /* errors; NO_ANSWER: nobody has asked */
    bool is_synced; /* an acknowledgement has waited for the disk */
};

extern struct known known;

void judge_start(bool is_synced);

/* A new record; returns its number. */
int64_t judge_sends(enum topic topic, int32_t partition, int key, size_t txn);
void judge_acknowledged(int64_t number, int64_t offset);

/* Counts what was answered; errors that no client expects from a broker with a failing disk are a failure. */
void judge_error(const char *what, int16_t error);
void judge_print_errors(void);

/* All that was promised, on a broker that nothing disturbs. */
void judge_check(void);

/* The same, but what is missing, or not answered, is no failure: false then. What is answered must be right. */
bool judge_is_complete(void);

/* What is answered while the disk fails: records that are not what was sent are a failure, errors are none. */
void judge_look(void);

#endif
