/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_LEDGER_H
#define TESTS_CRASH_LEDGER_H

/* What a run has written and what it was promised, by the change of the tape at which that was so. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/broker.h"
#include "state.h"

/* A batch that was in a log at some time. */
struct kept_batch {
    int64_t base, last;
    uint32_t crc;
    int64_t producer_id;
    int32_t sequence;
    int16_t producer_epoch;
    uint16_t attributes;
    bool is_lost; /* by a crash that the tape has started with; where that was not on the disk it may come back */
    kw_bytes bytes;
};

/* From a change of the tape on. */
struct mark {
    size_t point;
    int64_t offset;
};

struct marks {
    struct mark *items;
    size_t count, capacity;
};

struct kept_log {
    char topic[64];
    kw_uuid id;
    int32_t partition;
    bool is_compacted; /* records may be missing */
    bool has_gaps;     /* a crash that the tape has started with has left some between segments */
    struct kept_batch *batches;
    size_t count, capacity;
    int64_t read_until;
    struct marks ends;   /* where the log ended: what a process that is killed leaves */
    struct marks synced; /* what the broker takes for safe from a loss of power */
    struct marks starts; /* where the log started */
};

/* An offset that a group has committed. Its coordinator has written it between two ends of its log. */
struct kept_commit {
    size_t point;
    char group[32], topic[64];
    int32_t partition;
    int64_t offset, log_start, log_end;
    int32_t log_partition; /* of __consumer_offsets */
    bool is_uncertain;     /* the crash that the tape has started with came in its flight, or may have lost it */
};

/* A transaction and what was asked of it. */
enum decision_kind { TXN_OPEN, TXN_COMMIT, TXN_ABORT };

struct kept_txn {
    char id[32];
    int64_t producer_id;
    int16_t epoch;
    enum decision_kind asked;
    size_t asked_at;    /* before the request */
    size_t answered_at; /* SIZE_MAX: it was not */
    size_t begun_at;
    struct txn_part {
        size_t log; /* in ledger.logs */
        int64_t first, last;
    } parts[8];
    size_t part_count;
};

/* What the controller has decided. */
struct kept_image {
    size_t decided_at;   /* before it was written */
    size_t published_at; /* SIZE_MAX: it was not, as a later one was */
    uint32_t digest;     /* of topics and settings */
};

struct ledger {
    struct kept_log *logs;
    size_t log_count, log_capacity;
    struct kept_image *images;
    size_t image_count, image_capacity;
    struct kept_commit *commits;
    size_t commit_count, commit_capacity;
    struct kept_txn *txns;
    size_t txn_count, txn_capacity;
    const struct metadata_image *seen;
};

extern struct ledger ledger;

void ledger_start(void);
void ledger_finish(void);

/* Looks at the broker of node.h, as it is after the last change of the tape. */
void ledger_look(void);

/* The same, and reads those again that are compacted. */
void ledger_look_again(void);

/* All that is in logs is safe. */
void ledger_note_stop(void);

/* The tape starts anew with what that crash has left: what is promised of it is promised from the tape's first change
 * on. Transactions are promised only with `keep_txns`. */
void ledger_rebase(const struct crash *crash, bool keep_txns);

/* Forgets what the broker that has been started since does not have. */
void ledger_trim(void);

/* Where a log of __consumer_offsets ends. */
int64_t ledger_end_of_offsets(int32_t log_partition);

/* What is given of it is group, topic, partition, offset, the log's partition, and where that ended when the request
 * was sent. */
const struct kept_commit *ledger_note_commit(const struct kept_commit *commit);

/* NULL: there is none. */
struct kept_log *ledger_log(kw_string topic, kw_uuid id, int32_t partition);

/* Whether the log has had that batch. */
const struct kept_batch *ledger_find(const struct kept_log *log, const kw_batch *batch);

/* The last mark at that point or before it; -1: there is none. */
int64_t marks_at(const struct marks *marks, size_t point);

/* The first mark at that point or after it, else the last one; -1: there is none. */
int64_t marks_after(const struct marks *marks, size_t point);

/* Topics, their ids and partitions, and all settings. */
uint32_t image_digest(const struct metadata_image *image);

#endif
