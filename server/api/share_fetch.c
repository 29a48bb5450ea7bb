/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/batches.h>
#include <kwire/error.h>

#include "../base/clock.h"
#include "../log/log_read.h"
#include "../log/log_time.h"
#include "../share/share_acquire.h"
#include "../share/share_session.h"
#include "handlers.h"
#include "partition_access.h"
#include "share_acks.h"
#include "share_protocol.h"

enum { FIRST_WITH_RENEW = 2, ACQUIRE_EXACTLY = 1 };

typedef kw_share_fetch_request request_type;
typedef kw_share_fetch_response response_type;
typedef kw_share_fetch_response_partition_data response_partition;

/* A partition of the session. */
struct share_source {
    struct set_partition id;
    int16_t error;
    struct partition_log *log;  /* shared */
    struct shared_partition *e; /* counted */
    struct log_watcher log_watcher;
    struct shared_waiter waiter;
    int64_t high_watermark; /* when it was read */
    int64_t end;            /* of what this group may read; the same */
    bool is_reading;        /* it has the flag of the share partition */
    bool is_watched;
    int64_t offset;
    struct log_slice slice;
    kw_bytes records; /* of the slice: those that were acquired */
    struct share_acquired acquired;
};

struct share_fetching {
    struct call *call;
    const request_type *request;
    response_type *response;
    struct share_config config;
    struct share_acks acks;
    struct partition_set session;
    struct share_source *sources;
    size_t count;
    size_t held; /* slices that the response has */
    int64_t wait_until;
    int64_t bytes;
    bool is_urgent;
    bool is_loading; /* some have to be loaded first */
    bool dont_block;
    bool would_block;
    bool is_short; /* of memory */
};

static enum call_outcome refuse(response_type *response, int16_t error, const char *message)
{
    response->error_code = error;
    response->error_message = kw_string_of(message);
    return CALL_ANSWERED;
}

/* ---- what is given back ---- */

static void stop_reading(struct share_source *s)
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

static void release_source(struct share_fetching *f, struct share_source *s)
{
    stop_reading(s);
    if (s->slice.segment != NULL)
        segment_release(s->slice.segment);
    if (s->log != NULL)
        log_release(s->log);
    share_acquired_finish(&s->acquired, &f->call->broker->coordinator_budget);
    if (s->e != NULL)
        shared_partition_release(s->e);
    *s = (struct share_source){.id = s->id};
}

static void release_sources(struct share_fetching *f)
{
    for (size_t i = 0; i < f->count; i++)
        release_source(f, &f->sources[i]);
}

static void unwatch(struct call *call)
{
    struct share_fetching *f = call->state;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        if (s->is_watched && s->log != NULL)
            partition_log_unwatch(s->log, &s->log_watcher);
        if (s->is_watched && s->e != NULL)
            shared_partition_forget(s->e, &s->waiter);
        s->is_watched = false;
    }
}

static void abandon(struct call *call)
{
    release_sources(call->state);
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
        s->e->limits = f->config.limits;
        share_partition_move_start(&s->e->p, snapshot->log_start_offset);
        s->e->is_missed |= s->e->is_fetching;
        s->is_reading = !s->e->is_fetching && share_partition_can_acquire(&s->e->p, &f->config.limits);
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
    if (topic == NULL)
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
    error = s->e != NULL ? KW_ERROR_NONE : KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    if (error == KW_ERROR_NONE) {
        shared_partition_load(s->e);
        error = start_reading(f, s, &snapshot);
    }
    if (error == KW_ERROR_NONE && s->is_reading)
        error = read_log(f, s, &snapshot);
    log_snapshot_release(&snapshot);
    return error;
}

static void read_all(struct share_fetching *f)
{
    release_sources(f);
    f->bytes = 0;
    f->is_urgent = f->is_loading = f->would_block = false;
    for (size_t i = 0; i < f->count && !f->would_block; i++) {
        struct share_source *s = &f->sources[i];
        s->error = read_source(f, s);
        f->would_block = s->error == LOG_WOULD_BLOCK;
        f->is_urgent |= s->error != KW_ERROR_NONE;
        f->bytes += s->slice.segment != NULL ? s->slice.records.len : 0;
        if (s->error != KW_ERROR_NONE || s->slice.segment == NULL)
            stop_reading(s);
    }
}

/* ---- acquiring ---- */

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

static bool acquire_all(struct share_fetching *f)
{
    int64_t left = f->request->max_records;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        if (s->slice.segment != NULL && !acquire(f, s, &left))
            return false;
        stop_reading(s);
    }
    return true;
}

/* ---- the answer ---- */

static response_partition *add_partition(struct share_fetching *f, kw_uuid topic, int32_t index)
{
    response_type *response = f->response;
    kw_share_fetch_response_share_fetchable_topic_response *t = NULL;
    for (int32_t i = 0; i < response->responses.len && t == NULL; i++)
        if (kw_uuid_equal(response->responses.items[i].topic_id, topic))
            t = &response->responses.items[i];
    if (t == NULL) {
        t = &response->responses.items[response->responses.len++];
        kw_share_fetch_response_share_fetchable_topic_response_init(t);
        t->topic_id = topic;
        t->partitions.items = kw_arena_array(f->call->arena, f->count + f->acks.count, sizeof *t->partitions.items);
        if (t->partitions.items == NULL) {
            response->responses.len--;
            return NULL;
        }
    }
    response_partition *out = &t->partitions.items[t->partitions.len++];
    kw_share_fetch_response_partition_data_init(out);
    out->partition_index = index;
    out->records = (kw_bytes){NULL, 0};
    return out;
}

static struct share_ack *find_ack(struct share_fetching *f, const struct set_partition *id)
{
    for (size_t i = 0; i < f->acks.count; i++)
        if (f->acks.items[i].index == id->index && kw_uuid_equal(f->acks.items[i].topic, id->topic))
            return &f->acks.items[i];
    return NULL;
}

static bool tell_leader(struct share_fetching *f, const struct share_source *s, response_partition *out)
{
    const struct call *call = f->call;
    const struct metadata_topic *topic = metadata_topic_by_id(call->image, s->id.topic);
    const struct metadata_partition *partition = topic != NULL ? metadata_topic_partition(topic, s->id.index) : NULL;
    if (partition == NULL || (s->error != KW_ERROR_NOT_LEADER_OR_FOLLOWER && s->error != KW_ERROR_FENCED_LEADER_EPOCH))
        return true;
    out->current_leader.leader_id = partition->leader_id;
    out->current_leader.leader_epoch = partition->leader_epoch;
    if (partition->leader_id != call->broker->identity.node_id || f->response->node_endpoints.len > 0)
        return true;
    kw_share_fetch_response_node_endpoint *self = kw_arena_alloc(call->arena, sizeof *self);
    if (self == NULL)
        return false;
    kw_share_fetch_response_node_endpoint_init(self);
    self->node_id = call->broker->identity.node_id;
    self->host = kw_string_of(call->endpoint->host);
    self->rack = metadata_broker_rack(call->image, self->node_id);
    self->port = call->endpoint->port;
    f->response->node_endpoints.items = self;
    f->response->node_endpoints.len = 1;
    return true;
}

static bool list_acquired(struct share_fetching *f, const struct share_source *s, response_partition *out)
{
    const struct share_batches *ranges = &s->acquired.ranges;
    out->acquired_records.items = kw_arena_array(f->call->arena, ranges->count, sizeof *out->acquired_records.items);
    if (out->acquired_records.items == NULL)
        return false;
    for (size_t i = 0; i < ranges->count; i++) {
        kw_share_fetch_response_acquired_records *a = &out->acquired_records.items[out->acquired_records.len++];
        kw_share_fetch_response_acquired_records_init(a);
        a->first_offset = ranges->items[i].first;
        a->last_offset = ranges->items[i].last;
        a->delivery_count = ranges->items[i].count;
    }
    out->records = s->records;
    return true;
}

static bool fill_source(struct share_fetching *f, struct share_source *s)
{
    struct share_ack *ack = find_ack(f, &s->id);
    bool has_records = s->acquired.ranges.count != 0;
    if (s->error == KW_ERROR_NONE && !has_records && ack == NULL)
        return true;
    response_partition *out = add_partition(f, s->id.topic, s->id.index);
    if (out == NULL)
        return false;
    out->error_code = s->error;
    if (ack != NULL) {
        out->acknowledge_error_code = ack->error;
        ack->is_answered = true;
    }
    return tell_leader(f, s, out) && (!has_records || list_acquired(f, s, out));
}

static void release_segment(void *segment)
{
    segment_release(segment);
}

/* From here on the segments are held for the response. */
static bool hand_over(struct share_fetching *f)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        count += f->sources[i].acquired.ranges.count != 0;
    if (!responses_expect_records(f->call->responses, count))
        return false;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        if (s->acquired.ranges.count == 0)
            continue;
        responses_hold(f->call->responses, release_segment, s->slice.segment);
        s->slice.segment = NULL;
    }
    return true;
}

static bool fill(struct share_fetching *f)
{
    response_type *response = f->response;
    size_t most = f->count + f->acks.count;
    response->acquisition_lock_timeout_ms = (int32_t)f->config.limits.lock_ms;
    response->responses.items = kw_arena_array(f->call->arena, most + 1, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return false;
    for (size_t i = 0; i < f->count; i++)
        if (!fill_source(f, &f->sources[i]))
            return false;
    for (size_t i = 0; i < f->acks.count; i++) {
        const struct share_ack *ack = &f->acks.items[i];
        response_partition *out = ack->is_answered ? NULL : add_partition(f, ack->topic, ack->index);
        if (out == NULL && !ack->is_answered)
            return false;
        if (out != NULL)
            out->acknowledge_error_code = ack->error;
    }
    return true;
}

static enum call_outcome answer(struct call *call)
{
    struct share_fetching *f = call->state;
    bool fine = acquire_all(f) && fill(f) && hand_over(f);
    if (f->request->share_session_epoch == SHARE_EPOCH_CLOSE) {
        share_release(call, f->request->group_id, f->request->member_id, f->session);
        share_session_close(&call->broker->share_sessions, f->request->group_id, f->request->member_id);
    }
    release_sources(f);
    return fine ? CALL_ANSWERED : CALL_FAILED;
}

/* ---- waiting ---- */

static void wake(void *call)
{
    call_resume(call);
}

/* Whether the log has moved since it was read, before it was watched. */
static bool has_moved(const struct share_source *s)
{
    struct log_snapshot now;
    if (partition_log_acquire(s->log, true, &now) != KW_ERROR_NONE)
        return true;
    bool moved = now.high_watermark != s->high_watermark;
    log_snapshot_release(&now);
    return moved;
}

/* What this call cannot acquire, and what it could have at its offset. */
static bool can_continue(struct share_source *s)
{
    shared_partition_lock(s->e);
    bool is_ready = s->e->stage == SHARED_ACTIVE && !s->e->is_fetching &&
                    share_partition_can_acquire(&s->e->p, &s->e->limits) &&
                    share_partition_next_offset(&s->e->p) < s->end;
    is_ready = is_ready || s->e->stage == SHARED_FAILED || s->e->stage == SHARED_WITHOUT_START;
    shared_partition_unlock(s->e);
    return is_ready;
}

static void watch(struct share_source *s, struct call *call)
{
    s->is_watched = true;
    s->log_watcher = (struct log_watcher){.callback = wake, .context = call};
    s->waiter = (struct shared_waiter){.resume = wake, .context = call};
    if (s->log != NULL)
        partition_log_watch(s->log, &s->log_watcher);
    if (s->e != NULL) {
        shared_partition_lock(s->e);
        shared_partition_wait(s->e, &s->waiter);
        shared_partition_unlock(s->e);
    }
}

static enum call_outcome read_or_wait(struct call *call);

static bool should_wait(const struct share_fetching *f)
{
    if (f->is_urgent || f->call->is_hurried || call_now(f->call) >= f->wait_until)
        return false;
    return f->is_loading || f->bytes < (f->request->min_bytes > 1 ? f->request->min_bytes : 1);
}

static enum call_outcome wait(struct call *call)
{
    struct share_fetching *f = call->state;
    bool continues = false;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        stop_reading(s);
        if (s->slice.segment != NULL)
            segment_release(s->slice.segment);
        s->slice.segment = NULL;
        watch(s, call);
    }
    enum call_outcome parked = call_park_for(call, f->wait_until - call_now(call), read_or_wait, unwatch);
    for (size_t i = 0; i < f->count && !continues; i++) {
        struct share_source *s = &f->sources[i];
        continues = s->log == NULL || has_moved(s) || (f->bytes == 0 && can_continue(s));
    }
    if (continues)
        call_resume(call);
    return parked;
}

static enum call_outcome answer_or_wait(struct call *call)
{
    return should_wait(call->state) ? wait(call) : answer(call);
}

static void read_blocking(struct call *call)
{
    struct share_fetching *f = call->state;
    f->dont_block = false;
    read_all(f);
}

static enum call_outcome read_or_wait(struct call *call)
{
    struct share_fetching *f = call->state;
    f->dont_block = true;
    read_all(f);
    return f->would_block ? call_offload(call, read_blocking, answer_or_wait) : answer_or_wait(call);
}

/* ---- the request ---- */

static bool list_acks(struct share_fetching *f)
{
    const request_type *r = f->request;
    size_t count = 0;
    for (int32_t t = 0; t < r->topics.len; t++)
        count += (size_t)r->topics.items[t].partitions.len;
    f->acks.items = kw_arena_array(f->call->arena, count + 1, sizeof *f->acks.items);
    if (f->acks.items == NULL)
        return false;
    for (int32_t t = 0; t < r->topics.len; t++)
        for (int32_t p = 0; p < r->topics.items[t].partitions.len; p++) {
            const kw_share_fetch_request_fetch_partition *from = &r->topics.items[t].partitions.items[p];
            size_t ranges = (size_t)from->acknowledgement_batches.len;
            if (from->acknowledgement_batches.len <= 0)
                continue;
            struct share_acknowledgement *items = kw_arena_array(f->call->arena, ranges, sizeof *items);
            if (items == NULL)
                return false;
            for (size_t i = 0; i < ranges; i++) {
                const kw_share_fetch_request_acknowledgement_batch *b = &from->acknowledgement_batches.items[i];
                items[i] = (struct share_acknowledgement){
                    b->first_offset, b->last_offset, b->acknowledge_types.items,
                    (size_t)(b->acknowledge_types.len > 0 ? b->acknowledge_types.len : 0)};
            }
            struct share_ack *ack = &f->acks.items[f->acks.count++];
            *ack = (struct share_ack){
                .topic = r->topics.items[t].topic_id, .index = from->partition_index, .ranges = {items, ranges}};
            ack->error = metadata_topic_by_id(f->call->image, ack->topic) == NULL
                             ? (int16_t)KW_ERROR_UNKNOWN_TOPIC_ID
                             : share_ack_check(&ack->ranges,
                                               f->call->version >= FIRST_WITH_RENEW ? SHARE_MOST_TYPE_WITH_RENEW
                                                                                    : SHARE_MOST_TYPE,
                                               r->is_renew_ack);
        }
    return true;
}

static bool list_partitions(struct share_fetching *f, struct share_session_request *out)
{
    const request_type *r = f->request;
    size_t added = 0, forgotten = 0;
    for (int32_t t = 0; t < r->topics.len; t++)
        added += (size_t)r->topics.items[t].partitions.len;
    for (int32_t t = 0; t < r->forgotten_topics_data.len; t++)
        forgotten += (size_t)r->forgotten_topics_data.items[t].partitions.len;
    struct set_partition *a = kw_arena_array(f->call->arena, added + 1, sizeof *a);
    struct set_partition *g = kw_arena_array(f->call->arena, forgotten + 1, sizeof *g);
    if (a == NULL || g == NULL)
        return false;
    added = forgotten = 0;
    for (int32_t t = 0; t < r->topics.len; t++)
        for (int32_t p = 0; p < r->topics.items[t].partitions.len; p++)
            a[added++] = (struct set_partition){r->topics.items[t].topic_id,
                                                r->topics.items[t].partitions.items[p].partition_index, 0};
    for (int32_t t = 0; t < r->forgotten_topics_data.len; t++)
        for (int32_t p = 0; p < r->forgotten_topics_data.items[t].partitions.len; p++)
            g[forgotten++] = (struct set_partition){r->forgotten_topics_data.items[t].topic_id,
                                                    r->forgotten_topics_data.items[t].partitions.items[p], 0};
    out->added = partition_set_of(a, added);
    out->forgotten = partition_set_of(g, forgotten);
    return true;
}

/* After the acknowledgements. */
static enum call_outcome fetch(struct call *call)
{
    struct share_fetching *f = call->state;
    const request_type *r = f->request;
    call->abandon = abandon;
    bool is_closed = r->share_session_epoch == SHARE_EPOCH_CLOSE;
    if (r->is_renew_ack || is_closed || r->max_records <= 0 || r->max_bytes <= 0)
        return answer(call);
    f->sources = kw_arena_array(call->arena, f->session.count + 1, sizeof *f->sources);
    if (f->sources == NULL)
        return CALL_FAILED;
    memset(f->sources, 0, (f->session.count + 1) * sizeof *f->sources);
    f->count = f->session.count;
    for (size_t i = 0; i < f->count; i++)
        f->sources[i].id = f->session.items[i];
    return f->count != 0 ? read_or_wait(call) : answer(call);
}

static enum call_outcome too_many_sessions(struct call *call)
{
    return refuse(call->response, KW_ERROR_SHARE_SESSION_LIMIT_REACHED, NULL);
}

/* The text names all that must be 0 and is not. */
static bool check_renewal(struct call *call, const request_type *r, response_type *response)
{
    static const char *const names[] = {"maxBytes", "minBytes", "maxRecords", "maxWaitMs"};
    const int32_t values[] = {r->max_bytes, r->min_bytes, r->max_records, r->max_wait_ms};
    enum { TEXT_SIZE = 160 };
    char *text = kw_arena_alloc(call->arena, TEXT_SIZE);
    if (text == NULL)
        return false;
    *text = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (values[i] != 0) {
            strcat(text, names[i]);
            strcat(text, " must be set to 0, ");
        }
    if (*text == '\0')
        return true;
    strcat(text, "if isRenewAck is true.");
    (void)refuse(response, KW_ERROR_INVALID_REQUEST, text);
    return true;
}

static enum call_outcome use_session(struct call *call, struct share_fetching *f)
{
    const request_type *r = f->request;
    struct share_session_request session = {
        .group = r->group_id, .member = r->member_id, .epoch = r->share_session_epoch, .now = clock_ms()};
    if (!list_acks(f) || !list_partitions(f, &session))
        return CALL_FAILED;
    if (r->share_session_epoch == SHARE_EPOCH_OPEN && f->acks.count != 0)
        return refuse(f->response, KW_ERROR_INVALID_REQUEST, NULL);
    int16_t error = share_session_use(&call->broker->share_sessions, &session, call->arena, &f->session);
    if (error == KW_ERROR_SHARE_SESSION_LIMIT_REACHED && r->max_wait_ms > 0)
        return call_park_for(call, r->max_wait_ms, too_many_sessions, NULL);
    if (error != KW_ERROR_NONE)
        return refuse(f->response, error, NULL);
    return share_acks_run(call, &f->acks, r->group_id, r->member_id, fetch);
}

enum call_outcome handle_share_fetch(struct call *call, const request_type *request, response_type *response)
{
    struct share_fetching *f = kw_arena_alloc(call->arena, sizeof *f);
    if (f == NULL)
        return CALL_FAILED;
    memset(f, 0, sizeof *f);
    f->call = call;
    f->request = request;
    f->response = response;
    f->wait_until = call_now(call) + request->max_wait_ms;
    call->state = f;
    if (!share_protocol_is_enabled(call))
        return refuse(response, KW_ERROR_UNSUPPORTED_VERSION, NULL);
    if (request->group_id.len < 0)
        return refuse(response, KW_ERROR_INVALID_REQUEST, NULL);
    if (!share_member_id_is_valid(request->member_id))
        return refuse(response, KW_ERROR_INVALID_REQUEST, NULL);
    if (request->is_renew_ack && !check_renewal(call, request, response))
        return CALL_FAILED;
    if (response->error_code != KW_ERROR_NONE)
        return CALL_ANSWERED;
    f->config = share_config_of(call, request->group_id);
    return use_session(call, f);
}
