/* SPDX-License-Identifier: Apache-2.0 */
#include "log_worker.h"

#include <inttypes.h>
#include <stdlib.h>

#include <kwire/crc.h>

/* The output of a block fits in most cases, so that its worker need not wait for its turn. */
#define OUT_SIZE ((size_t)2 * 1024 * 1024)

log_worker *log_workers_create(int count, size_t max_memory)
{
    log_worker *workers = calloc((size_t)count, sizeof *workers);
    if (workers == NULL)
        die("out of memory");
    for (int i = 0; i < count; i++) {
        log_worker *w = &workers[i];
        w->decompressor = kw_decompressor_create(kw_allocator_libc());
        if (w->decompressor == NULL)
            die("out of memory");
        kw_writer_init_growing(&w->scratch, kw_allocator_libc(), max_memory);
        record_decoder_init(&w->decoder, max_memory);
        buffer_reserve(&w->memory, OUT_SIZE);
    }
    return workers;
}

void log_workers_begin(log_worker *workers, int count, void *owner,
                       void (*drain)(void *worker, const char *text, size_t size))
{
    for (int i = 0; i < count; i++) {
        workers[i].owner = owner;
        workers[i].verifies = drain == NULL;
        emit_init(&workers[i].out, workers[i].memory.data, OUT_SIZE, drain, &workers[i]);
    }
}

void log_workers_destroy(log_worker *workers, int count)
{
    for (int i = 0; i < count; i++) {
        log_worker *w = &workers[i];
        problem_list_finish(&w->problems);
        kw_decompressor_destroy(w->decompressor);
        kw_writer_finish(&w->scratch);
        record_decoder_finish(&w->decoder);
        buffer_finish(&w->memory);
    }
    free(workers);
}

void log_run_batches(const log_block *block, const log_run *run, kw_batches *out)
{
    kw_batches_init_memory(out, block->data + run->start, run->size);
}

bool log_run_next(const log_run *run, kw_batches *bs, kw_batch *out)
{
    if (!kw_batches_next(bs, out))
        return false;
    out->position += (size_t)run->position;
    return true;
}

void note_problem(log_worker *w, const kw_batch *batch, const problem *p)
{
    problem_add(&w->problems, p, w->verifies ? batch->position : emit_pending(&w->out));
}

void note_wrong_crc(log_worker *w, const kw_batch *batch)
{
    problem p;
    bool is_new = batch->magic == KW_MAGIC_V2;
    size_t start = is_new ? KW_BATCH_V2_ATTRIBUTES : KW_BATCH_MAGIC;
    uint32_t crc = is_new ? kw_crc32c(0, batch->data + start, batch->size - start)
                          : kw_crc32(0, batch->data + start, batch->size - start);
    problem_set(&p, (int64_t)batch->position + (is_new ? KW_BATCH_V2_CRC : KW_LEGACY_CRC), batch->base_offset,
                KW_ERR_CRC, "that of the %zu bytes of the batch at byte %zu is %" PRIu32 ", not %" PRIu32, batch->size,
                batch->position, crc, batch->crc);
    note_problem(w, batch, &p);
}

void note_bad_records(log_worker *w, const kw_batch *batch, const kw_records *rs)
{
    problem p;
    const char *codec = kw_codec_name(kw_batch_codec(batch));
    if (rs->decompressed)
        problem_set(&p, (int64_t)batch->position, rs->error_offset, rs->status,
                    "byte %zu of what the batch's records decompress to by %s", rs->error_at, codec);
    else
        problem_set(&p, (int64_t)rs->error_at, rs->error_offset, rs->status, "records of the batch at byte %zu",
                    batch->position);
    note_problem(w, batch, &p);
}

void note_undecoded(log_worker *w, const kw_batch *batch, const kw_record *record, const decoded_record *what)
{
    problem p;
    problem_set_coded(&p, (int64_t)batch->position, record->offset, what->report.code, "record cannot be decoded",
                      "byte %zu of it: %s", what->report.offset, what->report.detail);
    note_problem(w, batch, &p);
}
