/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_READ_H
#define SERVER_LOG_LOG_READ_H

/* Records of a log as they are in a segment, from an offset on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "partition_log.h"

struct log_read_request {
    int64_t offset; /* not below the log's start */
    int64_t end;    /* records at this offset or after it are not for the reader; not above the log's end */
    int32_t max_bytes;
    bool at_least_one; /* the first batch may be longer than max_bytes */
    bool may_cut;      /* the first batch may be cut off */
    bool dont_block;
};

struct log_slice {
    struct open_segment *segment; /* to be released; NULL: there are no records */
    kw_bytes records;             /* whole batches and, where max_bytes ends, perhaps a part of one */
    size_t available;             /* bytes that could have been read from this segment */
    int64_t upper_bound;          /* no record has this offset or a greater one */
    bool continues;               /* there are more records in later segments */
};

/* KW_ERROR_NONE; KW_ERROR_CORRUPT_MESSAGE if the batch at the offset is damaged; KW_ERROR_KAFKA_STORAGE_ERROR if a
 * segment cannot be read. What is wrong is reported.
 *
 * LOG_WOULD_BLOCK with dont_block: a segment must be opened, bytes be checked that were not used before, or pages be
 * read that are not in memory. The same request without dont_block does that. */
int16_t log_read(struct partition_log *log, const struct log_snapshot *snapshot, const struct log_read_request *request,
                 struct log_slice *out);

/* Whoever looks at the records of a slice, instead of sending them, does it between these two, as a page of them may
 * have left the memory since log_read(). The end is KW_ERROR_NONE, or KW_ERROR_KAFKA_STORAGE_ERROR: the disk could not
 * read a page again, and nothing counts that was concluded from the records. The snapshot is any of that log. */
void log_slice_reading_start(const struct log_slice *slice, struct file_reading *reading);
int16_t log_slice_reading_end(const struct log_slice *slice, const struct log_snapshot *snapshot,
                              struct file_reading *reading);

#endif
