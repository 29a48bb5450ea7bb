/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_log.h"

#include <kwire/storage/file.h>
#include <kwire/storage/index.h>

#include "../command/progress.h"
#include "../json/batch_json.h"
#include "log_lines.h"
#include "log_worker.h"
#include "read_file.h"

typedef struct log_dump {
    printer *printer;
    const dump_options *options;
    dump_file *file;
    const log_lines *lines;
    kw_string start;
    log_worker *workers;
    progress progress;
} log_dump;

/* ---- concurrently ---- */

static void put_batch(log_worker *w, const kw_batch *batch)
{
    const log_dump *dump = w->owner;
    bool right = kw_batch_check_crc(batch) == KW_OK;
    if (dump->options->batches)
        dump->lines->batch(&w->out, dump->start, batch, right);
    if (!right)
        note_wrong_crc(w, batch);
}

static void put_record(log_worker *w, const kw_batch *batch, const kw_record *record, int64_t create_time)
{
    const log_dump *dump = w->owner;
    const decoded_record *what = record_decode(&w->decoder, dump->file->topic, batch, record);
    dump->lines->record(&w->out, dump->start, batch, record, create_time, what);
    if (what->outcome == DECODED_DAMAGED)
        note_undecoded(w, batch, record, what);
}

/* With a filter for records, the line of a batch is printed with the first matching record. */
static void put_records(log_worker *w, const kw_batch *batch, bool batch_is_put)
{
    const log_dump *dump = w->owner;
    const filter *f = &dump->options->filter;
    bool all = !filter_is_set(f);
    kw_records rs;
    kw_record record;
    const kw_batch own_times = batch_with_create_times(batch);
    bool appended = kw_batch_has_append_time(batch);
    kw_records_init(&rs, &own_times, w->decompressor, &w->scratch);
    rs.flags = KW_RECORDS_CHECK_CRC;
    while (kw_records_next(&rs, &record)) {
        const int64_t create_time = record.timestamp;
        if (appended)
            record.timestamp = batch->max_timestamp;
        if (!all && !filter_takes_record(f, &record))
            continue;
        if (!batch_is_put)
            put_batch(w, batch);
        batch_is_put = true;
        put_record(w, batch, &record, create_time);
    }
    if (rs.status == KW_OK)
        return;
    if (!batch_is_put)
        put_batch(w, batch);
    note_bad_records(w, batch, &rs);
}

static void work_on_batch(log_worker *w, const kw_batch *batch)
{
    const dump_options *o = ((const log_dump *)w->owner)->options;
    bool chosen = filter_is_set(&o->filter);
    if (chosen && !filter_takes_batch(&o->filter, batch))
        return;
    bool put_now = !chosen || !o->records;
    if (put_now)
        put_batch(w, batch);
    if (o->records)
        put_records(w, batch, put_now);
}

static void work(void *context, log_block *block)
{
    const log_dump *dump = context;
    log_worker *w = &dump->workers[block->worker];
    w->block = block;
    for (size_t i = 0; i < block->run_count; i++) {
        const log_run *run = &block->runs[i];
        kw_batches bs;
        kw_batch batch;
        for (log_run_batches(block, run, &bs); log_run_next(run, &bs, &batch);)
            work_on_batch(w, &batch);
        if (run->broken)
            problem_add(&w->problems, &run->problem, emit_pending(&w->out));
    }
}

/* ---- in order ---- */

/* Problems are printed at their position in the text. */
static void print(log_worker *w, const char *text, size_t size)
{
    const log_dump *dump = w->owner;
    size_t at = 0;
    for (size_t i = 0; i < w->problems.count; i++) {
        size_t mark = w->problems.marks[i];
        printer_lines(dump->printer, text + at, mark - at);
        printer_problem(dump->printer, &w->problems.items[i]);
        at = mark;
    }
    w->problems.count = 0;
    printer_lines(dump->printer, text + at, size - at);
}

static void drain(void *worker, const char *text, size_t size)
{
    log_worker *w = worker;
    log_block_await_turn(w->block);
    print(w, text, size);
}

static void conclude(void *context, const log_block *block)
{
    log_dump *dump = context;
    emit_flush(&dump->workers[block->worker].out);
    progress_set(&dump->progress, log_block_end(block));
}

/* ---- the start ---- */

/* The position of a batch before all matching ones, from the index next to the log. An entry that does not match the
 * log is ignored. */
static uint64_t find_start(const dump_options *o, dump_file *file)
{
    uint64_t position = 0;
    kw_arena arena;
    kw_bytes bytes;
    kw_offset_entry entry;
    kw_offset_index index;
    if (o->filter.from <= 0 || file->kind != KIND_LOG)
        return 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), o->max_memory);
    if (read_beside(file, ".index", o->max_memory, &arena, &bytes)) {
        kw_offset_index_init(&index, bytes.data, (size_t)bytes.len, dump_file_base_offset(file));
        if (kw_offset_index_find(&index, o->filter.from, &entry) &&
            batch_is_at(file->path, entry.position, entry.offset))
            position = entry.position;
    }
    kw_arena_finish(&arena);
    return position;
}

/* ---- all of it ---- */

static const char *headings(const dump_options *o)
{
    if (o->batches && o->records)
        return TEXT_BATCH_HEADING TEXT_RECORD_HEADING;
    return o->batches ? TEXT_BATCH_HEADING : TEXT_RECORD_HEADING;
}

static void print_end(printer *p, const dump_options *o, const log_end *end)
{
    if (end->status != KW_OK) {
        problem why;
        problem_set(&why, -1, -1, end->status, "the file is skipped");
        why.system_error = end->system_error;
        printer_problem(p, &why);
    }
    if (end->zeros && !filter_is_set(&o->filter))
        printer_zeros(p, end->size - end->position);
}

void dump_log(dumper *d, dump_file *file)
{
    log_end end;
    printer *p = &d->printer;
    const dump_options *o = d->options;
    printer_begin(p, file, file_size(file->path), headings(o));
    log_dump dump = {
        .printer = p,
        .options = o,
        .file = file,
        .lines = o->jsonl ? &json_log_lines : &text_log_lines,
        .start = p->start,
        .workers = d->workers,
    };
    const log_task task = {
        .path = file->path,
        .base_offset = dump_file_base_offset(file),
        .position = find_start(o, file),
        .last_offset = o->filter.to,
        .max_memory = o->max_memory,
        .threads = o->threads,
        .context = &dump,
        .work = work,
        .conclude = conclude,
    };
    if (!filter_is_set(&o->filter))
        printer_head(p);
    log_workers_begin(d->workers, o->threads, &dump, drain);
    progress_begin(&dump.progress, file->path, p->file_size, false);
    log_pipeline_run(&task, &end);
    progress_hide(&dump.progress);
    print_end(p, o, &end);
}
