/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_CLEAN_SEGMENT_H
#define SERVER_LOG_CLEANER_CLEAN_SEGMENT_H

/* From some segments of a log to one cleaned segment, whose files end in .cleaned. */

#include "../../config/log_config.h"
#include "../partition_log.h"
#include "clean_batch.h"
#include "segment_swap.h"

enum clean_outcome {
    CLEAN_DONE,
    CLEAN_STOPPED,    /* nobody wants it any more */
    CLEAN_LATER,      /* a shortage, or no space on the disk */
    CLEAN_UNREADABLE, /* after a line on the console: records that cannot be read */
    CLEAN_FAILED      /* after a line on the console: the disk */
};

/* Whom a cleaner asks between two batches now and then, and between two segments. */
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

/* Whoever goes through the batches of a segment. */
struct clean_visitor {
    enum clean_outcome (*take)(void *context, const kw_batch *batch);
    /* Whether the batch can be left out, by its header, which is not checked; NULL: none can. */
    bool (*skips)(void *context, const kw_batch *header);
    void *context;
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
    const struct clean_source *sources; /* of the log's segments */
    const struct log_config *config;
    struct clean_rules *rules;
    int64_t first_dirty; /* what has been mapped begins there */
    int64_t old_horizon; /* tombstones of magic 0 and 1 stay in segments that were written to after that time */
    struct clean_transactions *transactions;
    struct clean_tools *tools;
    const struct clean_input *input;
    kw_writer *out;     /* what is written next; grows */
    size_t buffer_size; /* of which that many bytes are written at once */
    struct clean_statistics statistics;
};

/* Cleans `count` segments from `first` on and puts the new one into their place. Unless it is CLEAN_DONE nothing has
 * changed. */
enum clean_outcome clean_segments(struct cleaning *c, size_t first, size_t count);

/* Calls `take` with each batch of a finished segment, after its checksum was checked, but for those that are left out.
 */
enum clean_outcome clean_read(const struct clean_input *input, struct partition_log *log, struct log_segment *segment,
                              size_t position, const struct clean_visitor *visitor);

/* The checksum of the headers of some batches of magic 2, with one more. The header of a batch that is left out was
 * checked when the map was made; that it is still the same is what this shows. */
uint32_t clean_add_header(uint32_t headers, const kw_batch *header);

/* What a status of reading or writing means for the round; errno is read with KW_ERR_FILE. */
enum clean_outcome clean_failed(struct partition_log *log, kw_status status, const char *what);

#endif
