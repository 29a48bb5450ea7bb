/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../base/clock.h"
#include "../log/log_time.h"
#include "partition_access.h"
#include "share_fetch.h"

/* ---- what is given back ---- */

void share_source_stop_reading(struct share_source *s)
{
    if (!s->is_reading)
        return;
    s->is_reading = false;
    shared_partition_lock(s->e);
    s->e->is_fetching = false;
    if (s->e->is_missed)
        shared_partition_wake(s->e);
    s->e->is_missed = false;
    shared_partition_unlock(s->e);
}

void share_source_drop_slice(struct share_source *s)
{
    if (s->slice.segment == NULL)
        return;
    segment_release(s->slice.segment);
    log_snapshot_release(&s->snapshot);
    s->slice.segment = NULL;
}

static void release_source(struct share_fetching *f, struct share_source *s)
{
    share_source_stop_reading(s);
    share_source_drop_slice(s);
    if (s->log != NULL)
        log_release(s->log);
    share_acquired_finish(&s->acquired, &f->call->broker->coordinator_budget);
    if (s->e != NULL)
        shared_partition_release(s->e);
    *s = (struct share_source){.id = s->id};
}

void share_fetch_release(struct share_fetching *f)
{
    for (size_t i = 0; i < f->count; i++)
        release_source(f, &f->sources[i]);
}

/* ---- reading ---- */

static int16_t find_start(struct share_fetching *f, struct share_source *s, const struct log_snapshot *snapshot,
                          int64_t *out)
{
    struct time_offset found;
    const struct log_time_search search = {.timestamp = clock_wall_ms() - f->config.duration_ms,
                                           .dont_block = f->dont_block};
    *out = f->config.reset == SHARE_RESET_EARLIEST ? snapshot->log_start_offset : snapshot->high_watermark;
    if (f->config.reset != SHARE_RESET_BY_DURATION)
        return KW_ERROR_NONE;
    int16_t error = log_find_time(s->log, snapshot, &search, &found);
    if (error == KW_ERROR_NONE && found.offset >= 0)
        *out = found.offset;
    return error;
}

/* Whether something may be acquired: then it has the flag of the share partition, and `offset`. */
static int16_t start_reading(struct share_fetching *f, struct share_source *s, const struct log_snapshot *snapshot)
{
    int64_t start = 0;
    shared_partition_lock(s->e);
    bool needs_start = s->e->stage == SHARED_WITHOUT_START;
    shared_partition_unlock(s->e);
    int16_t error = needs_start ? find_start(f, s, snapshot, &start) : KW_ERROR_NONE;
    if (error != KW_ERROR_NONE)
        return error;
    shared_partition_lock(s->e);
    if (needs_start)
        shared_partition_start_at(s->e, start);
    f->is_loading |= s->e->stage == SHARED_LOADING || s->e->stage == SHARED_NEW;
    error = s->e->stage == SHARED_FAILED ? s->e->error : KW_ERROR_NONE;
    if (s->e->stage == SHARED_ACTIVE) {
        share_partition_move_start(&s->e->p, snapshot->log_start_offset);
        s->e->is_missed |= s->e->is_fetching;
        s->is_reading = !s->e->is_fetching && share_partition_can_acquire(&s->e->p, &f->config.limits);
        s->was_reading = s->is_reading;
        s->e->is_fetching |= s->is_reading;
        s->offset = share_partition_next_offset(&s->e->p);
    }
    shared_partition_unlock(s->e);
    return error;
}

static int16_t read_log(struct share_fetching *f, struct share_source *s, const struct log_snapshot *snapshot)
{
    int32_t max = f->request->max_bytes < f->call->broker->config.fetch_max_bytes
                      ? f->request->max_bytes
                      : f->call->broker->config.fetch_max_bytes;
    const struct log_read_request wanted = {
        .offset = s->offset,
        .end = s->end,
        .max_bytes = max / (int32_t)(f->count < INT32_MAX ? f->count : INT32_MAX),
        .at_least_one = true,
        .dont_block = f->dont_block,
    };
    if (s->offset >= s->end || max <= 0)
        return KW_ERROR_NONE;
    return log_read(s->log, snapshot, &wanted, &s->slice);
}

static int16_t read_source(struct share_fetching *f, struct share_source *s)
{
    struct call *call = f->call;
    struct log_snapshot snapshot;
    const struct metadata_topic *topic = metadata_topic_by_id(call->image, s->id.topic);
    const struct metadata_partition *partition = topic != NULL ? metadata_topic_partition(topic, s->id.index) : NULL;
    if (topic == NULL && (s->id.epoch & SHARE_TOPIC_WAS_KNOWN) == 0)
        return KW_ERROR_UNKNOWN_TOPIC_ID;
    if (partition == NULL)
        return KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    int16_t error = partition_access(call->broker, topic, partition, -1, f->dont_block, &s->log, &snapshot);
    if (error != KW_ERROR_NONE) {
        s->log = NULL;
        return error;
    }
    const struct share_key key = {f->request->group_id, s->id.topic, s->id.index};
    s->high_watermark = snapshot.high_watermark;
    s->end = f->config.is_committed ? snapshot.last_stable_offset : snapshot.high_watermark;
    s->e =
        share_partitions_get(&call->broker->share_partitions, &key, partition->leader_epoch, call->exchange->executor);
    if (s->e == NULL && atomic_load(&call->broker->share_partitions.are_allowed))
        error = KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    if (s->e != NULL) {
        shared_partition_load(s->e, &f->config.limits);
        error = start_reading(f, s, &snapshot);
    }
    if (error == KW_ERROR_NONE && s->is_reading)
        error = read_log(f, s, &snapshot);
    if (s->slice.segment != NULL)
        s->snapshot = snapshot;
    else
        log_snapshot_release(&snapshot);
    return error;
}

void share_fetch_read(struct share_fetching *f)
{
    share_fetch_release(f);
    f->bytes = 0;
    f->is_urgent = f->is_loading = f->would_block = false;
    for (size_t i = 0; i < f->count && !f->would_block; i++) {
        struct share_source *s = &f->sources[i];
        s->error = read_source(f, s);
        f->would_block = s->error == LOG_WOULD_BLOCK;
        f->is_urgent |= s->error != KW_ERROR_NONE;
        f->bytes += s->slice.segment != NULL ? s->slice.records.len : 0;
        if (s->error != KW_ERROR_NONE || s->slice.segment == NULL)
            share_source_stop_reading(s);
    }
}
