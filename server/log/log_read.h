/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_READ_H
#define SERVER_LOG_LOG_READ_H

/* Records of a log as they lie in a segment, from an offset on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stored_log.h"

struct slice_request {
    int64_t offset; /* not below the log's start */
    int64_t end;    /* records at this offset or after it are not for the reader; not above the log's end */
    int32_t max_bytes;
    bool at_least_one; /* the first batch may be longer than max_bytes */
    bool may_cut;      /* the first batch may be cut off */
    uint8_t max_magic; /* of the batches that the reader knows */
};

struct log_slice {
    struct open_segment *segment; /* to be released; NULL: there are no records */
    kw_bytes records;             /* whole batches and, where max_bytes ends, perhaps a part of one */
    size_t there;                 /* bytes that could have been read from this segment */
    int64_t upper_bound;          /* no record has this offset or a greater one */
    bool goes_on;                 /* there are more records in later segments */
};

/* KW_ERROR_NONE; KW_ERROR_CORRUPT_MESSAGE if the batch at the offset is damaged; KW_ERROR_UNSUPPORTED_VERSION if it is
 * of a greater magic; KW_ERROR_KAFKA_STORAGE_ERROR if a segment cannot be read. What is wrong is logged. */
int16_t log_slice_read(struct stored_log *stored, const struct slice_request *request, struct log_slice *out);

#endif
