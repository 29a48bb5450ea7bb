/* SPDX-License-Identifier: Apache-2.0 */
#include "transactions.h"

#include <kwire/control_record.h>
#include <kwire/endian.h>
#include <kwire/storage/producers.h>

#include "../base/growth.h"
#include "log_load.h"

/* 46 bytes a producer: more than a million of them. */
enum { LARGEST_SNAPSHOT = 64 * 1024 * 1024, CHECKED_ENTRIES = 1000, CHECKED_BATCHES = 256 };

struct open_txn {
    int64_t producer_id;
    int64_t first_offset;
};

struct loader {
    struct log_contents *contents;
    kw_aborted_txn *aborted;
    int64_t end_offset;
    kw_arena *arena;
    const struct problem_listener *listener;
    size_t aborted_room;
    struct open_txn *open;
    size_t open_count;
    size_t open_room;
    kw_status status; /* of a shortage */
};

static void add_aborted(struct loader *l, const kw_aborted_txn *txn)
{
    struct log_contents *log = l->contents;
    void *items = arena_grow(l->arena, l->aborted, log->aborted_count, &l->aborted_room, sizeof *l->aborted);
    if (items == NULL) {
        l->status = kw_arena_status(l->arena);
        return;
    }
    log->aborted = l->aborted = items;
    l->aborted[log->aborted_count++] = *txn;
}

static void begin_txn(struct loader *l, int64_t producer_id, int64_t first_offset)
{
    for (size_t i = 0; i < l->open_count; i++)
        if (l->open[i].producer_id == producer_id)
            return;
    void *items = arena_grow(l->arena, l->open, l->open_count, &l->open_room, sizeof *l->open);
    if (items == NULL) {
        l->status = kw_arena_status(l->arena);
        return;
    }
    l->open = items;
    l->open[l->open_count].producer_id = producer_id;
    l->open[l->open_count++].first_offset = first_offset;
}

static int64_t stable_offset(const struct loader *l, int64_t end_offset)
{
    for (size_t i = 0; i < l->open_count; i++)
        if (l->open[i].first_offset < end_offset)
            end_offset = l->open[i].first_offset;
    return end_offset;
}

static void end_txn(struct loader *l, int64_t producer_id, int64_t marker_offset, bool abort)
{
    size_t i = 0;
    while (i < l->open_count && l->open[i].producer_id != producer_id)
        i++;
    if (i == l->open_count)
        return;
    kw_aborted_txn txn = {producer_id, l->open[i].first_offset, marker_offset, 0};
    l->open[i] = l->open[--l->open_count];
    const struct log_contents *log = l->contents;
    bool known = log->aborted_count != 0 && log->aborted[log->aborted_count - 1].last_offset >= marker_offset;
    if (!abort || known)
        return;
    txn.last_stable_offset = stable_offset(l, marker_offset + 1);
    add_aborted(l, &txn);
}

static void read_batch(struct loader *l, const kw_batch *batch)
{
    if (!kw_batch_is_transactional(batch))
        return;
    if (!kw_batch_is_control(batch)) {
        begin_txn(l, batch->producer_id, batch->base_offset);
        return;
    }
    kw_records rs;
    kw_record record;
    (void)kw_records_init(&rs, batch, NULL, NULL);
    if (!kw_records_next(&rs, &record) || record.key.len < 4)
        return;
    uint16_t type = kw_load_be16(record.key.data + 2);
    if (type == KW_CONTROL_ABORT || type == KW_CONTROL_COMMIT)
        end_txn(l, batch->producer_id, record.offset, type == KW_CONTROL_ABORT);
}

static kw_status read_segment(struct loader *l, struct segment *segment, int64_t from)
{
    struct file_reading reading;
    kw_batch batch;
    segment_reading_start(segment, &reading);
    if (segment_find_offset(segment, from, &batch)) {
        kw_batches bs;
        segment_batches(segment, batch.position, &bs);
        while (l->status == KW_OK && kw_batches_next(&bs, &batch) && batch.last_offset < l->end_offset)
            read_batch(l, &batch);
    }
    return segment_close_read(segment, &reading);
}

static void scan_segment(struct loader *l, int64_t base_offset, int64_t from)
{
    struct segment segment;
    kw_status status = segment_open(&segment, l->contents->folder, base_offset, NULL);
    if (is_shortage(status))
        l->status = status;
    if (status == KW_OK)
        status = read_segment(l, &segment, from);
    if (status != KW_OK && l->status == KW_OK) {
        char path[KW_PATH_SIZE];
        if (path_of_segment(path, l->contents->folder, KW_SEGMENT_FILE_LOG, base_offset) == KW_OK)
            problem_with_file(l->listener, path, status, "segment; transactions that begin or end in it are not known");
    }
}

static void scan(struct loader *l, int64_t from)
{
    size_t i;
    const struct log_snapshot snapshot = {.contents = l->contents};
    if (!log_find_segment(&snapshot, from, &i))
        i = 0;
    for (; l->status == KW_OK && i < l->contents->segment_count; i++)
        scan_segment(l, l->contents->segments[i]->base_offset, from);
}

/* ---- indexes ---- */

/* Adds what a .txnindex says; false if it is not to be believed. */
static bool read_index(struct loader *l, const char *path, kw_bytes bytes, int64_t first, int64_t end)
{
    kw_txn_index index;
    kw_txn_index_init(&index, bytes.data, (size_t)bytes.len);
    kw_status status = index.trailing != 0 ? KW_ERR_INDEX : KW_OK;
    size_t i = 0;
    for (; status == KW_OK && i < index.count; i++) {
        kw_aborted_txn txn;
        status = kw_txn_index_at(&index, i, &txn);
        if (status == KW_OK &&
            (txn.last_offset < first || txn.last_offset >= end || txn.first_offset >= txn.last_offset))
            status = KW_ERR_INDEX;
        if (status != KW_OK)
            break;
        first = txn.last_offset + 1;
        add_aborted(l, &txn);
    }
    if (status != KW_OK)
        problem_at(l->listener, path, i * 34, first, status,
                   "aborted transactions; they are looked for in the log instead");
    return status == KW_OK;
}

/* A segment that is looked into. */
struct probe {
    const struct log_contents *contents;
    struct segment segment;
    struct file_reading reading;
    size_t index;
    bool is_open;
};

static void end_probe(struct probe *p)
{
    if (p->is_open) {
        (void)file_reading_end(&p->reading); /* what cannot be read is not there */
        segment_close(&p->segment);
    }
    p->is_open = false;
}

/* The batch that has the offset, if it is there and valid. */
static bool probe_batch(struct probe *p, int64_t offset, kw_batch *out)
{
    size_t i;
    const struct log_snapshot snapshot = {.contents = p->contents};
    if (!log_find_segment(&snapshot, offset, &i))
        return false;
    if (!p->is_open || p->index != i) {
        end_probe(p);
        p->is_open =
            segment_open(&p->segment, p->contents->folder, p->contents->segments[i]->base_offset, NULL) == KW_OK;
        if (p->is_open)
            segment_reading_start(&p->segment, &p->reading);
        p->index = i;
    }
    return p->is_open && segment_find_offset(&p->segment, offset, out) && out->base_offset <= offset &&
           kw_batch_check_crc(out) == KW_OK;
}

static bool is_abort_of(const kw_batch *batch, int64_t producer_id)
{
    kw_records rs;
    kw_record record;
    if (!kw_batch_is_control(batch) || batch->producer_id != producer_id)
        return false;
    (void)kw_records_init(&rs, batch, NULL, NULL);
    return kw_records_next(&rs, &record) && record.key.len >= 4 &&
           kw_load_be16(record.key.data + 2) == KW_CONTROL_ABORT;
}

/* Whether an earlier transaction of the producer ended between where one starts and its marker, as far as they are near
 * each other. */
static bool has_other_end(const struct probe *p, const kw_batch *first, const kw_aborted_txn *txn)
{
    kw_batches bs;
    kw_batch batch;
    segment_batches(&p->segment, first->position, &bs);
    for (size_t i = 0; i < CHECKED_BATCHES && kw_batches_next(&bs, &batch) && batch.last_offset < txn->last_offset; i++)
        if (kw_batch_is_control(&batch) && batch.producer_id == txn->producer_id)
            return true;
    return false;
}

/* Whether the log has what an entry says, which has no checksum: the marker, and a transactional batch of the producer
 * where it starts. Compaction may have removed both; then nothing is known. */
static bool entry_is_plausible(struct probe *p, const kw_aborted_txn *txn)
{
    kw_batch batch;
    if (probe_batch(p, txn->last_offset, &batch) && !is_abort_of(&batch, txn->producer_id))
        return false;
    return !probe_batch(p, txn->first_offset, &batch) ||
           (batch.base_offset == txn->first_offset && batch.producer_id == txn->producer_id &&
            kw_batch_is_transactional(&batch) && !kw_batch_is_control(&batch) && !has_other_end(p, &batch, txn));
}

static void report_entry(const struct loader *l, const kw_aborted_txn *txn)
{
    size_t i;
    char path[KW_PATH_SIZE];
    const struct log_snapshot snapshot = {.contents = l->contents};
    if (log_find_segment(&snapshot, txn->last_offset, &i) &&
        path_of_segment(path, l->contents->folder, KW_SEGMENT_FILE_TXN_INDEX, l->contents->segments[i]->base_offset) ==
            KW_OK)
        problem_at(l->listener, path, 0, txn->last_offset, KW_ERR_INDEX,
                   "an aborted transaction that is not in the log; they are looked for there instead");
}

/* The newest ones: each may cost two reads of the disk. */
static bool check_entries(const struct loader *l)
{
    const struct log_contents *log = l->contents;
    struct probe probe = {.contents = log};
    bool are_plausible = true;
    size_t first = log->aborted_count > CHECKED_ENTRIES ? log->aborted_count - CHECKED_ENTRIES : 0;
    for (size_t i = first; are_plausible && i < log->aborted_count; i++) {
        are_plausible = entry_is_plausible(&probe, &log->aborted[i]);
        if (!are_plausible)
            report_entry(l, &log->aborted[i]);
    }
    end_probe(&probe);
    return are_plausible;
}

/* False: the log has to be scanned. */
static bool load_indexes(struct loader *l)
{
    const struct log_contents *log = l->contents;
    for (size_t i = 0; i < log->segment_count && l->status == KW_OK; i++) {
        const struct log_segment *segment = log->segments[i];
        if (!segment->has_index)
            return false;
        if (!segment->has_txn_index)
            continue;
        int64_t end = i + 1 < log->segment_count ? log->segments[i + 1]->base_offset : l->end_offset;
        char path[KW_PATH_SIZE];
        kw_bytes bytes;
        kw_status status = path_of_segment(path, log->folder, KW_SEGMENT_FILE_TXN_INDEX, segment->base_offset);
        if (status == KW_OK)
            status = file_load(path, INT32_MAX, l->arena, &bytes);
        if (is_shortage(status)) {
            l->status = status;
            return false;
        }
        if (status != KW_OK) {
            problem_with_file(l->listener, path, status,
                              "aborted transactions; they are looked for in the log instead");
            return false;
        }
        if (bytes.len == 0 ||
            !read_index(l, path, bytes, segment->base_offset, end)) /* there is none without entries */
            return false;
    }
    return l->status != KW_OK || check_entries(l);
}

/* Starts with the transactions that were open at a snapshot; false if it is damaged. */
static bool load_snapshot(struct loader *l, int64_t offset)
{
    char path[KW_PATH_SIZE];
    kw_bytes bytes;
    kw_producers producers;
    size_t at = 0;
    kw_status status = path_of_segment(path, l->contents->folder, KW_SEGMENT_FILE_PRODUCERS, offset);
    if (status == KW_OK)
        status = file_load(path, LARGEST_SNAPSHOT, l->arena, &bytes);
    if (is_shortage(status)) {
        l->status = status;
        return false;
    }
    if (status != KW_OK) {
        problem_with_file(l->listener, path, status, "state of producers; an older one or the log itself is used");
        return false;
    }
    status = kw_producers_init(&producers, bytes.data, (size_t)bytes.len, &at);
    if (status != KW_OK) {
        problem_at(l->listener, path, at, offset, status, "state of producers; an older one or the log itself is used");
        return false;
    }
    for (size_t i = 0; i < producers.count; i++) {
        kw_producer_state state = kw_producers_at(&producers, i);
        if (state.txn_first_offset >= 0)
            begin_txn(l, state.producer_id, state.txn_first_offset);
    }
    return true;
}

kw_status load_transactions(struct log_contents *contents, int64_t log_end_offset,
                            const struct problem_listener *listener, int64_t *last_stable_offset)
{
    const struct producer_snapshots *snapshots = &contents->snapshots;
    kw_arena *arena = &contents->loaded->arena;
    struct loader l = {.contents = contents, .end_offset = log_end_offset, .arena = arena, .listener = listener};
    int64_t from = 0;
    if (load_indexes(&l)) {
        size_t i = snapshots->len;
        while (i > 0 && l.status == KW_OK &&
               (snapshots->offsets[i - 1] > log_end_offset || !load_snapshot(&l, snapshots->offsets[i - 1])))
            i--;
        from = i > 0 ? snapshots->offsets[i - 1] : 0;
    } else {
        contents->aborted_count = 0;
    }
    if (from < log_end_offset && l.status == KW_OK)
        scan(&l, from);
    *last_stable_offset = stable_offset(&l, log_end_offset);
    return l.status;
}
