/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LOG_WORKER_H
#define TOOLS_LOG_WORKER_H

/* The state of each thread that works on a log. */

#include <kwire/compression.h>

#include "../command/buffer.h"
#include "../json/record_decoder.h"
#include "../text/emit.h"
#include "log_pipeline.h"

typedef struct log_worker {
    void *owner;      /* owner of the work */
    log_block *block; /* current block */
    bool verifies;    /* produces no text */
    problem_list problems;
    uint64_t records; /* in the block */
    kw_decompressor *decompressor;
    kw_writer scratch;
    record_decoder decoder;
    emitter out;
    buffer memory;
} log_worker;

log_worker *log_workers_create(int count, size_t max_memory);
void log_workers_destroy(log_worker *workers, int count);

/* Prepares the workers for a log; `drain` is called with a log_worker, NULL if no text is produced. */
void log_workers_begin(log_worker *workers, int count, void *owner,
                       void (*drain)(void *worker, const char *text, size_t size));

/* The batches of a run, with their positions in the file. */
void log_run_batches(const log_block *block, const log_run *run, kw_batches *out);
bool log_run_next(const log_run *run, kw_batches *bs, kw_batch *out);

/* Adds a problem of the batch. Its mark is the size of the text before it or, without text, the batch's position. */
void note_problem(log_worker *w, const kw_batch *batch, const problem *p);

/* Notes that the checksum of the batch is wrong, or that its records cannot be read, see rs->status. */
void note_wrong_crc(log_worker *w, const kw_batch *batch);
void note_bad_records(log_worker *w, const kw_batch *batch, const kw_records *rs);

/* Notes that a record of an internal topic cannot be decoded. */
void note_undecoded(log_worker *w, const kw_batch *batch, const kw_record *record, const decoded_record *what);

#endif
