/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LOG_PIPELINE_H
#define TOOLS_LOG_PIPELINE_H

/* A log read by several threads. Idle threads read the file in blocks. The first batch of a block is known when the
 * blocks before it were scanned, which is done in order and is fast. The batches of several blocks are then processed
 * concurrently, and the results are concluded in order. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"

/* Batches that follow each other. */
typedef struct log_run {
    size_t start; /* in the block */
    size_t size;
    uint64_t position; /* in the file */
    bool broken;       /* the next bytes cannot be read: */
    problem problem;
    uint64_t resumed_at; /* broken: the start of the next batch, or the end of the file */
} log_run;

/* The batches that start in a block of the file. */
typedef struct log_block {
    const uint8_t *data; /* the block's bytes */
    const log_run *runs;
    size_t run_count;
    int worker; /* index of its thread, from 0; a thread works on one block at a time */
    struct log_pipeline *pipeline;
    uint64_t number;
} log_block;

/* The work to do. */
typedef struct log_task {
    const char *path;
    int64_t base_offset;
    uint64_t position;   /* start position: that of a batch */
    int64_t last_offset; /* batches that start after it are skipped; INT64_MAX: none */
    size_t max_memory;   /* larger batches cannot be read, except those up to KW_LOG_READER_WINDOW */
    int threads;
    void *context;
    void (*work)(void *context, log_block *block);           /* called for blocks concurrently */
    void (*conclude)(void *context, const log_block *block); /* called afterwards, in order */
} log_task;

typedef struct log_end {
    kw_status status;  /* of opening the file; other errors are in the runs */
    int system_error;  /* errno, with KW_ERR_FILE */
    uint64_t size;     /* of the file when it was opened */
    uint64_t position; /* end of the last run, and start of what was skipped after it */
    bool zeros;        /* the rest of the file is zeros, allocated ahead */
} log_end;

/* Runs the task. Small files are read by the calling thread. */
void log_pipeline_run(const log_task *task, log_end *out);

/* Called by work() when its output is full: waits until all blocks before this one are concluded. */
void log_block_await_turn(log_block *block);

/* Progress for conclude(), in bytes of the file. */
uint64_t log_block_end(const log_block *block);

#endif
