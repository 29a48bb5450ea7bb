/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/batches.h>
#include <kwire/error.h>

#include "share_fetch.h"

enum { ACQUIRE_EXACTLY = 1 };

static bool list_batches(struct share_fetching *f, const struct share_source *s, struct share_log_batch **out,
                         size_t *count)
{
    kw_batches batches;
    kw_batch batch;
    *count = 0;
    for (kw_batches_init(&batches, s->slice.records); kw_batches_next(&batches, &batch);)
        ++*count;
    *out = kw_arena_array(f->call->arena, *count + 1, sizeof **out);
    *count = 0;
    for (kw_batches_init(&batches, s->slice.records); *out != NULL && kw_batches_next(&batches, &batch);)
        (*out)[(*count)++] = (struct share_log_batch){batch.base_offset, batch.last_offset};
    return *out != NULL;
}

/* The batches that have something of what was acquired. */
static void cut_records(struct share_source *s)
{
    kw_batches batches;
    kw_batch batch;
    const struct share_batches *ranges = &s->acquired.ranges;
    size_t from = 0, to = 0;
    for (kw_batches_init(&batches, s->slice.records); kw_batches_next(&batches, &batch);) {
        if (batch.last_offset < ranges->items[0].first)
            from = to = batch.position + batch.size;
        else if (batch.base_offset <= ranges->items[ranges->count - 1].last)
            to = batch.position + batch.size;
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
static bool withdraw(struct share_source *s)
{
    struct log_snapshot snapshot;
    kw_batches batches;
    kw_batch batch;
    bool fine = true;
    if (partition_log_acquire(s->log, true, &snapshot) != KW_ERROR_NONE)
        return true;
    for (kw_batches_init(&batches, s->slice.records); fine && kw_batches_next(&batches, &batch);)
        if (kw_batch_is_control(&batch) || (kw_batch_is_transactional(&batch) && is_aborted(&snapshot, &batch)))
            fine = share_withdraw(&s->e->p, batch.base_offset, batch.last_offset, &s->acquired);
    log_snapshot_release(&snapshot);
    return fine;
}

static bool acquire(struct share_fetching *f, struct share_source *s, int64_t *left)
{
    struct share_acquire in = {.member = f->request->member_id,
                               .now = s->e->owner->options.clock(),
                               .fetch_offset = s->offset,
                               .max_records = *left < INT32_MAX ? (int32_t)*left : INT32_MAX,
                               .batch_size = f->request->batch_size > 0 ? f->request->batch_size : 1,
                               .is_exact = f->request->share_acquire_mode == ACQUIRE_EXACTLY};
    struct share_log_batch *batches;
    if (!list_batches(f, s, &batches, &in.batch_count))
        return false;
    in.batches = batches;
    if (in.batch_count == 0 || *left <= 0)
        return true;
    shared_partition_lock(s->e);
    bool fine = share_acquire(&s->e->p, &f->config.limits, &in, &s->acquired);
    if (fine && f->config.is_committed)
        fine = withdraw(s);
    shared_partition_arm(s->e);
    shared_partition_unlock(s->e);
    if (fine && s->acquired.ranges.count != 0)
        cut_records(s);
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
