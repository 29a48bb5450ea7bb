/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64
#include "log_pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kwire/storage/log_reader.h>

#include "../command/buffer.h"
#include "dump_options.h"

#define BLOCK_SIZE ((size_t)256 * 1024)

typedef struct log_pipeline {
    const log_task *task;
    size_t max_batch;
    int descriptor;
    uint64_t block_count;
    kw_log_reader reader; /* for invalid data; owned by the thread whose turn it is to scan */
    pthread_mutex_t mutex;
    pthread_cond_t turned;
    uint64_t claimed; /* guarded by the mutex, with all that follows */
    uint64_t scanned;
    uint64_t concluded;
    bool enough;       /* no more blocks are wanted */
    uint64_t position; /* this and what follows: owned by the thread whose turn it is to scan */
    int64_t next_offset;
    bool ended;
    bool zeros;
} log_pipeline;

typedef struct worker {
    log_pipeline *pipeline;
    log_block block;
    buffer memory;
    size_t held; /* size of the block in memory */
    log_run *runs;
    size_t run_capacity;
} worker;

/* ---- turns ---- */

static void await(log_pipeline *p, const uint64_t *turn, uint64_t number)
{
    pthread_mutex_lock(&p->mutex);
    while (*turn != number)
        pthread_cond_wait(&p->turned, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
}

static void pass_on_concluding(log_pipeline *p)
{
    pthread_mutex_lock(&p->mutex);
    p->concluded++;
    pthread_cond_broadcast(&p->turned);
    pthread_mutex_unlock(&p->mutex);
}

void log_block_await_turn(log_block *block)
{
    await(block->pipeline, &block->pipeline->concluded, block->number);
}

static void pass_on_looking(log_pipeline *p)
{
    pthread_mutex_lock(&p->mutex);
    p->enough = p->ended;
    p->scanned++;
    pthread_cond_broadcast(&p->turned);
    pthread_mutex_unlock(&p->mutex);
}

static bool claim(worker *w)
{
    log_pipeline *p = w->pipeline;
    pthread_mutex_lock(&p->mutex);
    bool more = p->claimed < p->block_count && !p->enough;
    if (more)
        w->block.number = p->claimed++;
    pthread_mutex_unlock(&p->mutex);
    return more;
}

/* ---- reading ---- */

static uint64_t block_start(const worker *w)
{
    return w->pipeline->task->position + w->block.number * BLOCK_SIZE;
}

uint64_t log_block_end(const log_block *block)
{
    const log_pipeline *p = block->pipeline;
    uint64_t end = p->task->position + (block->number + 1) * BLOCK_SIZE;
    return end < p->reader.size ? end : p->reader.size;
}

/* Reads until `size` bytes of the block are available, or the file ends. The reader meets an error again and reports
 * it. */
static void fill(worker *w, size_t size)
{
    buffer_reserve(&w->memory, size);
    while (w->held < size) {
        off_t at = (off_t)(block_start(w) + w->held);
        ssize_t n = pread(w->pipeline->descriptor, w->memory.data + w->held, size - w->held, at);
        if (n == 0 || (n < 0 && errno != EINTR))
            return;
        w->held += n > 0 ? (size_t)n : 0;
    }
}

/* ---- scanning ---- */

static log_run *add_run(worker *w)
{
    log_pipeline *p = w->pipeline;
    if (w->block.run_count == w->run_capacity) {
        w->run_capacity = w->run_capacity == 0 ? 16 : w->run_capacity * 2;
        w->runs = realloc(w->runs, w->run_capacity * sizeof *w->runs);
        if (w->runs == NULL)
            die("out of memory");
    }
    log_run *run = &w->runs[w->block.run_count++];
    run->start = (size_t)(p->position - block_start(w));
    run->size = 0;
    run->position = p->position;
    run->broken = false;
    return run;
}

static void describe(const kw_log_reader *r, bool resumed, uint64_t at, problem *out)
{
    int64_t position = (int64_t)r->error_at;
    unsigned long long needed = r->needed;
    if (resumed)
        problem_set(out, position, r->error_offset, r->status, "%llu bytes from byte %llu on are skipped",
                    (unsigned long long)(r->position - at), (unsigned long long)at);
    else if (r->status == KW_ERR_TORN)
        problem_set(out, position, r->error_offset, r->status, "%llu of the %llu bytes of a batch",
                    (unsigned long long)(r->size > at ? r->size - at : 0), needed);
    else
        problem_set(out, position, r->error_offset, r->status, "no batch is found from byte %llu on",
                    (unsigned long long)at);
}

/* The next bytes are not a complete batch: lets the reader examine them and find the next one. */
static void examine(log_pipeline *p, log_run *run)
{
    kw_log_reader *r = &p->reader;
    kw_batch batch;
    kw_log_reader_seek(r, p->position);
    r->next_offset = p->next_offset;
    p->ended = true;
    if (kw_log_reader_next(r, &batch)) /* it was completed meanwhile; what was in the file at the start is done */
        return;
    p->zeros = r->zeros;
    if (r->status == KW_OK)
        return;
    kw_log_reader before = *r;
    bool resumed = kw_log_reader_resume(r);
    before.position = r->position;
    describe(&before, resumed, p->position, &run->problem);
    run->problem.system_error = before.system_error;
    run->broken = true;
    run->resumed_at = resumed ? r->position : r->size;
    p->ended = !resumed;
    p->position = r->position;
}

/* Adds the batches at p->position that are complete in memory to the run. False if something else follows; *needed is
 * then the size of the block that must be in memory to continue, or 0 if that does not help. */
static bool take_batches(worker *w, log_run *run, size_t *needed)
{
    log_pipeline *p = w->pipeline;
    size_t at = (size_t)(p->position - block_start(w));
    kw_batches bs;
    kw_batch batch;
    kw_batches_init_memory(&bs, w->memory.data + at, w->held - at);
    while (kw_batches_next(&bs, &batch)) {
        if (batch.base_offset > p->task->last_offset && batch.count != KW_COUNT_UNKNOWN) {
            p->ended = true;
            return true;
        }
        p->next_offset = kw_batch_next_offset(&batch);
        p->position += batch.size;
        run->size += batch.size;
    }
    *needed = bs.partial != 0 ? w->held - bs.partial + bs.needed : 0;
    return bs.status == KW_OK && bs.partial == 0;
}

static void scan_block(worker *w)
{
    log_pipeline *p = w->pipeline;
    uint64_t start = block_start(w);
    w->block.run_count = 0;
    while (!p->ended && p->position < start + w->held) {
        log_run *run = add_run(w);
        size_t needed = 0;
        while (!take_batches(w, run, &needed)) {
            size_t held = w->held;
            if (needed > held && needed - (size_t)(p->position - start) <= p->max_batch)
                fill(w, needed);
            if (w->held == held) {
                examine(p, run);
                break;
            }
        }
    }
}

/* ---- threads ---- */

static void run_block(worker *w)
{
    log_pipeline *p = w->pipeline;
    w->held = 0;
    fill(w, BLOCK_SIZE);
    await(p, &p->scanned, w->block.number);
    scan_block(w);
    pass_on_looking(p);
    w->block.data = (const uint8_t *)w->memory.data;
    w->block.runs = w->runs;
    p->task->work(p->task->context, &w->block);
    log_block_await_turn(&w->block);
    p->task->conclude(p->task->context, &w->block);
    pass_on_concluding(p);
}

static void *work(void *context)
{
    worker *w = context;
    while (claim(w))
        run_block(w);
    buffer_finish(&w->memory);
    free(w->runs);
    return NULL;
}

/* This thread is the last of them; if others cannot be created it works alone. */
static void run_threads(log_pipeline *p, int count)
{
    worker workers[MOST_THREADS] = {{0}};
    pthread_t threads[MOST_THREADS];
    int started = 0;
    for (int i = 0; i < count; i++) {
        workers[i].pipeline = p;
        workers[i].block.pipeline = p;
        workers[i].block.worker = i;
    }
    while (started < count - 1 && pthread_create(&threads[started], NULL, work, &workers[started]) == 0)
        started++;
    work(&workers[started]);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

static void run_all(log_pipeline *p)
{
    const log_task *task = p->task;
    uint64_t size = p->reader.size > task->position ? p->reader.size - task->position : 0;
    p->block_count = (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
    p->position = task->position;
    p->next_offset = task->base_offset;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->turned, NULL);
    uint64_t most = p->block_count / 4 + 1;
    run_threads(p, most < (uint64_t)task->threads ? (int)most : task->threads);
    pthread_cond_destroy(&p->turned);
    pthread_mutex_destroy(&p->mutex);
}

void log_pipeline_run(const log_task *task, log_end *out)
{
    bool least = task->max_memory < KW_LOG_READER_WINDOW;
    log_pipeline p = {.task = task, .max_batch = least ? KW_LOG_READER_WINDOW : task->max_memory};
    memset(out, 0, sizeof *out);
    errno = 0;
    out->status = kw_log_reader_open(&p.reader, task->path, task->base_offset, kw_allocator_libc(), p.max_batch);
    out->system_error = out->status == KW_ERR_FILE ? errno : 0;
    if (out->status != KW_OK)
        return;
    p.descriptor = open(task->path, O_RDONLY | O_CLOEXEC);
    if (p.descriptor >= 0) {
        run_all(&p);
        (void)close(p.descriptor);
    } else {
        out->status = KW_ERR_FILE;
        out->system_error = errno;
    }
    out->size = p.reader.size;
    out->position = p.position;
    out->zeros = p.zeros;
    kw_log_reader_close(&p.reader);
}
