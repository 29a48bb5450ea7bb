/* SPDX-License-Identifier: Apache-2.0 */
#include "shard_log.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "../observe/console.h"

enum { MEMORY_LIMIT = 1024 * 1024 * 1024, SMALLEST_RESERVE = 4096, SPARE_MEMORY = 2 * 1024 * 1024 };

enum { MARKER_RESERVE = KW_BATCH_V2_RECORDS + 64 };

/* ---- the log of a partition ---- */

static bool append_to_partition(void *context, struct log_append *append)
{
    return log_append(context, append);
}

static int64_t high_watermark_of_partition(void *context)
{
    struct log_snapshot snapshot;
    if (partition_log_acquire(context, true, &snapshot) != KW_ERROR_NONE)
        return -1;
    int64_t high_watermark = snapshot.high_watermark;
    log_snapshot_release(&snapshot);
    return high_watermark;
}

static bool is_partition_closed(void *context)
{
    return partition_log_is_offline(context);
}

/* Of a log that is only read the append fails; here it does not matter. */
static int32_t max_batch_of_partition(void *context)
{
    struct log_config config;
    if (!partition_log_config(context, &config))
        log_config_init(&config);
    return config.max_message_bytes < config.segment_bytes ? config.max_message_bytes : config.segment_bytes;
}

static void watch_partition(void *context, struct log_watcher *watcher)
{
    partition_log_watch(context, watcher);
}

static void unwatch_partition(void *context, struct log_watcher *watcher)
{
    partition_log_unwatch(context, watcher);
}

struct shard_sink shard_sink_of(struct partition_log *log)
{
    return (struct shard_sink){
        .context = log,
        .append = append_to_partition,
        .high_watermark = high_watermark_of_partition,
        .is_closed = is_partition_closed,
        .max_batch = max_batch_of_partition,
        .watch = watch_partition,
        .unwatch = unwatch_partition,
    };
}

/* ---- undo ---- */

static void undo_until(struct shard_log *log, struct coordinator_undo_list *list, const struct coordinator_undo *oldest)
{
    while (list->newest != oldest) {
        struct coordinator_undo *undo = list->newest;
        list->newest = undo->older;
        undo->put_back(undo, log->options.state);
    }
}

static void drop_undo(struct shard_log *log, struct coordinator_undo_list *list)
{
    while (list->newest != NULL) {
        struct coordinator_undo *undo = list->newest;
        list->newest = undo->older;
        undo->drop(undo, log->options.state);
    }
}

/* ---- batches ---- */

static void free_batch(struct shard_batch *batch)
{
    if (batch == NULL)
        return;
    kw_arena_finish(&batch->arena);
    free(batch->bytes);
    free(batch);
}

static struct shard_batch *take_spare(struct shard_log *log)
{
    struct shard_batch *batch = log->spare;
    log->spare = NULL;
    if (batch == NULL && (batch = calloc(1, sizeof *batch)) != NULL)
        kw_arena_init_growing(&batch->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    return batch;
}

static void keep_spare(struct shard_log *log, struct shard_batch *batch)
{
    if (log->spare != NULL || batch->reserved + kw_arena_held(&batch->arena) > SPARE_MEMORY) {
        free_batch(batch);
        return;
    }
    kw_arena_reset(&batch->arena);
    batch->records = NULL;
    batch->count = batch->capacity = 0;
    log->spare = batch;
}

static struct shard_batch *start_batch(struct shard_log *log, int64_t clock)
{
    struct shard_batch *batch = take_spare(log);
    if (batch == NULL)
        return NULL;
    batch->start = clock;
    batch->is_closed = false;
    batch->txn = (struct coordinator_txn){.batch = COORDINATOR_SHARED};
    batch->base_offset = log->end;
    batch->size = KW_BATCH_V2_RECORDS;
    batch->max_size = (size_t)log->options.sink.max_batch(log->options.sink.context);
    batch->next = NULL;
    batch->previous = log->last;
    *(log->last != NULL ? &log->last->next : &log->first) = batch;
    log->last = batch;
    return batch;
}

static void remove_first(struct shard_log *log)
{
    struct shard_batch *batch = log->first;
    log->first = batch->next;
    *(log->first != NULL ? &log->first->previous : &log->last) = NULL;
    keep_spare(log, batch);
}

static void remove_last(struct shard_log *log)
{
    struct shard_batch *batch = log->last;
    log->last = batch->previous;
    *(log->last != NULL ? &log->last->next : &log->first) = NULL;
    keep_spare(log, batch);
}

/* The batch that can take more; NULL: there is none. */
static struct shard_batch *open_batch(const struct shard_log *log)
{
    bool is_with_the_log = log->is_appending && log->last == log->first;
    return is_with_the_log || (log->last != NULL && log->last->is_closed) ? NULL : log->last;
}

/* ---- sizes ---- */

static size_t size_of_varint(int64_t value)
{
    uint64_t zigzag = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
    size_t size = 1;
    while ((zigzag >>= 7) != 0)
        size++;
    return size;
}

static size_t size_of_bytes(kw_bytes bytes)
{
    return size_of_varint(bytes.len) + (bytes.len > 0 ? (size_t)bytes.len : 0);
}

/* As the record number `at` of a batch. */
static size_t size_of_record(const struct key_and_value *record, size_t at, int64_t since_first)
{
    size_t attributes_and_header_count = 2;
    size_t size = attributes_and_header_count + size_of_varint(since_first) + size_of_varint((int64_t)at) +
                  size_of_bytes(record->key) + size_of_bytes(record->value);
    return size_of_varint((int64_t)size) + size;
}

static int64_t since_first(const struct shard_batch *batch, int64_t now)
{
    return batch->count != 0 ? now - batch->records[0].timestamp : 0;
}

static size_t size_of_records(const struct shard_batch *batch, const struct key_and_value *records, size_t count,
                              int64_t now)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += size_of_record(&records[i], batch->count + i, since_first(batch, now));
    return size;
}

/* ---- records of a decision ---- */

/* What is put back if a decision cannot be carried out. */
struct mark {
    struct shard_batch *batch; /* the last one; NULL: there was none */
    size_t count;
    size_t size;
    struct coordinator_undo *undo;
    int64_t end;
};

static struct mark mark_of(const struct shard_log *log)
{
    struct mark mark = {.batch = log->last, .end = log->end};
    if (log->last != NULL) {
        mark.count = log->last->count;
        mark.size = log->last->size;
        mark.undo = log->last->undo.newest;
    }
    return mark;
}

static void go_back(struct shard_log *log, const struct mark *mark)
{
    for (; log->last != mark->batch; remove_last(log))
        undo_until(log, &log->last->undo, NULL);
    if (log->last != NULL) {
        undo_until(log, &log->last->undo, mark->undo);
        log->last->count = mark->count;
        log->last->size = mark->size;
    }
    log->end = mark->end;
}

/* The batch with capacity for the records; *error if there is none. */
static struct shard_batch *batch_for(struct shard_log *log, const struct coordinator_decision *d,
                                     const struct key_and_value *records, size_t count, int16_t *error)
{
    struct shard_batch *batch = open_batch(log);
    if (batch != NULL && batch->size + size_of_records(batch, records, count, d->now) <= batch->max_size)
        return batch;
    batch = start_batch(log, d->clock);
    if (batch == NULL)
        *error = COORDINATOR_NO_MEMORY;
    else if (batch->size + size_of_records(batch, records, count, d->now) > batch->max_size)
        *error = KW_ERROR_MESSAGE_TOO_LARGE;
    return *error == KW_ERROR_NONE ? batch : NULL;
}

/* So that building the batch needs no memory. */
static bool reserve(struct shard_batch *batch, size_t size)
{
    if (size <= batch->reserved)
        return true;
    size_t reserved = batch->reserved * 2 > SMALLEST_RESERVE ? batch->reserved * 2 : SMALLEST_RESERVE;
    uint8_t *bytes = realloc(batch->bytes, reserved > size ? reserved : size);
    if (bytes == NULL)
        return false;
    batch->bytes = bytes;
    batch->reserved = reserved > size ? reserved : size;
    return true;
}

static bool copy_bytes(kw_arena *arena, kw_bytes from, kw_bytes *to)
{
    uint8_t *bytes = from.len > 0 ? kw_arena_alloc(arena, (size_t)from.len) : NULL;
    *to = (kw_bytes){from.len > 0 ? bytes : from.data, from.len};
    if (bytes != NULL)
        memcpy(bytes, from.data, (size_t)from.len);
    return from.len <= 0 || bytes != NULL;
}

static bool put(struct shard_batch *batch, const struct key_and_value *record, int64_t now)
{
    size_t size = batch->size + size_of_record(record, batch->count, since_first(batch, now));
    kw_new_record *records =
        arena_grow(&batch->arena, batch->records, batch->count, &batch->capacity, sizeof *batch->records);
    if (records == NULL || !reserve(batch, size))
        return false;
    batch->records = records;
    kw_new_record *copy = &records[batch->count];
    *copy = (kw_new_record){.timestamp = now};
    if (!copy_bytes(&batch->arena, record->key, &copy->key) || !copy_bytes(&batch->arena, record->value, &copy->value))
        return false;
    batch->count++;
    batch->size = size;
    return true;
}

static int16_t refuse(kw_status status)
{
    if (status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT)
        return COORDINATOR_NO_MEMORY;
    console_line("a decision of a coordinator cannot be carried out: %s", kw_status_text(status));
    return KW_ERROR_UNKNOWN_SERVER_ERROR;
}

static int16_t replay(struct shard_log *log, struct shard_batch *batch, const struct key_and_value *record)
{
    bool is_transactional = batch->txn.batch == COORDINATOR_TRANSACTIONAL;
    const struct coordinator_record replayed = {
        .key = record->key,
        .value = record->value,
        .offset = log->end,
        .producer_id = is_transactional ? batch->txn.producer_id : KW_NO_PRODUCER_ID,
        .producer_epoch = is_transactional ? batch->txn.producer_epoch : KW_NO_PRODUCER_EPOCH,
    };
    kw_status status = log->options.machine->replay(log->options.state, &replayed, &batch->undo);
    return status == KW_OK ? KW_ERROR_NONE : refuse(status);
}

/* Those that are in one batch. */
static int16_t add_together(struct shard_log *log, const struct coordinator_decision *d,
                            const struct key_and_value *records, size_t count)
{
    int16_t error = KW_ERROR_NONE;
    struct shard_batch *batch = batch_for(log, d, records, count, &error);
    for (size_t i = 0; error == KW_ERROR_NONE && i < count; i++) {
        if (!put(batch, &records[i], d->now))
            return COORDINATOR_NO_MEMORY;
        if (!d->copies)
            error = replay(log, batch, &records[i]);
        log->end++;
    }
    return error;
}

static int16_t add_records(struct shard_log *log, const struct coordinator_decision *d)
{
    const struct record_out *out = &d->records;
    size_t together = d->may_be_split ? 1 : out->count;
    int16_t error = KW_ERROR_NONE;
    for (size_t at = 0; error == KW_ERROR_NONE && at < out->count; at += together)
        error = add_together(log, d, &out->items[at], together);
    return error;
}

/* ---- transactions ---- */

/* A batch that nothing else is put into. NULL: there is no memory. */
static struct shard_batch *start_own_batch(struct shard_log *log, const struct coordinator_decision *d)
{
    struct shard_batch *batch = start_batch(log, d->clock);
    if (batch != NULL)
        batch->txn = d->txn;
    return batch;
}

static int16_t end_transaction(struct shard_log *log, const struct coordinator_decision *d)
{
    const struct coordinator_marker marker = {d->txn.producer_id, d->txn.producer_epoch, log->end, d->txn.is_commit};
    struct shard_batch *batch = start_own_batch(log, d);
    if (batch == NULL || !reserve(batch, MARKER_RESERVE))
        return COORDINATOR_NO_MEMORY;
    batch->marker_time = d->now;
    batch->count = 1;
    kw_status status = log->options.machine->marker(log->options.state, &marker, &batch->undo);
    log->end++;
    return status == KW_OK ? KW_ERROR_NONE : refuse(status);
}

static int16_t add_transactional(struct shard_log *log, const struct coordinator_decision *d)
{
    int16_t error = KW_ERROR_NONE;
    if (d->records.count == 0)
        return KW_ERROR_NONE;
    if (start_own_batch(log, d) == NULL)
        return COORDINATOR_NO_MEMORY;
    struct shard_batch *own = log->last;
    error = add_together(log, d, d->records.items, d->records.count);
    return error == KW_ERROR_NONE && log->last != own ? KW_ERROR_MESSAGE_TOO_LARGE : error;
}

static int16_t add(struct shard_log *log, const struct coordinator_decision *d)
{
    switch (d->txn.batch) {
    case COORDINATOR_TRANSACTIONAL:
        return add_transactional(log, d);
    case COORDINATOR_END:
        return end_transaction(log, d);
    default:
        return add_records(log, d);
    }
}

bool shard_log_has_batch(const struct coordinator_decision *d)
{
    return d->txn.batch == COORDINATOR_END || (d->txn.batch == COORDINATOR_TRANSACTIONAL && d->records.count != 0);
}

/* What the decision has changed itself is undone with its records. */
static void keep_undo(struct coordinator_undo_list *list, struct coordinator_undo_list *own)
{
    struct coordinator_undo *oldest = own->newest;
    if (oldest == NULL)
        return;
    while (oldest->older != NULL)
        oldest = oldest->older;
    oldest->older = list->newest;
    list->newest = own->newest;
    own->newest = NULL;
}

int16_t shard_log_add(struct shard_log *log, struct coordinator_decision *d)
{
    struct mark mark = mark_of(log);
    bool has_own = shard_log_has_batch(d), has_records = d->records.count != 0;
    int16_t error = d->records.status == KW_OK ? add(log, d) : refuse(d->records.status);
    if (error != KW_ERROR_NONE) {
        go_back(log, &mark);
        undo_until(log, &d->undo, NULL);
    } else if (has_own || has_records) {
        keep_undo(&log->last->undo, &d->undo);
        log->last->is_closed = log->last->is_closed || has_own || log->options.linger_ms == 0;
    }
    return error;
}

/* ---- appending ---- */

/* Sets the codec, unless memory is short. */
static void set_codec(struct shard_log *log, kw_batch_options *options)
{
    if (log->options.codec == KW_CODEC_NONE)
        return;
    if (log->compressor == NULL)
        log->compressor = kw_compressor_create(kw_allocator_libc());
    if (log->compressor == NULL)
        return;
    options->codec = log->options.codec;
    options->level = KW_LEVEL_DEFAULT;
    options->compressor = log->compressor;
    options->scratch = &log->scratch;
}

static void take_built(struct shard_batch *batch, size_t size)
{
    memcpy(batch->built.header, batch->bytes, sizeof batch->built.header);
    batch->built.records = kw_bytes_of(batch->bytes + KW_BATCH_V2_RECORDS, size - KW_BATCH_V2_RECORDS);
}

static kw_status build_marker(struct shard_batch *batch, const kw_batch_options *options)
{
    kw_control_record end = {.type = batch->txn.is_commit ? KW_CONTROL_COMMIT : KW_CONTROL_ABORT};
    kw_writer w;
    end.value.end_txn.coordinator_epoch = batch->txn.coordinator_epoch;
    kw_writer_init(&w, batch->bytes, batch->reserved);
    kw_status status = kw_write_control_batch(&w, options, batch->marker_time, &end);
    if (status == KW_OK)
        take_built(batch, kw_writer_data(&w).size);
    return status;
}

static kw_status build_with(struct shard_batch *batch, const kw_batch_options *options)
{
    kw_batch_builder b;
    kw_writer w;
    if (batch->txn.batch == COORDINATOR_END)
        return build_marker(batch, options);
    kw_writer_init(&w, batch->bytes, batch->size);
    kw_status status = kw_batch_builder_init(&b, &w, options);
    if (status == KW_OK)
        status = kw_batch_builder_append_all(&b, batch->records, batch->count, NULL);
    if (status == KW_OK)
        status = kw_batch_builder_end(&b);
    if (status != KW_OK)
        return status;
    take_built(batch, b.size);
    return KW_OK;
}

/* Kafka's transactional batches of a coordinator start with sequence 0, which nobody looks at. */
static void set_producer(const struct shard_batch *batch, kw_batch_options *options)
{
    if (batch->txn.batch == COORDINATOR_SHARED)
        return;
    options->transactional = true;
    options->producer_id = batch->txn.producer_id;
    options->producer_epoch = batch->txn.producer_epoch;
    options->base_sequence = batch->txn.batch == COORDINATOR_END ? KW_NO_SEQUENCE : 0;
}

/* Without compression it needs no memory, nor if the records would get larger by it. */
static kw_status build(struct shard_log *log, struct shard_batch *batch)
{
    kw_batch_options options;
    kw_batch_options_init(&options);
    options.leader_epoch = log->options.leader_epoch;
    set_producer(batch, &options);
    if (batch->txn.batch != COORDINATOR_END)
        set_codec(log, &options);
    kw_status status = build_with(batch, &options);
    if (status == KW_OK || options.codec == KW_CODEC_NONE)
        return status;
    options.codec = KW_CODEC_NONE;
    options.compressor = NULL;
    options.scratch = NULL;
    return build_with(batch, &options);
}

bool shard_log_must_wait(const struct shard_log *log, int64_t clock)
{
    const struct shard_batch *batch = log->first;
    return batch != NULL && batch == log->last && log->options.linger_ms > 0 &&
           clock - batch->start < log->options.linger_ms;
}

bool shard_log_append(struct shard_log *log)
{
    struct shard_batch *batch = log->first;
    if (batch == NULL || log->is_appending)
        return false;
    batch->append = (struct log_append){
        .batches = &batch->built,
        .count = 1,
        .leader_epoch = log->options.leader_epoch,
        .origin = APPEND_COORDINATOR,
        .want = APPEND_WRITTEN,
        .verification = batch->txn.verification,
        .transaction_version = batch->txn.version,
        .done = log->options.done,
        .context = log->options.context,
    };
    kw_status status = build(log, batch);
    log->is_appending = true;
    if (status == KW_OK)
        return log->options.sink.append(log->options.sink.context, &batch->append);
    batch->append.error = refuse(status);
    return true;
}

static void undo_all(struct shard_log *log)
{
    for (; log->last != NULL; remove_last(log))
        undo_until(log, &log->last->undo, NULL);
    log->end = log->written;
}

int64_t shard_log_refused(const struct shard_log *log)
{
    const struct shard_batch *batch = log->first;
    if (batch->txn.batch == COORDINATOR_SHARED)
        return -1;
    switch (batch->append.error) {
    case KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER:
    case KW_ERROR_INVALID_PRODUCER_EPOCH:
    case KW_ERROR_INVALID_TXN_STATE:
    case KW_ERROR_TRANSACTION_COORDINATOR_FENCED:
        return batch->base_offset + (int64_t)batch->count;
    default:
        return -1;
    }
}

int16_t shard_log_written(struct shard_log *log)
{
    struct shard_batch *batch = log->first;
    int16_t error = batch->append.error;
    log->is_appending = false;
    if (error != KW_ERROR_NONE) {
        bool is_written = batch->append.is_written;
        undo_all(log);
        return is_written ? KW_ERROR_NOT_COORDINATOR : error; /* the log has what was undone */
    }
    if (batch->append.base_offset != log->written)
        return KW_ERROR_NOT_COORDINATOR;
    log->written += (int64_t)batch->count;
    drop_undo(log, &batch->undo);
    remove_first(log);
    shard_log_look(log);
    return KW_ERROR_NONE;
}

void shard_log_look(struct shard_log *log)
{
    int64_t committed = log->options.sink.high_watermark(log->options.sink.context);
    if (committed > log->committed)
        log->committed = committed;
}

void shard_log_give_up(struct shard_log *log)
{
    for (struct shard_batch *batch = log->first; batch != NULL; batch = batch->next)
        drop_undo(log, &batch->undo);
    while (log->last != NULL && !(log->is_appending && log->last == log->first))
        remove_last(log);
}

/* ---- life ---- */

void shard_log_init(struct shard_log *log, const struct shard_log_options *options)
{
    memset(log, 0, sizeof *log);
    log->options = *options;
    kw_writer_init_growing(&log->scratch, kw_allocator_libc(), MEMORY_LIMIT);
}

void shard_log_finish(struct shard_log *log)
{
    while (log->last != NULL)
        remove_last(log);
    free_batch(log->spare);
    kw_compressor_destroy(log->compressor);
    kw_writer_finish(&log->scratch);
}

void shard_log_start(struct shard_log *log, int64_t end)
{
    log->end = log->written = end;
    shard_log_look(log);
}
