/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_TRANSACTOR_H
#define TESTS_SIMULATION_TRANSACTOR_H

/* A client with a transactional id, which writes transactions to the first topic of the ledger; or a chain, which reads
 * a partition of that topic at read_committed and copies it to the other one, its offset in the same transactions. Two
 * of them may have one id: the later one fences the other. */

#include "asker.h"
#include "ledger.h"
#include "world.h"

enum { MOST_COPIED = 8, TRANSACTIONAL_ID = 40 };

enum transactor_step { INIT, POSITION, READ, ADD, PRODUCE, ADD_GROUP, MOVE, END };

struct transactor {
    struct asker asker; /* the first member */
    struct happening next;
    char id[TRANSACTIONAL_ID];     /* chains: also the group's name */
    int chain;                     /* NO_SOURCE: it only writes */
    const struct transactor *twin; /* has the same id */
    bool is_new;                   /* its protocol: version 2 of transactions */
    bool is_alive;
    bool is_ending; /* once its transaction has ended, and a chain has copied all */
    bool has_ended;
    int32_t timeout_ms;
    int64_t pause_ms; /* between transactions, on the average */

    enum transactor_step step;
    int64_t initialised_at; /* when it asked for its producer id, for the last time */
    int64_t left_at;        /* when it left an InitProducerId without an answer; -1: never */
    int64_t least;          /* of ledger_least_offset(), when it asked for its position */
    int64_t answered_at;    /* the last time */
    int64_t producer_id;
    int16_t epoch;
    uint32_t life;
    uint32_t serial; /* of the last record that was acknowledged */
    int32_t sequences[LEDGER_ALL];

    uint32_t txn;     /* 0: none */
    int64_t began_at; /* the transaction */
    bool commits;
    size_t batches; /* that come after the one that is being sent */
    int partition;  /* of this one */
    size_t count;   /* of its records */
    int64_t time;
    unsigned added; /* partitions of the old protocol */

    int64_t position, copied_to; /* chains: what comes next; the position when the transaction is committed */
    int64_t sources[MOST_COPIED];
    size_t read, copied; /* of these */
};

void transactor_init(struct transactor *transactor, const char *id, int chain, const struct transactor *twin);

/* It starts with a new life; one that lives dies first, without a word. */
void transactor_start(struct transactor *transactor);
void transactor_die(struct transactor *transactor);

/* Does nothing for so long. */
void transactor_sleep(struct transactor *transactor, int64_t ms);

void transactor_end(struct transactor *transactor);

#endif
