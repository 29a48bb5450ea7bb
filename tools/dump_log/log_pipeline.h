/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LOG_PIPELINE_H
#define TOOLS_LOG_PIPELINE_H

/* A log read by several threads. The file is read in blocks by whoever is free. Where the first batch of a block begins
 * is known when the blocks before it have been looked through, which is done in turn and is quick. What is to be done
 * with the batches is done for several blocks at once, and what comes of it is concluded in turn again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"

/* Batches that follow each other. */
typedef struct log_run {
    size_t begin; /* in the block */
    size_t size;
    uint64_t position; /* in the file */
    bool broken;       /* what follows cannot be read: */
    problem problem;
    uint64_t resumed_at; /* broken: where the next batch begins, or the file ends */
} log_run;

/* The batches that begin in a block of the file. */
typedef struct log_block {
    const uint8_t *data; /* what the runs are in */
    const log_run *runs;
    size_t run_count;
    int worker; /* that works on it, from 0; one works on one at a time */
    struct log_pipeline *pipeline;
    uint64_t number;
} log_block;

/* What is to be done. */
typedef struct log_task {
    const char *path;
    int64_t base_offset;
    uint64_t position;   /* where to begin: at a batch */
    int64_t last_offset; /* batches that begin after it are not wanted; INT64_MAX: all are */
    size_t max_memory;   /* larger batches cannot be read, but any up to KW_LOG_READER_WINDOW */
    int threads;
    void *context;
    void (*work)(void *context, log_block *block);           /* for blocks side by side */
    void (*conclude)(void *context, const log_block *block); /* then, for one after the other */
} log_task;

typedef struct log_end {
    kw_status status;  /* of opening the file; other errors are those of a run */
    int system_error;  /* errno, with KW_ERR_FILE */
    uint64_t size;     /* of the file when it was opened */
    uint64_t position; /* where the last run ended, and what was passed over after it begins */
    bool zeros;        /* the rest of the file is zeros, allocated ahead */
} log_end;

/* Runs the task. Small files are read by the thread that calls. */
void log_pipeline_run(const log_task *task, log_end *out);

/* Called by work() when it has more than it can keep: waits until all that was before the block is concluded. */
void log_block_await_turn(log_block *block);

/* How far it is, for conclude(): in bytes of the file. */
uint64_t log_block_end(const log_block *block);

#endif
