/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_APPEND_H
#define SERVER_LOG_LOG_APPEND_H

/* Appends prepared batches to a log. Appends that arrive while another one is written are queued, and written together
 * by the thread that has the log's turn. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/record_batch.h>
#include <kwire/view.h>

#include "partition_log.h"
#include "producer_state.h"

/* A batch of magic 2 that is valid, with its final timestamps and checksum. Base offset and partition leader epoch are
 * outside the checksum: the log fills them in. */
struct append_batch {
    uint8_t header[KW_BATCH_V2_RECORDS];
    kw_bytes records; /* what follows the header; must stay until the append is done */
};

/* Who appends. */
enum append_origin { APPEND_CLIENT, APPEND_COORDINATOR, APPEND_CONTROLLER };

/* What must have happened before it is done. A written batch survives the end of the process, a synced one the loss of
 * power. With flush.messages every so many messages are synced anyway. */
enum append_want { APPEND_WRITTEN, APPEND_SYNCED };

/* Must stay until it is done. All batches are appended, or none. */
struct log_append {
    struct append_batch *batches;
    size_t count;
    int32_t leader_epoch;
    enum append_origin origin;
    enum append_want want;
    uint64_t verification; /* of a batch that may start a transaction: verifications_enter(), or VERIFICATION_OFF; 0:
                              the coordinator was not asked */
    int16_t transaction_version; /* of a marker */
    /* Called once, on any thread and without locks, unless log_append() returned true. Must not block. */
    void (*done)(struct log_append *append);
    void *context;

    /* The result. KAFKA_STORAGE_ERROR: it could not be written. Those of producer_state_check(): it does not follow
     * what its producer has written. The log is then as it was. */
    int16_t error;              /* kw_error */
    int64_t base_offset;        /* of the first batch; of a duplicate: where it was appended first */
    int64_t log_start_offset;   /* of the log */
    bool is_written;            /* the log has it; with an error: nobody knows whether the disk has */
    bool is_duplicate;          /* of a batch that its producer has appended before */
    int64_t original_timestamp; /* of a duplicate: the largest one of the original */

    struct log_append *next; /* private, or its syncer's */
    size_t aborts;           /* private: markers that abort */
};

/* Who syncs logs for appends that have to be on the disk; a group of them costs one sync. */
struct log_syncer {
    /* Sees to it that the log is synced up to the offset, then calls done(), with KAFKA_STORAGE_ERROR if that failed.
     * On any thread, without locks; must not block. */
    void (*add)(const struct log_syncer *syncer, struct partition_log *log, struct log_append *append, int64_t until);
};

/* Who appends where that may take long: while the disk is slow, where a log with records is opened for writing, and
 * where a new segment is started. */
struct log_appender {
    /* Sees to it that log_append_queued() is called, on a thread that may wait for the disk. Called on any thread,
     * without locks; must not block. */
    void (*take_over)(const struct log_appender *appender, struct partition_log *log);
};

/* Appends in the order of these calls, whichever threads do it. True: it is done, and done() is not called. False:
 * done() is going to be called, or has been already. Does not wait for the disk if the log has an appender, unless the
 * disk becomes slow with this append. */
bool log_append(struct partition_log *log, struct log_append *append);

/* Appends what is queued at the moment, for a log_appender. True: there is more meanwhile, and it must be called again.
 */
bool log_append_queued(struct partition_log *log);

#endif
