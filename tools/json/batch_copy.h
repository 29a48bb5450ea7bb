/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BATCH_COPY_H
#define TOOLS_BATCH_COPY_H

/* Builds a batch once more from what its JSON has, to know whether that is all of it: decoded and encoded again a batch
 * must be the same, but for the way in which it is compressed. */

#include <stdbool.h>

#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

typedef struct batch_copy {
    const kw_batch *original;
    kw_batch_options options;
    kw_batch_builder builder;
    kw_compressor *compressor; /* NULL before the first compressed batch */
    kw_writer batch;
    kw_writer content; /* of a compressed batch, before it is compressed */
    kw_arena arena;
    int64_t first_timestamp;
    bool same; /* no difference so far */
} batch_copy;

/* `max_memory` for a batch, and again for its records. */
void batch_copy_init(batch_copy *c, size_t max_memory);
void batch_copy_finish(batch_copy *c);

/* Starts with a batch, which must outlive the copy. */
void batch_copy_begin(batch_copy *c, const kw_batch *original);

/* Adds the next record, with its own timestamp. */
void batch_copy_add(batch_copy *c, const kw_record *record);

/* Whether the copy equals the original; `content` are the decompressed records of a compressed one. */
bool batch_copy_end(batch_copy *c, kw_span content);

#endif
