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
    size_t ahead;     /* so much is read next, as far as the buffer allows */
    size_t cached_to; /* in the file: the system seems to have it in memory up to here */
    size_t position;  /* in the file: where the next batch starts, or what is wrong */
    kw_status status; /* KW_ERR_FILE: it could not be read, and errno says why; others: it is damaged */
};

/* From a position on at which a batch starts. The segment and the buffer, of at least KW_BATCH_OVERHEAD bytes, must
 * outlive the stream. The file is read if it can be opened by its name, and otherwise its mapping. */
void segment_stream_open(struct segment_stream *s, const char *folder, const struct segment *segment, size_t position,
                         uint8_t *buffer, size_t buffer_size);

/* The header of the next batch, if that is of magic 2; nothing is checked but its size. Of *out, `data` has no more
 * than the header, and only the size, position, offsets, producer, attributes and magic are set. False:
 * segment_stream_next() says why. */
bool segment_stream_peek(struct segment_stream *s, kw_batch *out);

/* Leaves out the batch that this is the header of. Where the next one is in the system's cache what is between is not
 * read. */
void segment_stream_skip(struct segment_stream *s, const kw_batch *header);

/* The next batch, which is valid until the next call. False: the end, or an error. */
bool segment_stream_next(struct segment_stream *s, kw_batch *out);

void segment_stream_close(struct segment_stream *s);

#endif
