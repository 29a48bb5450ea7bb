/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_PRODUCER_STATE_H
#define SERVER_LOG_PRODUCER_STATE_H

/* The producers of a partition: which batch each wrote last, so that a batch that is sent again is not appended again
 * and none is left out, which epoch it has, and whether it has an open transaction. No files, no locks: the state
 * belongs to the thread that has the log's turn. Source: ProducerStateManager, ProducerAppendInfo, ProducerStateEntry.
 *
 * Appending a batch takes two steps: producer_state_check() before the write, which changes nothing, and
 * producer_state_update() after it, which cannot fail. Between the two there must be no other batch of that producer.
 *
 * A transaction ends with its marker. Kafka waits until the marker is replicated: with a single replica that is the
 * same. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/batches.h>
#include <kwire/storage/producers.h>
#include <kwire/writer.h>

enum { PRODUCER_BATCHES = 5 }; /* that are remembered of each producer */

/* How many producers all partitions together remember. Beyond the limit a partition that has more than
 * PRODUCERS_ALWAYS forgets, for each new one, the one that has been idle for longest: it counts as unknown when it
 * comes back. Those with an open transaction are never forgotten. */
struct producer_budget {
    atomic_size_t used;
    size_t limit;
};

enum { PRODUCERS_ALWAYS = 16 };

struct producer_batch {
    int64_t last_offset;
    int64_t timestamp;
    int32_t last_sequence;
    int32_t offset_delta; /* from its first record to its last */
};

struct producer {
    int64_t id;
    int64_t last_timestamp;   /* of its last batch or marker; -1: none */
    int64_t txn_first_offset; /* -1: it has no open transaction */
    int32_t coordinator_epoch;
    int16_t epoch;
    uint8_t batch_count;
    uint32_t next;                                   /* in its hash chain; private, as the following */
    uint32_t older, newer;                           /* by when it was updated last */
    uint32_t txn_before, txn_after;                  /* by the first offset of the open transaction */
    struct producer_batch batches[PRODUCER_BATCHES]; /* all of its epoch; the oldest first */
};

/* Private fields. */
struct producer_state {
    struct producer *producers;
    uint32_t *chains; /* heads, by hash */
    uint32_t capacity;
    uint32_t count;
    uint32_t free; /* head */
    uint32_t oldest, newest;
    uint32_t txn_first, txn_last;
    uint64_t seed;
    struct producer_budget *budget;
};

/* Who appends. Batches of clients have sequences; those of coordinators do not; what is in the log already is
 * believed. */
enum producer_origin { PRODUCER_CLIENT, PRODUCER_COORDINATOR, PRODUCER_LOG };

/* What matters of a batch that has a producer id. */
struct producer_append {
    int64_t producer_id;
    int64_t base_offset; /* for producer_state_check() any, with the right distance to the last one */
    int64_t last_offset;
    int64_t timestamp;     /* the largest of the batch */
    int32_t base_sequence; /* -1: none */
    int16_t producer_epoch;
    bool transactional;
    bool control;                /* a marker that ends a transaction; sets the next two */
    bool abort;                  /* else it commits */
    int32_t coordinator_epoch;   /* of who wrote the marker */
    int16_t transaction_version; /* of a marker that is written now; from 2 on each has a new producer epoch */
};

/* That the coordinator confirmed that the partition is part of a producer's transaction. */
struct producer_verification {
    int32_t lowest_sequence;  /* of all batches that have waited for the confirmation */
    bool supports_epoch_bump; /* transaction.version 2: each transaction has a new epoch */
};

struct producer_verdict {
    int16_t error; /* 0: append it, or it is a duplicate */
    bool duplicate;
    int64_t base_offset; /* of the duplicate's original; this and the following */
    int64_t last_offset;
    int64_t timestamp;
};

/* A transaction that a marker ended. */
struct completed_txn {
    int64_t producer_id;
    int64_t first_offset; /* -1: none was ended */
    int64_t last_offset;  /* of the marker */
    int64_t last_stable_offset;
    bool is_aborted;
};

/* An empty state. The budget may be NULL: no limit. It must last as long as the state, of which nothing is left after
 * producer_state_finish(). */
void producer_state_init(struct producer_state *s, struct producer_budget *budget);
void producer_state_finish(struct producer_state *s);

/* Reads the batch of a log; false if nothing of it concerns the state: it has no producer id, or is a control batch
 * without a readable marker. */
bool producer_append_read(struct producer_append *out, const kw_batch *batch);

/* What is to be done about a batch. Errors: OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE,
 * TRANSACTION_COORDINATOR_FENCED. The verification is NULL if there is none; transactional batches need one unless the
 * transaction is open already. */
struct producer_verdict producer_state_check(const struct producer_state *s, const struct producer_append *append,
                                             enum producer_origin origin,
                                             const struct producer_verification *verification);

/* Makes sure that the next `count` updates do not need memory. False: there is none. */
bool producer_state_reserve(struct producer_state *s, size_t count);

/* The batch is in the log. Needs one reserved update. */
struct completed_txn producer_state_update(struct producer_state *s, const struct producer_append *append);

/* Forgets those without an open transaction whose last batch is so old: now - last_timestamp >= expiration_ms. */
void producer_state_expire(struct producer_state *s, int64_t now, int64_t expiration_ms);

/* The start of the first open transaction; -1: none is open. */
int64_t producer_state_first_unstable(const struct producer_state *s);

/* NULL: not known. Valid until the state changes. */
const struct producer *producer_state_find(const struct producer_state *s, int64_t producer_id);

size_t producer_state_count(const struct producer_state *s);

/* The producer that follows `producer` in an order that lasts until the state changes; NULL: there is no other. With
 * NULL the first one. */
const struct producer *producer_state_next(const struct producer_state *s, const struct producer *producer);

/* Forgets all of them, as after a truncation; the state is then loaded from a snapshot and what is in the log. */
void producer_state_clear(struct producer_state *s);

/* Adds the producers of a snapshot that have not expired. False: there is no memory. */
bool producer_state_load(struct producer_state *s, const kw_producers *snapshot, int64_t now, int64_t expiration_ms);

/* All of them, as a snapshot has them: as many as producer_state_count(). */
void producer_state_list(const struct producer_state *s, kw_producer_state *out);

/* Writes a snapshot. The writer's status, or KW_ERR_NO_MEMORY. */
kw_status producer_state_write(const struct producer_state *s, kw_writer *w);

#endif
