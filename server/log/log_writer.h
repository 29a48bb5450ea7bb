/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_WRITER_H
#define SERVER_LOG_LOG_WRITER_H

/* What is known of a log only while it is written to. Everything here needs the log's turn; errors are those of Kafka,
 * after a line on the console. */

#include "partition_log.h"
#include "producer_state.h"
#include "segment_writer.h"

/* Of a segment whose files are to be removed. */
struct deleted_segment {
    int64_t base_offset;
    int64_t renamed_ms; /* to .deleted; -1: not yet */
};

struct log_writer {
    struct segment_writer active;
    struct producer_state producers;
    struct log_config config;        /* of this round */
    int64_t now_ms;                  /* since 1970 */
    struct log_snapshot now;         /* the numbers as they become with this round; the contents are not counted */
    struct log_contents *changed;    /* the contents that replace those of `now`; NULL: they stay */
    bool has_late_aborted;           /* their markers may have been synced without them */
    size_t unsaved_aborted;          /* of the newest aborted transactions, which their index does not have yet */
    bool epochs_differ;              /* those of `changed` from those that are published */
    int64_t hidden_until;            /* records that clients see only once the log is synced up to here */
    struct deleted_segment *deleted; /* by retention */
    size_t deleted_count;
    kw_span *parts; /* of one write */
    size_t part_capacity;
};

/* Before the others: the writer, with the settings and numbers of the moment; the active segment is open. */
int16_t log_writer_start(struct partition_log *log);

/* Whether it has to read files first: those of records that were there before. */
bool log_writer_must_read(struct partition_log *log);

/* A writer that knows the producers of the log; nothing is open. */
kw_status log_writer_create(struct log_writer **out, const struct partition_log *log, const struct log_snapshot *now);

/* Batches from the log's end on are of that leader epoch. Changes the contents of this round; the file says so once the
 * batches are to be on the disk. */
int16_t log_writer_set_epoch(struct partition_log *log, int32_t epoch);

/* Replaces the leader-epoch-checkpoint, and returns when it is on the disk. */
kw_status log_write_epochs(const char *folder, const kw_leader_epochs *epochs);

/* Writes the epochs that are published to the leader-epoch-checkpoint if they differ from those in it, or in any case.
 * Any thread. */
kw_status log_save_epochs(struct partition_log *log, bool in_any_case);

/* Records below the offset, which is not above the high watermark, are gone, and so are their leader epochs; published.
 * Nothing happens below the log's start. */
int16_t log_writer_set_start(struct partition_log *log, int64_t offset);

/* Makes a new segment the active one, and publishes that. */
int16_t log_writer_roll(struct partition_log *log, int64_t base_offset);

/* The contents to be changed in this round. NULL: there is no memory. */
struct log_contents *log_writer_change(struct log_writer *w);

/* Capacity for a write of so many batches, which is published with it. */
int16_t log_writer_reserve(struct partition_log *log, size_t count);

/* Readers know of an aborted transaction from now on. Its index gets it, or, if the disk is full or memory is short,
 * later: with the next one, or when the segment ends. Cannot fail: capacity for it has been reserved. */
void log_writer_add_aborted(struct partition_log *log, const kw_aborted_txn *aborted);

/* The transaction index gets what it lacks. */
kw_status log_writer_save_aborted(struct partition_log *log);

/* Readers see the log as it is now. With flush.messages=1 its high watermark waits for log_writer_synced(). */
void log_writer_publish(struct partition_log *log);

/* What was appended up to an offset is on the disk: clients see it. */
void log_writer_synced(struct partition_log *log, int64_t until);

/* Nothing of this round has happened. */
void log_writer_forget(struct log_writer *w);

/* What a failed write means for the log: where the disk is full or memory is short, the append alone has failed. */
int16_t log_writer_failed(struct partition_log *log, kw_status status, const char *what);

/* Nothing is written to it any more; it can be read, unless that takes its whole log directory offline. */
int16_t log_writer_go_offline(struct partition_log *log, kw_status status, const char *what);

void log_writer_destroy(struct log_writer *w);

#endif
