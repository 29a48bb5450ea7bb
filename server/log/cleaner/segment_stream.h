/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_SEGMENT_STREAM_H
#define SERVER_LOG_CLEANER_SEGMENT_STREAM_H

/* The batches of a finished segment, one after the other, each with its checksum checked. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/batches.h>

#include "../../base/file.h"
#include "../segment.h"

/* All but `status` and `position` is private. */
struct segment_stream {
    const struct segment *segment;
    struct file file; /* not open: the mapping is read */
    uint8_t *buffer;
    size_t buffer_size;
    size_t filled_from; /* what is in the buffer, by its positions in the file */
    size_t filled_to;
    size_t position;  /* in the file: where the next batch starts, or what is wrong */
    kw_status status; /* KW_ERR_FILE: it could not be read, and errno says why; others: it is damaged */
};

/* From a position on at which a batch starts. The segment and the buffer, of at least KW_BATCH_OVERHEAD bytes, must
 * outlive the stream. The file is read if it can be opened by its name, and otherwise its mapping. */
void segment_stream_open(struct segment_stream *s, const char *folder, const struct segment *segment, size_t position,
                         uint8_t *buffer, size_t buffer_size);

/* The next batch, which is valid until the next call. False: the end, or an error. */
bool segment_stream_next(struct segment_stream *s, kw_batch *out);

void segment_stream_close(struct segment_stream *s);

#endif
