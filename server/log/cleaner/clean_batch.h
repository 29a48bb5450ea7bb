/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CLEANER_CLEAN_BATCH_H
#define SERVER_LOG_CLEANER_CLEAN_BATCH_H

/* What compaction leaves of one batch. Source: Cleaner.cleanInto() and MemoryRecords.filterTo() in Kafka; KIP-534. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/batches.h>
#include <kwire/compression.h>
#include <kwire/status.h>
#include <kwire/writer.h>

#include "clean_transactions.h"
#include "offset_map.h"

/* The last thing that a producer has written, which a restart must find again. */
struct last_record {
    int64_t producer_id;
    int64_t offset; /* of its last data; -1: only a marker is known */
    int16_t epoch;
};

struct last_records {
    const struct last_record *items; /* by producer id, ascending */
    size_t count;
};

/* One round of cleaning a log. */
struct clean_rules {
    const struct offset_map *map;
    struct last_records producers;
    int64_t now; /* in ms since 1970, as the next one */
    int64_t delete_retention_ms;
    int64_t high_watermark;    /* a batch that ends there stays, so that the end is known */
    bool keeps_old_tombstones; /* those of magic 0 and 1, in the segment that is being cleaned */
};

/* What it works with; one of zero bytes has nothing yet. */
struct clean_tools {
    kw_decompressor *decompressor;
    kw_compressor *compressor;
    kw_writer records; /* decompressed */
    kw_writer packed;  /* to be compressed */
    bool *kept;
    size_t kept_capacity;
};

/* The records of a batch may take no more than that, decompressed. False: there is no memory. */
bool clean_tools_init(struct clean_tools *tools, size_t limit);
void clean_tools_finish(struct clean_tools *tools);

/* Whether nothing is left of a batch, as far as its header shows: without its records. */
bool clean_batch_goes(const struct clean_rules *rules, const kw_batch *header);

/* Writes what is left, a batch or nothing, to the end of `out`, which grows. KW_ERR_NO_MEMORY; KW_ERR_MEMORY_LIMIT: its
 * records are larger than the limit; other errors: it cannot be read. */
kw_status clean_batch(const struct clean_rules *rules, const kw_batch *batch, const struct clean_verdict *verdict,
                      struct clean_tools *tools, kw_writer *out);

#endif
