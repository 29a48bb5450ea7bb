/* SPDX-License-Identifier: Apache-2.0 */
#include "log_append.h"

#include <string.h>

#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/error.h>

#include "log_change.h"
#include "log_dir.h"
#include "log_writer.h"

/* Batches that are written together; one append may have more. */
enum { GROUP_MAX = 256 };

/* What a thread appends while it has the log's turn. */
struct turn {
    struct partition_log *log;
    struct log_append *queue;     /* that is left */
    const struct log_append *own; /* of the thread itself; NULL: none */
    bool own_is_done;
    bool may_wait;  /* for the disk */
    bool must_wait; /* it would have to, and may not: others are to append the rest */
};

/* Appends that are written together. */
struct group {
    struct partition_log *log;
    struct log_append *first;
    struct log_append **end; /* where the next one is linked */
    size_t batches;
    size_t bytes;
    int64_t end_offset;
    size_t producer_count; /* batches with a producer id */
    size_t abort_count;    /* markers that abort */
};

/* ---- one batch ---- */

static size_t size_of(const struct append_batch *batch)
{
    return sizeof batch->header + (size_t)batch->records.len;
}

static int64_t last_offset_of(const struct append_batch *batch, int64_t base_offset)
{
    return base_offset + kw_load_be32(batch->header + KW_BATCH_V2_LAST_OFFSET_DELTA);
}

static int64_t max_timestamp_of(const struct append_batch *batch)
{
    return (int64_t)kw_load_be64(batch->header + KW_BATCH_V2_MAX_TIMESTAMP);
}

static int64_t producer_of(const struct append_batch *batch)
{
    return (int64_t)kw_load_be64(batch->header + KW_BATCH_V2_PRODUCER_ID);
}

static bool is_control(const struct append_batch *batch)
{
    return (kw_load_be16(batch->header + KW_BATCH_V2_ATTRIBUTES) & KW_ATTRIBUTE_CONTROL) != 0;
}

static int64_t assign(struct append_batch *batch, int64_t base_offset, int32_t leader_epoch)
{
    kw_store_be64(batch->header + KW_BATCH_OFFSET, (uint64_t)base_offset);
    kw_store_be32(batch->header + KW_BATCH_V2_LEADER_EPOCH, (uint32_t)leader_epoch);
    return last_offset_of(batch, base_offset) + 1;
}

/* ---- producers ---- */

/* A control batch is short; its record says which marker it is. False: it does not concern a producer. */
static bool read_producer(const struct log_append *append, const struct append_batch *batch, int64_t base_offset,
                          struct producer_append *out)
{
    uint8_t whole[KW_BATCH_V2_RECORDS + 256];
    kw_batches batches;
    kw_batch read;
    size_t size = sizeof batch->header;
    if (producer_of(batch) < 0)
        return false;
    memcpy(whole, batch->header, sizeof batch->header);
    if (is_control(batch) && batch->records.len > 0 && (size_t)batch->records.len <= sizeof whole - size) {
        memcpy(whole + size, batch->records.data, (size_t)batch->records.len);
        size += (size_t)batch->records.len;
    }
    kw_store_be64(whole + KW_BATCH_OFFSET, (uint64_t)base_offset);
    kw_store_be32(whole + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    kw_batches_init_memory(&batches, whole, size);
    if (!kw_batches_next(&batches, &read) || !producer_append_read(out, &read))
        return false;
    out->transaction_version = append->transaction_version;
    return true;
}

/* NULL: it must not start a transaction. */
static const struct producer_verification *verification_of(struct partition_log *log, const struct log_append *append,
                                                           const struct producer_append *producer,
                                                           struct producer_verification *out)
{
    if (append->verification == VERIFICATION_OFF) {
        *out = (struct producer_verification){.lowest_sequence = INT32_MAX};
        return out;
    }
    if (append->verification == 0 ||
        !verifications_find(&log->verifications, producer->producer_id, append->verification, out))
        return NULL;
    return out;
}

/* Of a duplicate: it has waited for nothing. Those that wait with it have greater sequences, and would come too early.
 */
static void end_verification(struct partition_log *log, const struct log_append *append,
                             const struct producer_append *producer)
{
    const struct producer *known = producer_state_find(&log->writer->producers, producer->producer_id);
    if (append->verification == 0 || append->verification == VERIFICATION_OPEN)
        return;
    if (known != NULL && known->txn_first_offset >= 0)
        verifications_start(&log->verifications, producer->producer_id, producer->producer_epoch);
    else
        verifications_remove(&log->verifications, producer->producer_id);
}

/* False: the append is done, with an error or because it is a duplicate. */
static bool check_producers(struct partition_log *log, struct log_append *append)
{
    const struct log_writer *w = log->writer;
    enum producer_origin origin = append->origin == APPEND_CLIENT ? PRODUCER_CLIENT : PRODUCER_COORDINATOR;
    append->aborts = 0;
    for (size_t i = 0; i < append->count; i++) {
        struct producer_append producer;
        if (!read_producer(append, &append->batches[i], w->now.log_end_offset, &producer))
            continue;
        append->aborts += producer.control && producer.abort;
        struct producer_verification verification;
        struct producer_verdict verdict = producer_state_check(&w->producers, &producer, origin,
                                                               verification_of(log, append, &producer, &verification));
        append->error = verdict.error;
        append->is_duplicate = verdict.error == KW_ERROR_NONE && verdict.duplicate;
        if (append->is_duplicate) {
            end_verification(log, append, &producer);
            append->base_offset = verdict.base_offset;
            append->original_timestamp = verdict.timestamp;
        }
        if (append->is_duplicate || append->error != KW_ERROR_NONE)
            return false;
    }
    return true;
}

/* Whether the group has a batch of one of its producers: that has to be in the state first. */
static bool has_producers_of(const struct group *g, const struct log_append *append)
{
    for (size_t i = 0; i < append->count && g->producer_count != 0; i++)
        for (const struct log_append *other = g->first; other != NULL; other = other->next)
            for (size_t k = 0; k < other->count; k++)
                if (producer_of(&append->batches[i]) >= 0 &&
                    producer_of(&append->batches[i]) == producer_of(&other->batches[k]))
                    return true;
    return false;
}

/* Cannot fail: what it needs has been reserved. */
static void update_producer(struct log_writer *w, const struct log_append *append, const struct append_batch *batch,
                            int64_t base_offset, struct partition_log *log)
{
    struct producer_append producer;
    if (!read_producer(append, batch, base_offset, &producer))
        return;
    if (producer.control)
        verifications_end(&log->verifications, producer.producer_id, producer.producer_epoch);
    else if (producer.transactional && append->verification != 0 && append->verification != VERIFICATION_OPEN)
        verifications_start(&log->verifications, producer.producer_id, producer.producer_epoch);
    struct completed_txn txn = producer_state_update(&w->producers, &producer);
    if (txn.first_offset < 0 || !txn.is_aborted)
        return;
    const kw_aborted_txn aborted = {txn.producer_id, txn.first_offset, txn.last_offset, txn.last_stable_offset};
    log_writer_add_aborted(log, &aborted);
}

/* ---- one append ---- */

struct extent {
    size_t bytes;
    int64_t end_offset;
    int64_t max_timestamp;
};

static struct extent extent_of(const struct log_append *append, int64_t base_offset)
{
    struct extent e = {0, base_offset, KW_NO_TIMESTAMP};
    for (size_t i = 0; i < append->count; i++) {
        const struct append_batch *batch = &append->batches[i];
        e.bytes += size_of(batch);
        e.end_offset = last_offset_of(batch, e.end_offset) + 1;
        if (max_timestamp_of(batch) > e.max_timestamp)
            e.max_timestamp = max_timestamp_of(batch);
    }
    return e;
}

/* Whether so much has been appended since the last sync that it must be synced now. One that failed, or has not ended,
 * is none: what is sent again meanwhile waits as well. */
static bool is_flush_due(struct partition_log *log)
{
    const struct log_writer *w = log->writer;
    return w != NULL && w->now.log_end_offset - atomic_load(&log->flushed_until) >= w->config.flush_messages;
}

/* A duplicate is safe once its original is, which may wait for a sync, or have waited for one when the process ended.
 */
static bool is_of_pending_sync(struct partition_log *log, const struct log_append *append)
{
    return append->is_duplicate && log->writer->config.flush_messages < INT64_MAX &&
           append->base_offset >= atomic_load(&log->flushed_until);
}

/* Without somebody who does it for many. */
static void sync_here(struct partition_log *log, struct log_append *append)
{
    int64_t until;
    int16_t error = log_sync(log, 0, &until);
    if (error != KW_ERROR_NONE) {
        append->error = error;
        append->log_start_offset = KW_NO_OFFSET;
        return;
    }
    log_note_sync(log, until);
}

/* Completes a list, which for the thread's own append means to return. */
static void finish(struct turn *turn, struct log_append *list)
{
    struct partition_log *log = turn->log;
    bool due = is_flush_due(log);
    for (struct log_append *append = list, *next; append != NULL; append = next) {
        next = append->next; /* done() may free it */
        bool is_good = append->error == KW_ERROR_NONE;
        append->log_start_offset = is_good ? log->writer->now.log_start_offset : KW_NO_OFFSET;
        if (is_good && (due || is_of_pending_sync(log, append) || append->want == APPEND_SYNCED)) {
            if (log->syncer != NULL) {
                log->syncer->add(log->syncer, log, append, log->writer->now.log_end_offset);
                continue;
            }
            sync_here(log, append);
        }
        if (append == turn->own)
            turn->own_is_done = true;
        else
            append->done(append);
    }
}

/* ---- a group ---- */

/* What an empty segment may have is not known before the first append is in it. */
static bool fits(const struct group *g, const struct log_append *append, const struct extent *e)
{
    const struct log_writer *w = g->log->writer;
    return w->active.size != 0 && append->leader_epoch == g->first->leader_epoch &&
           g->batches + append->count <= GROUP_MAX &&
           !segment_writer_is_full(&w->active, &w->config, g->bytes + e->bytes, e->end_offset - 1, e->max_timestamp,
                                   w->now_ms);
}

static void add_to(struct group *g, struct log_append *append, const struct extent *e)
{
    append->next = NULL;
    *g->end = append;
    g->end = &append->next;
    g->batches += append->count;
    g->bytes += e->bytes;
    g->end_offset = e->end_offset;
    for (size_t i = 0; i < append->count; i++)
        g->producer_count += producer_of(&append->batches[i]) >= 0;
    g->abort_count += append->aborts;
}

/* An empty segment may have been made when segments were smaller. */
static void enlarge_if_empty(struct partition_log *log, size_t bytes)
{
    struct segment_writer *active = &log->writer->active;
    size_t limit = (size_t)log->writer->config.segment_bytes;
    size_t capacity = bytes > limit ? bytes : limit;
    if (active->size != 0 || capacity <= active->capacity)
        return;
    active->capacity = capacity;
    segment_cache_remap(log->cache, active->segment, capacity);
}

/* So far that no sum of them can overflow. */
static bool has_offsets_left(const struct log_writer *w)
{
    return w->now.log_end_offset < INT64_MAX / 2;
}

/* Whether what is appended first needs a new segment. */
static bool needs_segment(struct partition_log *log, const struct extent *e)
{
    const struct log_writer *w = log->writer;
    enlarge_if_empty(log, e->bytes);
    return segment_writer_is_full(&w->active, &w->config, e->bytes, e->end_offset - 1, e->max_timestamp, w->now_ms);
}

/* Takes from the queue what is written together, and what is refused, which is added to `refused`. A new segment is
 * work for a thread that may wait: files are finished and made, and leader epochs synced. As in Kafka it starts before
 * the producers are looked at, so that what is refused then, or a duplicate, may start one. */
static void choose(struct turn *turn, struct group *g, struct log_append **refused)
{
    struct log_writer *w = g->log->writer;
    while (turn->queue != NULL) {
        struct log_append *append = turn->queue, *next = append->next;
        struct extent e = extent_of(append, g->end_offset);
        if (g->first != NULL && (has_producers_of(g, append) || !fits(g, append, &e)))
            return;
        int16_t error = KW_ERROR_NONE;
        if (g->first == NULL && needs_segment(g->log, &e)) {
            turn->must_wait = !turn->may_wait;
            if (turn->must_wait)
                return;
            error = log_writer_roll(g->log, w->now.log_end_offset);
        }
        append->error = error;
        bool is_new = error == KW_ERROR_NONE && check_producers(g->log, append);
        turn->queue = next;
        if (is_new) {
            add_to(g, append, &e);
        } else {
            append->next = *refused;
            *refused = append;
        }
    }
}

static int16_t reserve(struct group *g)
{
    struct log_writer *w = g->log->writer;
    int16_t error = log_writer_set_epoch(g->log, g->first->leader_epoch);
    if (error == KW_ERROR_NONE)
        error = log_writer_reserve(g->log, g->batches);
    if (error != KW_ERROR_NONE)
        return error;
    bool reserved = producer_state_reserve(&w->producers, g->producer_count);
    if (reserved && g->abort_count != 0)
        reserved = log_writer_change(w) != NULL && log_contents_reserve_aborted(w->changed, g->abort_count);
    return reserved ? KW_ERROR_NONE : log_writer_failed(g->log, KW_ERR_NO_MEMORY, "appending records");
}

static kw_status write_parts(struct partition_log *log, size_t count)
{
    struct log_writer *w = log->writer;
    if (log->dir == NULL)
        return segment_writer_write(&w->active, log->folder, w->parts, count);
    struct disk_write write = disk_pace_begin(&log->dir->pace);
    kw_status status = segment_writer_write(&w->active, log->folder, w->parts, count);
    disk_pace_end(&log->dir->pace, write);
    return status;
}

static int16_t write_group(struct group *g)
{
    struct log_writer *w = g->log->writer;
    int64_t offset = w->now.log_end_offset;
    size_t count = 0;
    for (struct log_append *append = g->first; append != NULL; append = append->next) {
        append->base_offset = offset;
        for (size_t i = 0; i < append->count; i++) {
            struct append_batch *batch = &append->batches[i];
            offset = assign(batch, offset, append->leader_epoch);
            w->parts[count++] = (kw_span){batch->header, sizeof batch->header};
            w->parts[count++] = kw_span_of_bytes(batch->records);
        }
    }
    kw_status status = write_parts(g->log, count);
    return status == KW_OK ? KW_ERROR_NONE : log_writer_failed(g->log, status, "appending records");
}

static void add_group(struct group *g)
{
    struct log_writer *w = g->log->writer;
    for (struct log_append *append = g->first; append != NULL; append = append->next) {
        append->is_written = true;
        for (size_t i = 0; i < append->count; i++) {
            const struct append_batch *batch = &append->batches[i];
            const struct batch_facts facts = {size_of(batch), w->now.log_end_offset,
                                              last_offset_of(batch, w->now.log_end_offset), max_timestamp_of(batch)};
            segment_writer_add(&w->active, &facts);
            w->now.log_end_offset = facts.last_offset + 1;
            update_producer(w, append, batch, facts.base_offset, g->log);
        }
    }
}

static int16_t append_group(struct group *g)
{
    int16_t error = reserve(g);
    if (error == KW_ERROR_NONE)
        error = write_group(g);
    if (error != KW_ERROR_NONE) {
        log_writer_forget(g->log->writer);
        return error;
    }
    add_group(g);
    log_writer_publish(g->log);
    return KW_ERROR_NONE;
}

static void set_error(struct log_append *list, int16_t error)
{
    for (struct log_append *append = list; append != NULL; append = append->next)
        append->error = error;
}

static void handle_group(struct turn *turn)
{
    struct partition_log *log = turn->log;
    struct group g = {.log = log};
    struct log_append *refused = NULL;
    int16_t error = log_writer_start(log);
    g.end = &g.first;
    if (error == KW_ERROR_NONE && !has_offsets_left(log->writer))
        error = KW_ERROR_KAFKA_STORAGE_ERROR;
    if (error == KW_ERROR_NONE) {
        g.end_offset = log->writer->now.log_end_offset;
        choose(turn, &g, &refused);
    } else {
        g.first = turn->queue;
        turn->queue = NULL;
    }
    if (error == KW_ERROR_NONE && g.first != NULL)
        error = append_group(&g);
    set_error(g.first, error);
    finish(turn, g.first);
    finish(turn, refused);
}

/* ---- the turn ---- */

/* With the lock held: whether appends are queued for the thread that has the turn. If not, or if somebody else is to
 * have the turn, it has ended. */
static bool keeps_turn(struct partition_log *log)
{
    if (log->waiting == 0 && log->queue != NULL)
        return true;
    log->has_turn = false;
    if (log->waiting != 0)
        (void)pthread_cond_signal(&log->turn_free);
    return false;
}

/* All that is queued; NULL: the turn has ended. */
static struct log_append *take_queue(struct partition_log *log)
{
    struct log_append *queue = NULL;
    (void)pthread_mutex_lock(&log->lock);
    if (keeps_turn(log)) {
        queue = log->queue;
        log->queue = NULL;
        log->queue_end = &log->queue;
    }
    (void)pthread_mutex_unlock(&log->lock);
    return queue;
}

/* Before those that have come meanwhile. */
static void put_back(struct partition_log *log, struct log_append *queue)
{
    struct log_append **end = &queue;
    while (*end != NULL)
        end = &(*end)->next;
    (void)pthread_mutex_lock(&log->lock);
    *end = log->queue;
    if (log->queue == NULL)
        log->queue_end = end;
    log->queue = queue;
    (void)pthread_mutex_unlock(&log->lock);
}

/* Before anything is written. */
static bool may_take_long(struct partition_log *log)
{
    return (log->dir != NULL && disk_pace_is_slow(&log->dir->pace)) || log_writer_must_read(log);
}

/* False: the turn has been given away, with what is left. */
static bool append_all(struct turn *turn)
{
    struct partition_log *log = turn->log;
    while (turn->queue != NULL) {
        if (!turn->may_wait)
            turn->must_wait = may_take_long(log);
        if (!turn->must_wait)
            handle_group(turn);
        if (!turn->must_wait)
            continue;
        put_back(log, turn->queue);
        log->appender->take_over(log->appender, log);
        return false;
    }
    return true;
}

static bool drain(struct partition_log *log, const struct log_append *own)
{
    struct turn turn = {.log = log, .own = own, .may_wait = log->appender == NULL};
    do
        turn.queue = take_queue(log);
    while (turn.queue != NULL && append_all(&turn));
    return turn.own_is_done;
}

bool log_append_queued(struct partition_log *log)
{
    struct turn turn = {.log = log, .queue = take_queue(log), .may_wait = true};
    if (turn.queue == NULL)
        return false;
    (void)append_all(&turn);
    (void)pthread_mutex_lock(&log->lock);
    bool keeps = keeps_turn(log);
    (void)pthread_mutex_unlock(&log->lock);
    return keeps;
}

void partition_log_end_turn(struct partition_log *log)
{
    (void)drain(log, NULL);
}

bool log_append(struct partition_log *log, struct log_append *append)
{
    append->next = NULL;
    append->is_duplicate = append->is_written = false;
    (void)pthread_mutex_lock(&log->lock);
    bool is_free = !log->has_turn;
    log->has_turn = true;
    *log->queue_end = append;
    log->queue_end = &append->next;
    (void)pthread_mutex_unlock(&log->lock);
    return is_free && drain(log, append);
}
