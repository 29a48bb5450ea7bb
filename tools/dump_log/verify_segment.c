/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <inttypes.h>
#include <stdlib.h>

#include <kwire/control_record.h>

#include "../command/progress.h"
#include "index_check.h"
#include "read_file.h"

typedef struct segment_verify {
    dumper *dumper;
    dump_file *log;
    bool deep;   /* the log itself is verified, not only its indexes */
    bool broken; /* its end cannot be read */
    index_check indexes;
    verified *sums;
    int16_t first_control; /* of a snapshot: type of the first record; -1: not a control record */
    int16_t last_control;  /* of the last */
    progress progress;
} segment_verify;

/* ---- concurrently ---- */

/* Facts about the records of a batch. */
typedef struct record_facts {
    int64_t last_offset;
    int64_t max_timestamp;
    bool in_order;
} record_facts;

static void note_disorder(log_worker *w, const kw_batch *batch, const kw_record *record)
{
    problem p;
    problem_set(&p, (int64_t)batch->position, record->offset, KW_ERR_OFFSET_ORDER,
                "a record in the batch of offsets %" PRId64 " to %" PRId64, batch->base_offset, batch->last_offset);
    note_problem(w, batch, &p);
}

static void examine(log_worker *w, const kw_batch *batch, const kw_record *record, record_facts *facts)
{
    const segment_verify *v = w->owner;
    bool above = record->offset > facts->last_offset;
    if (facts->in_order && (!above || record->offset > batch->last_offset)) {
        note_disorder(w, batch, record);
        facts->in_order = false;
    }
    facts->last_offset = record->offset;
    if (record->timestamp > facts->max_timestamp)
        facts->max_timestamp = record->timestamp;
    const decoded_record *what = record_decode(&w->decoder, v->log->topic, batch, record);
    if (what->outcome == DECODED_DAMAGED)
        note_undecoded(w, batch, record, what);
}

static void note_timestamp(log_worker *w, const kw_batch *batch, int64_t found)
{
    problem p;
    problem_set_coded(&p, (int64_t)batch->position + KW_BATCH_V2_MAX_TIMESTAMP, batch->base_offset, CODE_TIMESTAMP,
                      "timestamps do not agree",
                      "the greatest of the records is %" PRId64 ", of the batch at byte %zu %" PRId64, found,
                      batch->position, batch->max_timestamp);
    note_problem(w, batch, &p);
}

static uint64_t verify_records(log_worker *w, const kw_batch *batch)
{
    kw_records rs;
    kw_record record;
    uint64_t count = 0;
    bool first_is_known = batch->count != KW_COUNT_UNKNOWN;
    record_facts facts = {first_is_known ? batch->base_offset - 1 : INT64_MIN, KW_NO_TIMESTAMP, true};
    kw_records_init(&rs, batch, w->decompressor, &w->scratch);
    rs.flags = KW_RECORDS_CHECK_CRC;
    for (; kw_records_next(&rs, &record); count++)
        examine(w, batch, &record, &facts);
    if (rs.status != KW_OK)
        note_bad_records(w, batch, &rs);
    else if (batch->magic == KW_MAGIC_V2 && count != 0 && facts.max_timestamp != batch->max_timestamp)
        note_timestamp(w, batch, facts.max_timestamp);
    return count;
}

static void work(void *context, log_block *block)
{
    const segment_verify *v = context;
    log_worker *w = &v->dumper->workers[block->worker];
    w->block = block;
    w->records = 0;
    for (size_t i = 0; v->deep && i < block->run_count; i++) {
        kw_batches bs;
        kw_batch batch;
        for (log_run_batches(block, &block->runs[i], &bs); log_run_next(&block->runs[i], &bs, &batch);) {
            if (kw_batch_check_crc(&batch) == KW_OK)
                w->records += verify_records(w, &batch);
            else
                note_wrong_crc(w, &batch);
        }
    }
}

/* ---- in order ---- */

static void report_problem(segment_verify *v, const problem *what)
{
    printer_begin(&v->dumper->printer, v->log, 0, "");
    printer_problem(&v->dumper->printer, what);
}

/* The type of the first or last record of a control batch; -1 if it is another batch or not known. */
static int16_t control_type(const kw_batch *batch, bool last)
{
    kw_records rs;
    kw_record record;
    int16_t type = -1;
    if (!kw_batch_is_control(batch))
        return -1;
    kw_records_init(&rs, batch, NULL, NULL);
    while (kw_records_next(&rs, &record)) {
        type = record.key.len >= 4 ? (int16_t)kw_load_be16(record.key.data + 2) : -1;
        if (!last)
            break;
    }
    return type;
}

static void check_order(segment_verify *v, const kw_batch *batch)
{
    int64_t next = v->sums->next_offset;
    bool first_is_known = batch->count != KW_COUNT_UNKNOWN;
    int64_t first = first_is_known ? batch->base_offset : batch->last_offset;
    if (v->deep && first < next) {
        problem p;
        problem_set(&p, (int64_t)batch->position, first, KW_ERR_OFFSET_ORDER, "%" PRId64 " or more was expected", next);
        report_problem(v, &p);
    }
    v->sums->next_offset = kw_batch_next_offset(batch);
}

/* Reports the problems of the batches before this position of the file. */
static void report_up_to(segment_verify *v, log_worker *w, size_t *reported, uint64_t position)
{
    for (; *reported < w->problems.count && w->problems.marks[*reported] < position; ++*reported)
        report_problem(v, &w->problems.items[*reported]);
}

static void conclude_batch(segment_verify *v, log_worker *w, size_t *reported, const kw_batch *batch)
{
    check_order(v, batch);
    report_up_to(v, w, reported, batch->position + batch->size);
    int16_t first = control_type(batch, false);
    if (v->sums->batches++ == 0)
        v->first_control = first;
    v->last_control = control_type(batch, true);
    index_check_batch(&v->indexes, batch, first == KW_CONTROL_ABORT);
}

static void conclude(void *context, const log_block *block)
{
    segment_verify *v = context;
    log_worker *w = &v->dumper->workers[block->worker];
    size_t reported = 0;
    for (size_t i = 0; i < block->run_count; i++) {
        const log_run *run = &block->runs[i];
        kw_batches bs;
        kw_batch batch;
        for (log_run_batches(block, run, &bs); log_run_next(run, &bs, &batch);)
            conclude_batch(v, w, &reported, &batch);
        if (run->broken) {
            report_problem(v, &run->problem);
            index_check_gap(&v->indexes, run->resumed_at);
        }
        v->broken = run->broken;
    }
    w->problems.count = 0;
    v->sums->records += w->records;
    progress_set(&v->progress, log_block_end(block));
}

/* ---- all of it ---- */

static void check_snapshot(segment_verify *v, const log_end *end)
{
    problem p;
    if (v->log->kind != KIND_SNAPSHOT || v->broken)
        return;
    if (v->first_control != KW_CONTROL_SNAPSHOT_HEADER) {
        problem_set(&p, 0, -1, KW_ERR_FILE_FORMAT, "a snapshot starts with its header");
        report_problem(v, &p);
    }
    if (v->last_control != KW_CONTROL_SNAPSHOT_FOOTER) {
        problem_set(&p, (int64_t)end->position, -1, KW_ERR_FILE_FORMAT, "a snapshot ends in its footer");
        report_problem(v, &p);
    }
}

static void check_end(segment_verify *v, const log_end *end)
{
    problem p;
    if (end->status != KW_OK) {
        problem_set(&p, -1, -1, end->status, "%s",
                    v->deep ? "the file is skipped" : "an index needs the log next to it");
        p.system_error = end->system_error;
        report_problem(v, &p);
    } else {
        check_snapshot(v, end);
    }
    index_check_end(&v->indexes, end->status == KW_OK && !v->broken);
}

static void run(segment_verify *v)
{
    log_end end;
    const dump_options *o = v->dumper->options;
    const log_task task = {
        .path = v->log->path,
        .base_offset = dump_file_base_offset(v->log),
        .position = 0,
        .last_offset = INT64_MAX,
        .max_memory = o->max_memory,
        .threads = o->threads,
        .context = v,
        .work = work,
        .conclude = conclude,
    };
    log_workers_begin(v->dumper->workers, o->threads, v, NULL);
    progress_begin(&v->progress, v->log->path, file_size(v->log->path), true);
    log_pipeline_run(&task, &end);
    progress_hide(&v->progress);
    check_end(v, &end);
}

/* The first index that is not NULL. */
static dump_file *first_index(const segment_files *files)
{
    if (files->index != NULL)
        return files->index;
    return files->time_index != NULL ? files->time_index : files->txn_index;
}

/* The log of the indexes, if it is not in the list. False if their names do not identify it. */
static bool find_log(dumper *d, const segment_files *files, dump_file *out)
{
    dump_file *index = first_index(files);
    *out = *index;
    out->kind = KIND_LOG;
    out->path = path_beside(index, ".log");
    if (out->path != NULL)
        return true;
    problem why;
    problem_set(&why, -1, -1, KW_ERR_FILE_FORMAT, "the name does not identify its log");
    printer_begin(&d->printer, index, 0, "");
    printer_problem(&d->printer, &why);
    return false;
}

void verify_segment(dumper *d, const segment_files *files, verified *out)
{
    segment_verify v = {.dumper = d, .log = files->log, .deep = files->log != NULL, .sums = out};
    dump_file found = {0};
    *out = (verified){0};
    if (v.log == NULL && !find_log(d, files, &found))
        return;
    if (v.log == NULL)
        v.log = &found;
    out->next_offset = dump_file_base_offset(v.log);
    index_check_begin(&v.indexes, d, files);
    run(&v);
    free(found.path);
}
