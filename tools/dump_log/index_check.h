/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_INDEX_CHECK_H
#define TOOLS_INDEX_CHECK_H

/* Checks the indexes of a segment against its log in one pass over both. */

#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/storage/index.h>

#include "printer.h"
#include "verify.h"

typedef struct index_check {
    dumper *dumper;
    const segment_files *files;
    kw_arena arena; /* holds the indexes */
    kw_offset_index offsets;
    kw_time_index times;
    kw_txn_index aborted;
    size_t next_offset_entry; /* of each index: the first entry that was not checked yet */
    size_t next_time_entry;
    size_t next_txn_entry;
    int64_t max_timestamp; /* of the batches so far */
    uint64_t gap_end;      /* end of the part of the log that was skipped */
} index_check;

/* Reads the indexes, and reports errors in them alone. */
void index_check_begin(index_check *c, dumper *d, const segment_files *files);

/* The next batch of the log. `aborts` if it is the marker of a transaction that was aborted. */
void index_check_batch(index_check *c, const kw_batch *batch, bool aborts);

/* The log could not be read up to `end`. */
void index_check_gap(index_check *c, uint64_t end);

/* The log has no more batches. If it is not complete, entries for the rest are not errors. */
void index_check_end(index_check *c, bool log_is_whole);

#endif
