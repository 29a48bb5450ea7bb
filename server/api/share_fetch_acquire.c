/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/batches.h>
#include <kwire/error.h>

#include "share_fetch.h"

enum { ACQUIRE_EXACTLY = 1 };

/* What was read of a source. */
struct read_batches {
    kw_batch *items;
    struct share_log_batch *offsets; /* the same ones */
    size_t count;
};

static bool list_batches(struct share_fetching *f, const struct share_source *s, struct read_batches *out)
{
    kw_batches batches;
    kw_batch batch;
    size_t count = 0;
    for (kw_batches_init(&batches, s->slice.records); kw_batches_next(&batches, &batch);)
        count++;
    *out = (struct read_batches){kw_arena_array(f->call->arena, count + 1, sizeof *out->items),
                                 kw_arena_array(f->call->arena, count + 1, sizeof *out->offsets), 0};
    if (out->items == NULL || out->offsets == NULL)
        return false;
    for (kw_batches_init(&batches, s->slice.records); out->count < count && kw_batches_next(&batches, &batch);) {
        out->items[out->count] = batch;
        out->offsets[out->count++] = (struct share_log_batch){batch.base_offset, batch.last_offset};
    }
    return true;
}

/* Where they cannot be read the source has an error, and nothing. */
static bool read_batches(struct share_fetching *f, struct share_source *s, struct read_batches *out)
{
    struct file_reading reading;
    log_slice_reading_start(&s->slice, &reading);
    bool fine = list_batches(f, s, out);
    s->error = log_slice_reading_end(&s->slice, &s->snapshot, &reading);
    if (s->error == KW_ERROR_NONE)
        return fine;
    share_source_drop_slice(s);
    out->count = 0;
    return true;
}

/* The batches that have something of what was acquired. */
static void cut_records(struct share_source *s, const struct read_batches *batches)
{
    const struct share_batches *ranges = &s->acquired.ranges;
    size_t from = 0, to = 0;
    for (size_t i = 0; i < batches->count; i++) {
        const kw_batch *batch = &batches->items[i];
        if (batch->last_offset < ranges->items[0].first)
            from = to = batch->position + batch->size;
        else if (batch->base_offset <= ranges->items[ranges->count - 1].last)
            to = batch->position + batch->size;
    }
    s->records = (kw_bytes){s->slice.records.data + from, (int32_t)(to - from)};
}

static bool is_aborted(const struct log_snapshot *snapshot, const kw_batch *batch)
{
    kw_aborted_txn txn;
    for (size_t i = 0; log_next_aborted(snapshot, &i, batch->base_offset, batch->last_offset + 1, &txn);)
        if (txn.producer_id == batch->producer_id)
            return true;
    return false;
}

/* Records of aborted transactions, and markers. */
static bool withdraw(struct share_source *s, const struct read_batches *batches)
{
    bool fine = true;
    for (size_t i = 0; fine && i < batches->count; i++) {
        const kw_batch *batch = &batches->items[i];
        if (kw_batch_is_control(batch) || (kw_batch_is_transactional(batch) && is_aborted(&s->snapshot, batch)))
            fine = share_withdraw(&s->e->p, batch->base_offset, batch->last_offset, &s->acquired);
    }
    return fine;
}

static bool acquire(struct share_fetching *f, struct share_source *s, int64_t *left)
{
    struct read_batches batches;
    if (!read_batches(f, s, &batches))
        return false;
    if (batches.count == 0 || *left <= 0)
        return true;
    const struct share_acquire in = {.member = f->request->member_id,
                                     .now = s->e->owner->options.clock(),
                                     .fetch_offset = s->offset,
                                     .batches = batches.offsets,
                                     .batch_count = batches.count,
                                     .max_records = *left < INT32_MAX ? (int32_t)*left : INT32_MAX,
                                     .batch_size = f->request->batch_size > 0 ? f->request->batch_size : 1,
                                     .is_exact = f->request->share_acquire_mode == ACQUIRE_EXACTLY};
    shared_partition_lock(s->e);
    bool fine = share_acquire(&s->e->p, &f->config.limits, &in, &s->acquired);
    if (fine && f->config.is_committed)
        fine = withdraw(s, &batches);
    shared_partition_arm(s->e);
    shared_partition_unlock(s->e);
    if (fine && s->acquired.ranges.count != 0)
        cut_records(s, &batches);
    *left -= s->acquired.count;
    return fine;
}

bool share_fetch_acquire(struct share_fetching *f)
{
    int64_t left = f->request->max_records;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        if (s->slice.segment != NULL && !acquire(f, s, &left))
            return false;
        share_source_stop_reading(s);
    }
    return true;
}
