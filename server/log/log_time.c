/* SPDX-License-Identifier: Apache-2.0 */
#include "log_time.h"

#include <kwire/error.h>

#include "../observe/console.h"

/* Of the records of one batch, decompressed. */
enum { SCRATCH_LIMIT = 256 * 1024 * 1024 };

#define MAX_TIMESTAMP_UNKNOWN INT64_MIN

struct searching {
    struct partition_log *log;
    const struct log_snapshot *snapshot;
    const struct log_time_search *search;
    int64_t timestamp;
    int64_t from; /* records below this offset do not count */
    kw_decompressor *decompressor;
    kw_writer scratch;
    bool has_scratch;
    struct time_offset *out;
};

static bool is_cancelled(const struct searching *s)
{
    return s->search->cancelled != NULL && s->search->cancelled(s->search->context);
}

static struct log_segment *segment_at(const struct searching *s, size_t index)
{
    return s->snapshot->contents->segments[index];
}

/* ---- the greatest timestamp of a segment ---- */

/* Not kept open: all segments of the log are looked at in a row, once. */
static int16_t learn_max_timestamp(struct segment_cache *cache, struct log_segment *segment, const char *folder)
{
    struct open_segment *open = segment_hold_open(cache, segment);
    struct segment own;
    struct file_reading reading;
    kw_batch batch;
    kw_status status = KW_OK;
    if (open == NULL)
        status = segment_open(&own, folder, segment->base_offset, NULL);
    if (status != KW_OK) {
        console_peer("%s: segment %lld: looking for timestamps: %s", folder, (long long)segment->base_offset,
                     kw_status_text(status));
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    }
    const struct segment *mapped = open != NULL ? &open->segment : &own;
    segment_reading_start(mapped, &reading);
    int64_t max = segment_find_newest(mapped, &batch) ? batch.max_timestamp : KW_NO_TIMESTAMP;
    int64_t unknown = MAX_TIMESTAMP_UNKNOWN; /* who writes to it knows better */
    int16_t error = segment_reading_end(cache, segment, folder, &reading);
    if (error == KW_ERROR_NONE)
        (void)atomic_compare_exchange_strong(&segment->max_timestamp, &unknown, max);
    if (open != NULL)
        segment_release(open);
    else
        segment_close(&own);
    return error;
}

int16_t segment_max_timestamp(struct segment_cache *cache, struct log_segment *segment, const char *folder,
                              int64_t *out)
{
    int16_t error = KW_ERROR_NONE;
    *out = atomic_load_explicit(&segment->max_timestamp, memory_order_relaxed);
    if (*out == MAX_TIMESTAMP_UNKNOWN) {
        error = learn_max_timestamp(cache, segment, folder);
        *out = atomic_load_explicit(&segment->max_timestamp, memory_order_relaxed);
    }
    return error;
}

static int16_t max_timestamp(const struct searching *s, size_t index, int64_t *out)
{
    const struct log_contents *contents = s->snapshot->contents;
    struct log_segment *segment = segment_at(s, index);
    if (contents->is_growing && index + 1 == contents->segment_count) {
        *out = s->snapshot->active_max_timestamp;
        return KW_ERROR_NONE;
    }
    *out = atomic_load_explicit(&segment->max_timestamp, memory_order_relaxed);
    if (*out != MAX_TIMESTAMP_UNKNOWN)
        return KW_ERROR_NONE;
    if (s->search->dont_block)
        return LOG_WOULD_BLOCK;
    if (is_cancelled(s))
        return LOG_CANCELLED;
    return segment_max_timestamp(s->log->cache, segment, contents->folder, out);
}

/* ---- records ---- */

static bool make_scratch(struct searching *s, const kw_batch *batch)
{
    if (s->has_scratch || kw_batch_codec(batch) == KW_CODEC_NONE)
        return true;
    s->decompressor = kw_decompressor_create(kw_allocator_libc());
    if (s->decompressor == NULL)
        return false;
    kw_writer_init_growing(&s->scratch, kw_allocator_libc(), SCRATCH_LIMIT);
    s->has_scratch = true;
    return true;
}

static void drop_scratch(struct searching *s)
{
    kw_decompressor_destroy(s->decompressor);
    if (s->has_scratch)
        kw_writer_finish(&s->scratch);
}

static int16_t error_of(const struct searching *s, const kw_batch *batch, kw_status status)
{
    bool shortage = status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
    console_peer("%s: looking for timestamp %lld at offset %lld: %s", s->snapshot->contents->folder,
                 (long long)s->search->timestamp, (long long)batch->base_offset, kw_status_text(status));
    return shortage ? KW_ERROR_KAFKA_STORAGE_ERROR : KW_ERROR_CORRUPT_MESSAGE;
}

/* In one segment: the first record of that time. */
static int16_t find_in(struct searching *s, const struct segment *segment)
{
    kw_batch batch;
    while (segment_find_time(segment, s->timestamp, s->from, &batch)) {
        kw_record record;
        kw_status status = KW_ERR_NO_MEMORY;
        if (is_cancelled(s))
            return LOG_CANCELLED;
        if (!make_scratch(s, &batch))
            return error_of(s, &batch, status);
        if (batch_find_time(&batch, s->timestamp, s->from, s->decompressor, s->has_scratch ? &s->scratch : NULL,
                            &record, &status)) {
            *s->out = (struct time_offset){record.timestamp, record.offset, batch.leader_epoch};
            return KW_ERROR_NONE;
        }
        if (status != KW_OK)
            return error_of(s, &batch, status);
        s->from = kw_batch_next_offset(&batch);
    }
    return KW_ERROR_NONE;
}

static int16_t open_and_find(struct searching *s, size_t index)
{
    struct open_segment *open;
    struct file_reading reading;
    if (s->search->dont_block)
        return LOG_WOULD_BLOCK;
    int16_t error = segment_hold(s->log->cache, segment_at(s, index), s->snapshot->contents->folder, false, &open);
    if (error != KW_ERROR_NONE)
        return error;
    const struct segment view = segment_view(open, s->snapshot, index);
    segment_reading_start(&view, &reading);
    error = find_in(s, &view);
    int16_t readable =
        segment_reading_end(s->log->cache, segment_at(s, index), s->snapshot->contents->folder, &reading);
    segment_release(open);
    return readable != KW_ERROR_NONE ? readable : error;
}

/* Segments without a timestamp that is great enough are not opened. */
static int16_t find_from(struct searching *s, size_t index)
{
    int64_t max;
    for (; index < s->snapshot->contents->segment_count && s->out->offset < 0; index++) {
        int16_t error = max_timestamp(s, index, &max);
        if (error == KW_ERROR_NONE && max >= s->timestamp)
            error = open_and_find(s, index);
        if (error != KW_ERROR_NONE)
            return error;
    }
    return KW_ERROR_NONE;
}

static int16_t find_newest(struct searching *s)
{
    size_t where = 0;
    s->timestamp = KW_NO_TIMESTAMP;
    for (size_t i = 0; i < s->snapshot->contents->segment_count; i++) {
        int64_t max;
        int16_t error = max_timestamp(s, i, &max);
        if (error != KW_ERROR_NONE)
            return error;
        if (max > s->timestamp) {
            s->timestamp = max;
            where = i;
        }
    }
    bool is_empty =
        s->snapshot->contents->segment_count == 0 || s->snapshot->log_end_offset <= segment_at(s, 0)->base_offset;
    return is_empty ? (int16_t)KW_ERROR_NONE : find_from(s, where); /* without times the first record, as in Kafka */
}

int16_t log_find_time(struct partition_log *log, const struct log_snapshot *snapshot,
                      const struct log_time_search *search, struct time_offset *out)
{
    static const struct time_offset none = {KW_NO_TIMESTAMP, KW_NO_OFFSET, KW_NO_LEADER_EPOCH};
    struct searching s = {.log = log, .snapshot = snapshot, .search = search, .out = out};
    size_t first;
    int16_t error;
    *out = none;
    if (search->timestamp == LOG_NEWEST) {
        error = find_newest(&s);
    } else {
        s.timestamp = search->timestamp;
        s.from = snapshot->log_start_offset;
        if (!log_find_segment(snapshot, s.from, &first))
            first = 0;
        error = find_from(&s, first);
    }
    drop_scratch(&s);
    if (error != KW_ERROR_NONE || out->offset >= snapshot->log_end_offset)
        *out = none;
    return error;
}
