/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_CLEAN_SEGMENT_H
#define SERVER_LOG_CLEANER_CLEAN_SEGMENT_H

/* From some segments of a log to one cleaned segment, whose files end in .cleaned. */

#include "../../config/log_config.h"
#include "../partition_log.h"
#include "clean_batch.h"
#include "segment_swap.h"

/* Whom a cleaner asks between two batches. */
struct clean_pace {
    /* So many bytes have been read or written; may wait. False: it is to stop. */
    bool (*next)(void *context, size_t bytes);
    void *context;
};

/* How segments are read. */
struct clean_input {
    struct clean_pace pace;
    uint8_t *buffer;
    size_t buffer_size;
};

/* What has happened so far. */
struct clean_statistics {
    uint64_t bytes_read; /* of what was cleaned */
    uint64_t bytes_written;
};

/* Of a log, in a round. */
struct cleaning {
    struct partition_log *log;
    const struct log_snapshot *snapshot;
    const struct log_config *config;
    struct clean_rules *rules;
    int64_t old_horizon; /* tombstones of magic 0 and 1 stay in segments that were written to after that time */
    struct clean_transactions *transactions;
    struct clean_tools *tools;
    const struct clean_input *input;
    kw_writer *out;     /* what is written next; grows */
    size_t buffer_size; /* of which that many bytes are written at once */
    struct clean_statistics statistics;
};

enum clean_outcome {
    CLEAN_DONE,
    CLEAN_STOPPED,    /* nobody wants it any more */
    CLEAN_LATER,      /* a shortage, or no space on the disk */
    CLEAN_UNREADABLE, /* after a line on the console: records that cannot be read */
    CLEAN_FAILED      /* after a line on the console: the disk */
};

/* Cleans `count` segments from `first` on and puts the new one into their place. Unless it is CLEAN_DONE nothing has
 * changed. */
enum clean_outcome clean_segments(struct cleaning *c, size_t first, size_t count);

/* Calls `take` with each batch of a finished segment, after its checksum was checked. */
enum clean_outcome clean_read(const struct clean_input *input, struct partition_log *log, struct log_segment *segment,
                              size_t position, enum clean_outcome (*take)(void *context, const kw_batch *batch),
                              void *context);

/* What a status of reading or writing means for the round; errno is read with KW_ERR_FILE. */
enum clean_outcome clean_failed(struct partition_log *log, kw_status status, const char *what);

#endif
