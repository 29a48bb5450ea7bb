/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_LEDGER_H
#define TESTS_SIMULATION_LEDGER_H

/* The judge of transactions: what clients with transactional ids were promised. It has partitions of its own: those of
 * the topic that transactions write, which have the numbers from 0 on, and those of the topic to which chains copy it.
 * Chain number N reads partition N. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEDGER_PARTITIONS = 4, LEDGER_ALL = 2 * LEDGER_PARTITIONS, NO_SOURCE = -1 };

/* What a record says of itself. */
struct ledger_record {
    uint64_t id;    /* of its producer's life, then its number in that life, which grows */
    uint32_t txn;   /* of ledger_begin() */
    int64_t source; /* offset of the record of which it is a copy, in the partition of the chain */
    int chain;      /* NO_SOURCE: it is no copy */
};

/* How a reader got a record. */
enum ledger_view {
    LEDGER_RAW,     /* at read_uncommitted */
    LEDGER_VISIBLE, /* at read_committed */
    LEDGER_HIDDEN   /* at read_committed, as one of a transaction that is aborted */
};

/* The producer of a batch. */
struct ledger_producer {
    int64_t id;
    int16_t epoch;
};

void ledger_start(void);
void ledger_finish(void);

/* ---- what clients do ---- */

/* A new life of a producer, which has numbers of its own. */
uint32_t ledger_new_life(void);

/* A transaction, by its number from 1 on. */
uint32_t ledger_begin(void);

/* It moves the offset of the chain to there. */
void ledger_moves(uint32_t txn, int chain, int64_t to);

/* A commit is going to be asked for; the broker has said that it is committed, or aborted. */
void ledger_may_commit(uint32_t txn);
void ledger_committed(uint32_t txn);
void ledger_aborted(uint32_t txn);

/* Records that follow each other were acknowledged; only their ids grow. */
void ledger_acknowledged(int partition, int64_t offset, uint64_t id, size_t count);

/* ---- what readers get, each in the order of offsets, without a gap ---- */

void ledger_saw(int partition, int64_t offset, const struct ledger_record *record, struct ledger_producer by,
                enum ledger_view view);
void ledger_saw_marker(int partition, int64_t offset, struct ledger_producer by, bool is_commit);

/* ---- offsets of chains ---- */

/* The least that an answer may have from now on; -1: none. */
int64_t ledger_least_offset(int chain);

/* An answer to what was asked when `least` was the least. */
void ledger_offset_fetched(int chain, int64_t offset, int64_t least);

/* ---- the end ---- */

/* The offset behind all that is known of a partition. */
int64_t ledger_end(int partition);

/* Behind the last that was read without a gap. */
int64_t ledger_read_end(int partition);

/* All transactions have ended, all has been read at read_committed: the first `chains` have copied all, once. */
void ledger_check_end(int chains);

#endif
