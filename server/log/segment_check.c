/* SPDX-License-Identifier: Apache-2.0 */
#include "segment.h"

/* A last entry that is not true does not make those before it useless, but a file full of them is not worth more. */
enum { LAST_ENTRIES_TRIED = 8 };

static size_t last_true_entry(const struct segment *segment)
{
    size_t i = segment->offsets.count;
    for (int tried = 0; i > 0 && tried < LAST_ENTRIES_TRIED; tried++) {
        kw_offset_entry entry = kw_offset_index_at(&segment->offsets, --i);
        kw_batch batch;
        if (offset_entry_is_true(segment, entry, &batch))
            return entry.position;
    }
    return 0;
}

/* Fewer bytes than a batch's offset and length may be the leading zeros of an offset. */
static bool all_zeros(const struct segment *segment, size_t position)
{
    if (segment->log.size - position < KW_BATCH_OVERHEAD)
        return false;
    for (size_t i = position; i < segment->log.size; i++)
        if (segment->log.data[i] != 0)
            return false;
    return true;
}

/* The position of the field that gives a batch its offset. */
static size_t offset_field(const kw_batch *batch, int64_t next_offset)
{
    bool base = batch->base_offset < next_offset || batch->magic != KW_MAGIC_V2;
    return batch->position + (base ? KW_BATCH_OFFSET : KW_BATCH_V2_LAST_OFFSET_DELTA);
}

static void fail(struct segment_end *end, kw_status status, size_t at)
{
    end->status = status;
    end->error_at = at;
}

static void add_batch(struct segment_end *end, const kw_batch *batch)
{
    end->position = batch->position + batch->size;
    end->next_offset = kw_batch_next_offset(batch);
    if (batch->max_timestamp > end->max_timestamp)
        end->max_timestamp = batch->max_timestamp;
}

static bool is_in_order(const struct segment_end *end, const kw_batch *batch)
{
    return batch->base_offset >= end->next_offset && batch->last_offset >= batch->base_offset &&
           batch->last_offset != INT64_MAX;
}

/* Offsets are not in the checksum. If a batch is in order only without the one in front of it, which does not
 * continue where its own predecessor ends, nobody knows which of the two is wrong. */
static void check_log(const struct segment *segment, unsigned what, struct segment_end *end)
{
    struct segment_end before;
    bool is_doubtful = false;
    end->position = (what & CHECK_FROM_INDEX) != 0 ? last_true_entry(segment) : 0;
    end->next_offset = segment->base_offset;
    end->max_timestamp = KW_NO_TIMESTAMP;
    end->zeros = false;
    fail(end, KW_OK, 0);

    const size_t first = end->position;
    kw_batches bs;
    kw_batch batch;
    segment_batches(segment, first, &bs);
    bs.flags = (what & CHECK_CRC) != 0 ? KW_BATCHES_CHECK_CRC : 0;
    while (kw_batches_next(&bs, &batch)) {
        if (!is_in_order(end, &batch)) {
            bool is_either = is_doubtful && is_in_order(&before, &batch);
            size_t at = is_either ? before.position + KW_BATCH_OFFSET : offset_field(&batch, end->next_offset);
            if (is_either)
                *end = before;
            fail(end, KW_ERR_OFFSET_ORDER, at);
            return;
        }
        is_doubtful = batch.position != first && batch.base_offset != end->next_offset;
        before = *end;
        add_batch(end, &batch);
    }
    end->zeros = all_zeros(segment, end->position);
    if (end->zeros)
        return;
    if (bs.status != KW_OK)
        fail(end, bs.status, bs.error_at);
    else if (bs.partial != 0)
        fail(end, KW_ERR_TORN, end->position);
}

struct index_checker {
    const struct segment *segment;
    const char *folder;
    const struct problem_listener *listener;
    size_t log_size; /* of the valid part */
};

static void report(const struct index_checker *c, kw_segment_file file, size_t position, int64_t offset,
                   kw_status status, const char *detail)
{
    char path[KW_PATH_SIZE];
    if (path_of_segment(path, c->folder, file, c->segment->base_offset) == KW_OK)
        problem_at(c->listener, path, position, offset, status, detail);
}

static void check_offsets(const struct index_checker *c)
{
    const kw_offset_index *index = &c->segment->offsets;
    int64_t last = -1;
    for (size_t i = 0; i < index->count; i++) {
        kw_offset_entry entry = kw_offset_index_at(index, i);
        kw_batch batch;
        if (entry.offset <= last || entry.position >= c->log_size || !offset_entry_is_true(c->segment, entry, &batch)) {
            report(c, KW_SEGMENT_FILE_INDEX, i * KW_OFFSET_ENTRY_SIZE, entry.offset, KW_ERR_INDEX,
                   "no such batch; the segment is searched from its beginning");
            return;
        }
        last = entry.offset;
    }
    if (c->segment->index.size % KW_OFFSET_ENTRY_SIZE != 0)
        report(c, KW_SEGMENT_FILE_INDEX, c->segment->index.size / KW_OFFSET_ENTRY_SIZE * KW_OFFSET_ENTRY_SIZE, -1,
               KW_ERR_INDEX, "part of an entry at the end");
}

static void check_times(const struct index_checker *c)
{
    const kw_time_index *index = &c->segment->times;
    kw_time_entry last = {INT64_MIN, -1};
    for (size_t i = 0; i < index->count; i++) {
        kw_time_entry entry = kw_time_index_at(index, i);
        kw_batch batch;
        if (entry.timestamp <= last.timestamp || entry.offset <= last.offset ||
            !time_entry_is_true(c->segment, entry, &batch)) {
            report(c, KW_SEGMENT_FILE_TIME_INDEX, i * KW_TIME_ENTRY_SIZE, entry.offset, KW_ERR_INDEX,
                   "no batch of that time; the segment is searched from its beginning");
            return;
        }
        last = entry;
    }
    if (c->segment->time_index.size % KW_TIME_ENTRY_SIZE != 0)
        report(c, KW_SEGMENT_FILE_TIME_INDEX, c->segment->time_index.size / KW_TIME_ENTRY_SIZE * KW_TIME_ENTRY_SIZE, -1,
               KW_ERR_INDEX, "part of an entry at the end");
}

static void check_aborted(const struct index_checker *c, int64_t next_offset)
{
    const kw_txn_index *index = &c->segment->aborted;
    int64_t last = c->segment->base_offset - 1;
    for (size_t i = 0; i < index->count; i++) {
        kw_aborted_txn txn;
        kw_status status = kw_txn_index_at(index, i, &txn);
        if (status == KW_OK &&
            (txn.last_offset <= last || txn.last_offset >= next_offset || txn.first_offset >= txn.last_offset))
            status = KW_ERR_INDEX;
        if (status != KW_OK) {
            report(c, KW_SEGMENT_FILE_TXN_INDEX, i * KW_ABORTED_TXN_SIZE, -1, status,
                   "aborted transaction that cannot be; they are looked for in the log");
            return;
        }
        last = txn.last_offset;
    }
    if (index->trailing != 0)
        report(c, KW_SEGMENT_FILE_TXN_INDEX, index->count * KW_ABORTED_TXN_SIZE, -1, KW_ERR_INDEX,
               "part of an entry at the end");
}

void segment_check(const struct segment *segment, const char *folder, unsigned what,
                   const struct problem_listener *listener, struct segment_end *out)
{
    check_log(segment, what, out);
    const struct index_checker checker = {segment, folder, listener, out->position};
    if (out->status != KW_OK)
        report(&checker, KW_SEGMENT_FILE_LOG, out->error_at, out->next_offset, out->status,
               "the segment is used up to the batch before this");
    if ((what & CHECK_INDEXES) == 0)
        return;
    check_offsets(&checker);
    check_times(&checker);
    check_aborted(&checker, out->next_offset);
}
