/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_INDEX_CHECK_H
#define TOOLS_INDEX_CHECK_H

/* The indexes of a segment against its log: both are gone through once, side by side. */

#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/storage/index.h>

#include "printer.h"
#include "verify.h"

typedef struct index_check {
    dumper *dumper;
    const segment_files *files;
    kw_arena arena; /* what the indexes are in */
    kw_offset_index offsets;
    kw_time_index times;
    kw_txn_index aborted;
    size_t next_offset_entry; /* of each index: the first entry that is not checked yet */
    size_t next_time_entry;
    size_t next_txn_entry;
    int64_t max_timestamp; /* of the batches so far */
    uint64_t gap_end;      /* what was passed over in the log ends here */
} index_check;

/* Reads the indexes, and reports what is wrong with them alone. */
void index_check_begin(index_check *c, dumper *d, const segment_files *files);

/* The next batch of the log. `aborts` if it is the marker of a transaction that was aborted. */
void index_check_batch(index_check *c, const kw_batch *batch, bool aborts);

/* What comes up to `end` in the log could not be read. */
void index_check_gap(index_check *c, uint64_t end);

/* The log has no more batches; where it is not whole, that is no reason to doubt what the indexes say of the rest. */
void index_check_end(index_check *c, bool log_is_whole);

#endif
