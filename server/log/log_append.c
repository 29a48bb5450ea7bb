/* SPDX-License-Identifier: Apache-2.0 */
#include "log_append.h"

#include <errno.h>

#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/error.h>

#include "../base/clock.h"
#include "log_writer.h"

/* Batches that are written together; one append may have more. */
enum { GROUP_MAX = 256 };

/* Appends that are written together, the first `count` batches of a queue. */
struct group {
    struct partition_log *log;
    struct log_append *first;
    struct log_append *end; /* the first that is not part of it; NULL: none */
    size_t batches;
    size_t bytes;
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

static int64_t assign(struct append_batch *batch, int64_t base_offset, int32_t leader_epoch)
{
    kw_store_be64(batch->header + KW_BATCH_OFFSET, (uint64_t)base_offset);
    kw_store_be32(batch->header + KW_BATCH_V2_LEADER_EPOCH, (uint32_t)leader_epoch);
    return last_offset_of(batch, base_offset) + 1;
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

/* Whether done() is to be called. */
static bool finish(struct log_append *append, int16_t error, const struct log_append *own)
{
    append->error = error;
    if (append == own)
        return true;
    append->done(append);
    return false;
}

/* ---- a group ---- */

/* How many appends fit into the active segment together; the first one always belongs to the group. */
static void choose(struct group *g)
{
    struct log_writer *w = g->log->writer;
    struct log_append *append = g->first;
    int64_t offset = w->now.log_end_offset;
    do {
        struct extent e = extent_of(append, offset);
        if (append != g->first &&
            (append->leader_epoch != g->first->leader_epoch || g->batches + append->count > GROUP_MAX ||
             segment_writer_is_full(&w->active, &w->config, g->bytes + e.bytes, e.end_offset - 1, e.max_timestamp,
                                    w->now_ms)))
            break;
        g->batches += append->count;
        g->bytes += e.bytes;
        offset = e.end_offset;
        append = append->next;
    } while (append != NULL);
    g->end = append;
}

static int16_t roll_if_full(struct partition_log *log, const struct log_append *append)
{
    struct log_writer *w = log->writer;
    struct extent e = extent_of(append, w->now.log_end_offset);
    if (!segment_writer_is_full(&w->active, &w->config, e.bytes, e.end_offset - 1, e.max_timestamp, w->now_ms))
        return KW_ERROR_NONE;
    return log_writer_roll(log, w->now.log_end_offset);
}

static int16_t write_group(struct group *g)
{
    struct log_writer *w = g->log->writer;
    int64_t offset = w->now.log_end_offset;
    size_t count = 0;
    for (struct log_append *append = g->first; append != g->end; append = append->next) {
        append->base_offset = offset;
        for (size_t i = 0; i < append->count; i++) {
            struct append_batch *batch = &append->batches[i];
            offset = assign(batch, offset, append->leader_epoch);
            w->parts[count++] = (kw_span){batch->header, sizeof batch->header};
            w->parts[count++] = kw_span_of_bytes(batch->records);
        }
    }
    kw_status status = segment_writer_write(&w->active, w->parts, count);
    return status == KW_OK ? KW_ERROR_NONE : log_writer_failed(g->log, status, "appending records");
}

static void add_group(struct group *g)
{
    struct log_writer *w = g->log->writer;
    for (struct log_append *append = g->first; append != g->end; append = append->next)
        for (size_t i = 0; i < append->count; i++) {
            const struct append_batch *batch = &append->batches[i];
            const struct batch_facts facts = {size_of(batch), w->now.log_end_offset,
                                              last_offset_of(batch, w->now.log_end_offset), max_timestamp_of(batch)};
            segment_writer_add(&w->active, &facts, &w->config);
            w->now.log_end_offset = facts.last_offset + 1;
        }
}

static int16_t append_group(struct group *g)
{
    struct log_writer *w = g->log->writer;
    int16_t error = roll_if_full(g->log, g->first);
    if (error == KW_ERROR_NONE) {
        choose(g);
        error = log_writer_reserve(g->log, g->batches);
    }
    if (error == KW_ERROR_NONE)
        error = write_group(g);
    if (error != KW_ERROR_NONE) {
        log_writer_forget(w);
        return error;
    }
    add_group(g);
    log_writer_publish(g->log);
    return KW_ERROR_NONE;
}

/* Returns what is left of the queue. */
static struct log_append *handle_group(struct partition_log *log, struct log_append *queue, struct log_append *own,
                                       bool *own_is_done)
{
    struct group g = {.log = log, .first = queue, .end = queue->next};
    int16_t error = log_writer_start(log);
    if (error == KW_ERROR_NONE)
        error = append_group(&g);
    for (struct log_append *append = g.first, *next; append != g.end; append = next) {
        next = append->next; /* done() may free it */
        append->log_start_offset = error == KW_ERROR_NONE ? log->writer->now.log_start_offset : KW_NO_OFFSET;
        if (finish(append, error, own))
            *own_is_done = true;
    }
    return g.end;
}

/* ---- the turn ---- */

/* All that is queued; NULL: nothing is, or somebody else is to have the turn, which has ended. */
static struct log_append *take_queue(struct partition_log *log)
{
    (void)pthread_mutex_lock(&log->lock);
    struct log_append *queue = log->waiting == 0 ? log->queue : NULL;
    if (queue != NULL) {
        log->queue = NULL;
        log->queue_end = &log->queue;
    } else {
        log->has_turn = false;
        if (log->waiting != 0)
            (void)pthread_cond_signal(&log->turn_free);
    }
    (void)pthread_mutex_unlock(&log->lock);
    return queue;
}

static bool drain(struct partition_log *log, struct log_append *own)
{
    bool own_is_done = false;
    for (struct log_append *queue; (queue = take_queue(log)) != NULL;)
        while (queue != NULL)
            queue = handle_group(log, queue, own, &own_is_done);
    return own_is_done;
}

void partition_log_end_turn(struct partition_log *log)
{
    (void)drain(log, NULL);
}

bool log_append(struct partition_log *log, struct log_append *append)
{
    append->next = NULL;
    (void)pthread_mutex_lock(&log->lock);
    bool is_free = !log->has_turn;
    log->has_turn = true;
    *log->queue_end = append;
    log->queue_end = &append->next;
    (void)pthread_mutex_unlock(&log->lock);
    return is_free && drain(log, append);
}
