/* SPDX-License-Identifier: Apache-2.0 */
#include "index_check.h"

#include <inttypes.h>

#include "read_file.h"

enum { OFFSET_ENTRY = 8, TIME_ENTRY = 12, TXN_ENTRY = 34 };

static bool load(index_check *c, dump_file *file, kw_bytes *bytes)
{
    problem why; /* the same that dump_index() reports */
    if (file == NULL)
        return false;
    dump_index(c->dumper, file);
    return read_whole(file->path, c->dumper->options->max_memory, &c->arena, bytes, &why);
}

void index_check_begin(index_check *c, dumper *d, const segment_files *files)
{
    kw_bytes bytes;
    *c = (index_check){.dumper = d, .files = files, .max_timestamp = KW_NO_TIMESTAMP};
    /* Each file has its own limit. */
    kw_arena_init_growing(&c->arena, NULL, 0, kw_allocator_libc(), SIZE_MAX);
    if (load(c, files->index, &bytes))
        kw_offset_index_init(&c->offsets, bytes.data, (size_t)bytes.len, dump_file_base_offset(files->index));
    if (load(c, files->time_index, &bytes))
        kw_time_index_init(&c->times, bytes.data, (size_t)bytes.len, dump_file_base_offset(files->time_index));
    if (load(c, files->txn_index, &bytes))
        kw_txn_index_init(&c->aborted, bytes.data, (size_t)bytes.len);
}

static void report_problem(index_check *c, dump_file *file, const problem *what)
{
    printer_begin(&c->dumper->printer, file, 0, "");
    printer_problem(&c->dumper->printer, what);
}

/* An entry for a part that could not be read is not known to be wrong. */
static bool follows_gap(const index_check *c, const kw_batch *batch)
{
    return c->gap_end != 0 && batch->position == c->gap_end;
}

/* ---- .index ---- */

static void report_offset_entry(index_check *c, size_t i, kw_offset_entry entry, const char *why)
{
    problem p;
    problem_set(&p, (int64_t)(i * OFFSET_ENTRY), entry.offset, KW_ERR_INDEX, "%s: byte %" PRIu32 " of the log", why,
                entry.position);
    report_problem(c, c->files->index, &p);
}

/* Whether an entry comes after the one before it. */
static bool offset_entry_ascends(const index_check *c, size_t i, kw_offset_entry entry)
{
    if (i == 0)
        return true;
    kw_offset_entry before = kw_offset_index_at(&c->offsets, i - 1);
    return entry.offset > before.offset && entry.position > before.position;
}

/* Checks the entries that point before the end of this batch. */
static void check_offset_entries(index_check *c, const kw_batch *batch)
{
    for (size_t i = c->next_offset_entry; i < c->offsets.count; c->next_offset_entry = ++i) {
        kw_offset_entry entry = kw_offset_index_at(&c->offsets, i);
        bool ascends = offset_entry_ascends(c, i, entry);
        if (ascends && entry.position >= batch->position + batch->size)
            return;
        if (!ascends)
            report_offset_entry(c, i, entry, "not greater than the entry before it");
        else if (entry.position == batch->position && entry.offset != batch->last_offset)
            report_offset_entry(c, i, entry, "the batch at this position ends in another offset");
        else if (entry.position != batch->position && entry.position >= c->gap_end)
            report_offset_entry(c, i, entry, "no batch starts at this position");
    }
}

/* ---- .timeindex ---- */

static void report_time_entry(index_check *c, size_t i, kw_time_entry entry, const char *why)
{
    problem p;
    problem_set(&p, (int64_t)(i * TIME_ENTRY), entry.offset, KW_ERR_INDEX, "%s: timestamp %" PRId64, why,
                entry.timestamp);
    report_problem(c, c->files->time_index, &p);
}

static bool time_entry_ascends(const index_check *c, size_t i, kw_time_entry entry)
{
    if (i == 0)
        return true;
    kw_time_entry before = kw_time_index_at(&c->times, i - 1);
    return entry.offset > before.offset && entry.timestamp > before.timestamp;
}

static void check_time_entry(index_check *c, size_t i, kw_time_entry entry, const kw_batch *batch)
{
    bool first_is_known = batch->count != KW_COUNT_UNKNOWN;
    if (first_is_known && entry.offset < batch->base_offset) {
        if (!follows_gap(c, batch))
            report_time_entry(c, i, entry, "no batch has this offset");
    } else if (batch->max_timestamp != entry.timestamp) {
        report_time_entry(c, i, entry, "the batch of this offset has another timestamp");
    } else if (c->max_timestamp > entry.timestamp) {
        report_time_entry(c, i, entry, "a batch before this offset has a greater timestamp");
    }
}

/* Checks the entries up to the last offset of this batch. */
static void check_time_entries(index_check *c, const kw_batch *batch)
{
    for (size_t i = c->next_time_entry; i < c->times.count; c->next_time_entry = ++i) {
        kw_time_entry entry = kw_time_index_at(&c->times, i);
        bool ascends = time_entry_ascends(c, i, entry);
        if (ascends && entry.offset > batch->last_offset)
            return;
        if (ascends)
            check_time_entry(c, i, entry, batch);
        else
            report_time_entry(c, i, entry, "not greater than the entry before it");
    }
}

/* ---- .txnindex ---- */

static void report_txn_entry(index_check *c, size_t i, const kw_aborted_txn *txn, const char *why)
{
    problem p;
    problem_set(&p, (int64_t)(i * TXN_ENTRY), txn->last_offset, KW_ERR_INDEX, "%s: producer %" PRId64, why,
                txn->producer_id);
    report_problem(c, c->files->txn_index, &p);
}

/* Whether the entry is possible (if not, dump_index() has reported it) and follows the one before. */
static bool txn_entry_ascends(const index_check *c, size_t i, kw_aborted_txn *txn)
{
    kw_aborted_txn before;
    return kw_txn_index_at(&c->aborted, i, txn) != KW_OK || i == 0 ||
           kw_txn_index_at(&c->aborted, i - 1, &before) != KW_OK || txn->last_offset > before.last_offset;
}

/* Checks the entries whose marker is not after this batch. */
static void check_txn_entries(index_check *c, const kw_batch *batch, bool aborts)
{
    for (size_t i = c->next_txn_entry; i < c->aborted.count; c->next_txn_entry = ++i) {
        kw_aborted_txn txn;
        bool ascends = txn_entry_ascends(c, i, &txn);
        if (ascends && txn.last_offset > batch->last_offset)
            return;
        bool is_marker = aborts && txn.last_offset == batch->last_offset && txn.producer_id == batch->producer_id;
        if (!ascends)
            report_txn_entry(c, i, &txn, "not greater than the entry before it");
        else if (!is_marker && !follows_gap(c, batch))
            report_txn_entry(c, i, &txn, "no abort marker is at this offset");
    }
}

/* ---- all of them ---- */

void index_check_batch(index_check *c, const kw_batch *batch, bool aborts)
{
    check_offset_entries(c, batch);
    check_time_entries(c, batch);
    check_txn_entries(c, batch, aborts);
    if (batch->max_timestamp > c->max_timestamp)
        c->max_timestamp = batch->max_timestamp;
}

void index_check_gap(index_check *c, uint64_t end)
{
    c->gap_end = end;
}

/* Of the remaining entries of an index only the first is reported: they may be many. */
static void check_rest(index_check *c)
{
    static const char after_end[] = "after the end of the log, as are all that follow";
    kw_aborted_txn txn;
    if (c->next_offset_entry < c->offsets.count)
        report_offset_entry(c, c->next_offset_entry, kw_offset_index_at(&c->offsets, c->next_offset_entry), after_end);
    if (c->next_time_entry < c->times.count)
        report_time_entry(c, c->next_time_entry, kw_time_index_at(&c->times, c->next_time_entry), after_end);
    if (c->next_txn_entry < c->aborted.count && kw_txn_index_at(&c->aborted, c->next_txn_entry, &txn) == KW_OK)
        report_txn_entry(c, c->next_txn_entry, &txn, after_end);
}

void index_check_end(index_check *c, bool log_is_whole)
{
    if (log_is_whole)
        check_rest(c);
    kw_arena_finish(&c->arena);
}
