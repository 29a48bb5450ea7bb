/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_UPKEEP_H
#define SERVER_LOG_LOG_UPKEEP_H

/* What a broker that writes does with its logs from its start to its end: recovery, flushers, checkpoints now and then,
 * the removal of old segments, forgotten producers and deleted folders, and files that say how it has stopped. */

#include <stdbool.h>
#include <stdint.h>

#include "../base/executor.h"
#include "log_manager.h"

/* Settings that may change at any time. */
struct log_upkeep_live {
    int recovery_threads;           /* num.recovery.threads.per.data.dir, of all directories */
    int64_t delete_delay_ms;        /* log.segment.delete.delay.ms */
    int64_t producer_expiration_ms; /* producer.id.expiration.ms */
};

/* As Kafka's settings, in ms. */
struct log_upkeep_options {
    struct executor *executor;       /* where it runs; may wait for the disk */
    int64_t initial_delay_ms;        /* log.initial.task.delay.ms */
    int64_t recovery_checkpoint_ms;  /* log.flush.offset.checkpoint.interval.ms */
    int64_t start_checkpoint_ms;     /* log.flush.start.offset.checkpoint.interval.ms */
    int64_t watermark_checkpoint_ms; /* replica.high.watermark.checkpoint.interval.ms */
    int64_t retention_check_ms;      /* log.retention.check.interval.ms */
    int64_t producer_check_ms;       /* producer.id.expiration.check.interval.ms */
    struct log_upkeep_live live;     /* until log_upkeep_change() */
};

/* Kafka's defaults, without an executor. What has a pause of 0 is not done. */
extern const struct log_upkeep_options log_upkeep_defaults;

/* From now on the directories are written to: .kafka_cleanshutdown is removed, and what an earlier run has deleted is
 * removed soon. Logs of a directory that was not closed in an orderly way are opened, which recovers them. To be called
 * when the logs that are to be kept are known, on any thread. False after a complaint. */
bool log_upkeep_start(struct log_manager *logs, const struct log_upkeep_options *options);

/* Settings of Kafka that act at once, for what happens from now on. On the thread that creates and deletes logs; does
 * nothing where the directories are only read. */
void log_upkeep_change(struct log_manager *logs, const struct log_upkeep_live *live);

/* The broker epoch of the last clean stop, if all directories agree on it; -1: not all logs were closed in an orderly
 * way, or it is not known. */
int64_t log_manager_clean_epoch(const struct log_manager *logs);

/* Removes a folder after log.segment.delete.delay.ms, or at the next start if the broker does not run that long. From
 * any thread. */
void log_upkeep_remove_later(struct log_manager *logs, const char *path);

/* Writes all checkpoints now. */
void log_upkeep_checkpoint(struct log_manager *logs);

/* Stops in an orderly way, after the executor has ended, when nobody uses a log any more: all records reach the disk,
 * the checkpoints are written, and .kafka_cleanshutdown. False, after a line for each that was not: some directory is
 * checked at the next start. */
bool log_upkeep_stop(struct log_manager *logs, int64_t broker_epoch);

/* Ends it in any case; does nothing where it was not started, or has been stopped. */
void log_upkeep_end(struct log_manager *logs);

#endif
