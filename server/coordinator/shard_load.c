/* SPDX-License-Identifier: Apache-2.0 */
#include "shard_load.h"

#include <string.h>

#include <kwire/batches.h>
#include <kwire/control_record.h>
#include <kwire/error.h>
#include <kwire/records.h>

#include "../log/flusher.h"
#include "../log/log_read.h"
#include "../observe/console.h"

struct loading {
    struct shard *shard;
    struct partition_log *log;
    struct log_snapshot snapshot;
    int64_t end;                   /* of what is to be replayed */
    int64_t next_offset;           /* what is below it has been replayed */
    kw_decompressor *decompressor; /* NULL: nothing has been compressed so far */
    kw_writer scratch;
    kw_arena arena; /* of control records */
    int64_t failed_at;
    const char *why; /* that failed, last */
    bool may_pass;   /* it may succeed later */
};

static bool fail(struct loading *l, int64_t offset, const char *why)
{
    l->failed_at = offset;
    l->why = why;
    return false;
}

static void fail_shard(const struct loading *l)
{
    console_line("%s: its coordinator cannot be loaded: offset %lld: %s", l->shard->options.name,
                 (long long)l->failed_at, l->why);
    shard_fail_to_load(l->shard);
}

static bool fail_with(struct loading *l, int64_t offset, kw_status status)
{
    l->may_pass = is_shortage(status);
    return fail(l, offset, kw_status_text(status));
}

/* ---- one batch ---- */

static kw_status replay(struct loading *l, const kw_batch *batch, const kw_record *record)
{
    const struct shard_options *options = &l->shard->options;
    const struct coordinator_record replayed = {
        .key = record->key,
        .value = record->value,
        .offset = record->offset,
        .producer_id = kw_batch_is_transactional(batch) ? batch->producer_id : KW_NO_PRODUCER_ID,
        .producer_epoch = batch->producer_epoch,
    };
    return options->machine->replay(options->state, &replayed, NULL);
}

/* Others than markers have no effect. */
static kw_status replay_control(struct loading *l, const kw_batch *batch, const kw_record *record)
{
    const struct shard_options *options = &l->shard->options;
    kw_control_record control;
    kw_arena_reset(&l->arena);
    kw_status status = kw_control_record_decode(&control, record, &l->arena);
    if (status != KW_OK || (control.type != KW_CONTROL_COMMIT && control.type != KW_CONTROL_ABORT))
        return status;
    const struct coordinator_marker marker = {batch->producer_id, batch->producer_epoch, record->offset,
                                              control.type == KW_CONTROL_COMMIT};
    return options->machine->marker(options->state, &marker, NULL);
}

static bool replay_batch(struct loading *l, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    bool is_control = kw_batch_is_control(batch);
    if (kw_batch_codec(batch) != KW_CODEC_NONE && l->decompressor == NULL &&
        (l->decompressor = kw_decompressor_create(kw_allocator_libc())) == NULL)
        return fail_with(l, batch->base_offset, KW_ERR_NO_MEMORY);
    (void)kw_records_init(&records, batch, l->decompressor, &l->scratch);
    while (kw_records_next(&records, &record)) {
        if (record.offset < l->next_offset)
            continue; /* before the start of the log */
        kw_status status = is_control ? replay_control(l, batch, &record) : replay(l, batch, &record);
        if (status != KW_OK)
            return fail_with(l, record.offset, status);
    }
    if (records.status != KW_OK)
        return fail_with(l, batch->base_offset, records.status);
    l->next_offset = kw_batch_next_offset(batch);
    return true;
}

/* ---- the log ---- */

static bool replay_slice(struct loading *l, const struct log_slice *slice)
{
    kw_batches batches;
    kw_batch batch;
    int64_t before = l->next_offset;
    kw_batches_init(&batches, slice->records);
    while (kw_batches_next(&batches, &batch))
        if (!replay_batch(l, &batch))
            return false;
    if (batches.status != KW_OK)
        return fail(l, batches.error_offset, kw_status_text(batches.status));
    return l->next_offset > before || fail(l, before, "nothing can be read");
}

static bool replay_step(struct loading *l, int32_t step)
{
    struct log_slice slice;
    const struct log_read_request request = {
        .offset = l->next_offset, .end = l->end, .max_bytes = step, .at_least_one = true};
    int16_t error = log_read(l->log, &l->snapshot, &request, &slice);
    l->may_pass = error == KW_ERROR_KAFKA_STORAGE_ERROR;
    if (error != KW_ERROR_NONE)
        return fail(l, l->next_offset, "it cannot be read");
    if (slice.segment == NULL) {
        l->next_offset = l->end; /* compaction has left nothing up to the end */
        return true;
    }
    struct file_reading reading;
    int64_t first = l->next_offset;
    log_slice_reading_start(&slice, &reading);
    bool is_good = replay_slice(l, &slice);
    error = log_slice_reading_end(&slice, &l->snapshot, &reading);
    segment_release(slice.segment);
    if (error == KW_ERROR_NONE)
        return is_good;
    l->may_pass = true;
    return fail(l, first, "it cannot be read");
}

static bool replay_all(struct loading *l, int32_t step)
{
    while (l->next_offset < l->end && shard_is_wanted(l->shard))
        if (!replay_step(l, step))
            return false;
    return true;
}

/* What a failed sync has left behind is synced first: nobody else would, and all that is answered would wait for it. Of
 * a log that is offline it stays as it is, and can be read. False: it may succeed later. */
static bool sync_rest(struct partition_log *log)
{
    struct log_snapshot now;
    if (log->syncer == NULL || partition_log_acquire(log, false, &now) != KW_ERROR_NONE)
        return true;
    bool has_rest = now.high_watermark < now.log_end_offset;
    log_snapshot_release(&now);
    return !has_rest || flusher_sync(managed_log_of(log)) == KW_ERROR_NONE || partition_log_is_offline(log);
}

/* Of a log that is offline since a sync failed nobody knows whether the disk has the rest: it must not be relied on. */
static int64_t end_of(const struct partition_log *log, const struct log_snapshot *snapshot)
{
    bool is_uncertain = log->syncer != NULL && partition_log_is_offline(log);
    return is_uncertain ? snapshot->high_watermark : snapshot->log_end_offset;
}

bool shard_load(struct shard *shard, struct partition_log *log, int32_t step, size_t batch_limit)
{
    struct loading l = {.shard = shard, .log = log};
    if (!sync_rest(log)) {
        l.why = "its log cannot be synced";
        fail_shard(&l);
        return false;
    }
    if (partition_log_acquire(log, false, &l.snapshot) != KW_ERROR_NONE) {
        l.why = "its log cannot be opened";
        fail_shard(&l);
        return partition_log_is_offline(log);
    }
    l.next_offset = l.snapshot.log_start_offset;
    l.end = end_of(log, &l.snapshot);
    kw_writer_init_growing(&l.scratch, kw_allocator_libc(), batch_limit);
    kw_arena_init_growing(&l.arena, NULL, 0, kw_allocator_libc(), batch_limit);
    bool is_loaded = replay_all(&l, step);
    kw_decompressor_destroy(l.decompressor);
    kw_writer_finish(&l.scratch);
    kw_arena_finish(&l.arena);
    log_snapshot_release(&l.snapshot);
    if (is_loaded)
        shard_loaded(shard, l.end);
    else
        fail_shard(&l);
    return is_loaded || !l.may_pass;
}
