/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_TOY_MACHINE_H
#define TESTS_SERVER_COORDINATOR_TOY_MACHINE_H

/* A state machine of numbered counters, whose records are those of offsets, and a log in memory that appends at once,
 * later or not at all, as a test says. */

#include "../../unit/support.h"

#include <pthread.h>
#include <stdatomic.h>

#include <kwire/batches.h>
#include <kwire/control_record.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>
#include <kwire/persisted.h>
#include <kwire/records.h>

#include "coordinator/shard.h"

enum { TOY_COUNTERS = 8, TOY_LOG = 4 * 1024 * 1024, TOY_TIMEOUT = 5000, TOY_EPOCH = 6 };

/* ---- the machine ---- */

struct toy_counter {
    int64_t value;
};

struct toy {
    struct toy_counter *counters[TOY_COUNTERS]; /* NULL: it does not exist */
    unsigned replayed;                          /* records; also those that were undone */
    unsigned fails_after;                       /* replay fails after so many more; 0: it does not */
    kw_status failure;
    int64_t pending[TOY_COUNTERS]; /* what transactions have put there; 0: nothing */
    int64_t producer_id;           /* of the last one of them */
    int is_loaded;
    int *unloaded; /* counted here */
    const struct metadata_image *image;
    struct coordinator_timer *on_load; /* started then; NULL: none */
    int64_t on_load_ms;
};

struct toy_undo {
    struct coordinator_undo undo; /* the first member */
    int32_t number;
    struct toy_counter *before;
};

static inline void toy_put_back(struct coordinator_undo *undo, void *state)
{
    struct toy_undo *u = (struct toy_undo *)(void *)undo;
    struct toy *toy = state;
    free(toy->counters[u->number]);
    toy->counters[u->number] = u->before;
    free(u);
}

static inline void toy_drop(struct coordinator_undo *undo, void *state)
{
    struct toy_undo *u = (struct toy_undo *)(void *)undo;
    (void)state;
    free(u->before);
    free(u);
}

static inline int32_t toy_number_of(kw_bytes key)
{
    kw_persisted header;
    kw_offset_commit_key decoded;
    kw_reader in;
    assert_int_equal(kw_persisted_decode_header(&header, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, key, key), KW_OK);
    kw_reader_init_bytes(&in, header.key);
    assert_int_equal(kw_offset_commit_key_decode(&decoded, 0, &in, NULL), KW_OK);
    return decoded.partition;
}

static inline int64_t toy_value_of(kw_bytes value)
{
    return (int64_t)kw_load_be64(value.data + sizeof(int16_t)); /* the first field of each version */
}

/* Puts a counter in the place of another one. False: there is no memory. */
static inline bool toy_set(struct toy *toy, int32_t number, struct toy_counter *after,
                           struct coordinator_undo_list *list)
{
    struct toy_undo *undo = list != NULL ? malloc(sizeof *undo) : NULL;
    if (list != NULL && undo == NULL)
        return false;
    if (undo != NULL) {
        *undo = (struct toy_undo){{toy_put_back, toy_drop, NULL}, number, toy->counters[number]};
        coordinator_undo_add(list, &undo->undo);
    } else {
        free(toy->counters[number]);
    }
    toy->counters[number] = after;
    return true;
}

/* What transactions have put there, before it is changed. */
struct toy_pending_undo {
    struct coordinator_undo undo; /* the first member */
    int64_t pending[TOY_COUNTERS];
    int64_t producer_id;
};

static inline void toy_put_back_pending(struct coordinator_undo *undo, void *state)
{
    struct toy_pending_undo *u = (struct toy_pending_undo *)(void *)undo;
    struct toy *toy = state;
    memcpy(toy->pending, u->pending, sizeof toy->pending);
    toy->producer_id = u->producer_id;
    free(u);
}

static inline void toy_drop_pending(struct coordinator_undo *undo, void *state)
{
    (void)state;
    free(undo);
}

static inline bool toy_keep_pending(const struct toy *toy, struct coordinator_undo_list *list)
{
    struct toy_pending_undo *undo = list != NULL ? malloc(sizeof *undo) : NULL;
    if (list == NULL || undo == NULL)
        return list == NULL;
    *undo = (struct toy_pending_undo){.undo = {toy_put_back_pending, toy_drop_pending, NULL},
                                      .producer_id = toy->producer_id};
    memcpy(undo->pending, toy->pending, sizeof undo->pending);
    coordinator_undo_add(list, &undo->undo);
    return true;
}

static inline kw_status toy_replay(void *state, const struct coordinator_record *record,
                                   struct coordinator_undo_list *list)
{
    struct toy *toy = state;
    struct toy_counter *after = NULL;
    int32_t number = toy_number_of(record->key);
    toy->replayed++;
    if (toy->fails_after != 0 && --toy->fails_after == 0)
        return toy->failure;
    if (record->producer_id != KW_NO_PRODUCER_ID) {
        if (!toy_keep_pending(toy, list))
            return KW_ERR_NO_MEMORY;
        toy->pending[number] = toy_value_of(record->value);
        toy->producer_id = record->producer_id;
        return KW_OK;
    }
    if (record->value.len >= 0 && (after = malloc(sizeof *after)) == NULL)
        return KW_ERR_NO_MEMORY;
    if (after != NULL)
        after->value = toy_value_of(record->value);
    if (toy_set(toy, number, after, list))
        return KW_OK;
    free(after);
    return KW_ERR_NO_MEMORY;
}

static inline kw_status toy_marker(void *state, const struct coordinator_marker *marker,
                                   struct coordinator_undo_list *list)
{
    struct toy *toy = state;
    if (marker->producer_id != toy->producer_id)
        return KW_ERR_ARGUMENT;
    if (!toy_keep_pending(toy, list))
        return KW_ERR_NO_MEMORY;
    for (int32_t i = 0; i < TOY_COUNTERS; i++) {
        struct toy_counter *after = NULL;
        if (marker->is_commit && toy->pending[i] != 0) {
            if ((after = malloc(sizeof *after)) == NULL)
                return KW_ERR_NO_MEMORY;
            after->value = toy->pending[i];
            if (!toy_set(toy, i, after, list)) {
                free(after);
                return KW_ERR_NO_MEMORY;
            }
        }
        toy->pending[i] = 0;
    }
    return KW_OK;
}

static inline void toy_loaded(void *state, struct shard *shard)
{
    struct toy *toy = state;
    toy->is_loaded++;
    if (toy->on_load != NULL)
        coordinator_timer_start(shard, toy->on_load, shard->options.clock() + toy->on_load_ms);
}

static inline void toy_free_counters(struct toy *toy)
{
    for (size_t i = 0; i < TOY_COUNTERS; i++)
        free(toy->counters[i]);
    memset(toy->counters, 0, sizeof toy->counters);
}

static inline void toy_unloaded(void *state)
{
    struct toy *toy = state;
    toy_free_counters(toy);
    if (toy->unloaded != NULL)
        ++*toy->unloaded;
}

static inline void toy_changed(void *state, struct shard *shard, const struct metadata_image *before,
                               const struct metadata_image *after)
{
    struct toy *toy = state;
    (void)shard;
    assert_non_null(before);
    toy->image = after;
}

static const struct coordinator_calls toy_calls = {toy_replay, toy_marker, toy_loaded, toy_unloaded, toy_changed};

/* -1: it does not exist. */
static inline int64_t toy_count(const struct toy *toy, int32_t number)
{
    return toy->counters[number] != NULL ? toy->counters[number]->value : -1;
}

static inline void toy_assert_same(const struct toy *a, const struct toy *b)
{
    for (int32_t i = 0; i < TOY_COUNTERS; i++) {
        assert_int_equal(toy_count(a, i), toy_count(b, i));
        assert_int_equal(a->pending[i], b->pending[i]);
    }
}

/* ---- its records ---- */

static inline void toy_put(struct coordinator_decision *d, int32_t number, int64_t value, size_t padding)
{
    static char pad[4096];
    kw_offset_commit_key key;
    kw_offset_commit_value v;
    kw_offset_commit_key_init(&key);
    kw_offset_commit_value_init(&v);
    key.group = key.topic = kw_string_of("toy");
    key.partition = number;
    assert_true(padding <= sizeof pad);
    v.metadata = (kw_string){pad, (int32_t)padding};
    v.offset = value;
    record_out_add(&d->records, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, 3, &v);
}

static inline void toy_remove(struct coordinator_decision *d, int32_t number)
{
    kw_offset_commit_key key;
    kw_offset_commit_key_init(&key);
    key.group = key.topic = kw_string_of("toy");
    key.partition = number;
    record_out_add_tombstone(&d->records, &kw_offset_commit_key_message, &key);
}

/* ---- the log ---- */

struct toy_log {
    uint8_t *bytes; /* what has been appended */
    size_t size;
    int64_t end;
    _Atomic(int64_t) high_watermark;
    bool others_lag;        /* the high watermark is only moved by the test */
    bool is_closed;         /* the high watermark does not move any more */
    bool is_later;          /* appends wait for toy_log_finish() */
    int16_t error;          /* of appends */
    bool keeps_failed;      /* these are in the log all the same */
    int16_t refusal;        /* of transactional batches and markers */
    struct log_append last; /* without its batch, which is gone */
    int32_t max_batch;
    unsigned appends; /* that have succeeded */
    unsigned failures;
    struct log_append *append; /* the one that waits */
    struct log_watcher *watcher;
};

static inline void toy_log_carry_out(struct toy_log *log, struct log_append *append)
{
    assert_int_equal(append->count, 1);
    assert_int_equal(append->leader_epoch, TOY_EPOCH);
    assert_int_equal(append->origin, APPEND_COORDINATOR);
    struct append_batch *batch = append->batches;
    uint16_t attributes = kw_load_be16(batch->header + KW_BATCH_V2_ATTRIBUTES);
    append->error = log->error;
    if (append->error == KW_ERROR_NONE && (attributes & KW_ATTRIBUTE_TRANSACTIONAL) != 0)
        append->error = log->refusal;
    log->last = *append;
    log->failures += append->error != KW_ERROR_NONE;
    if (append->error != KW_ERROR_NONE && !log->keeps_failed)
        return;
    append->is_written = true;
    size_t size = sizeof batch->header + (size_t)batch->records.len;
    assert_true(size <= (size_t)log->max_batch);
    assert_true(log->size + size <= TOY_LOG);
    kw_store_be64(batch->header + KW_BATCH_OFFSET, (uint64_t)log->end);
    memcpy(log->bytes + log->size, batch->header, sizeof batch->header);
    memcpy(log->bytes + log->size + sizeof batch->header, batch->records.data, (size_t)batch->records.len);
    append->base_offset = log->end;
    log->end += kw_load_be32(batch->header + KW_BATCH_V2_LAST_OFFSET_DELTA) + 1;
    log->size += size;
    log->appends++;
    if (!log->others_lag)
        atomic_store(&log->high_watermark, log->end);
}

static inline bool toy_log_append(void *context, struct log_append *append)
{
    struct toy_log *log = context;
    assert_null(log->append); /* one at a time */
    if (log->is_later)
        log->append = append;
    else
        toy_log_carry_out(log, append);
    return !log->is_later;
}

/* The append that waits is carried out. */
static inline void toy_log_finish_append(struct toy_log *log)
{
    struct log_append *append = log->append;
    assert_non_null(append);
    log->append = NULL;
    toy_log_carry_out(log, append);
    append->done(append);
}

static inline void toy_log_move(struct toy_log *log, int64_t high_watermark)
{
    atomic_store(&log->high_watermark, high_watermark);
    if (log->watcher != NULL)
        log->watcher->callback(log->watcher->context);
}

static inline int64_t toy_log_high_watermark(void *context)
{
    return atomic_load(&((struct toy_log *)context)->high_watermark);
}

static inline bool toy_log_is_closed(void *context)
{
    return ((struct toy_log *)context)->is_closed;
}

static inline int32_t toy_log_max_batch(void *context)
{
    return ((struct toy_log *)context)->max_batch;
}

static inline void toy_log_watch(void *context, struct log_watcher *watcher)
{
    struct toy_log *log = context;
    assert_null(log->watcher);
    log->watcher = watcher;
}

static inline void toy_log_unwatch(void *context, struct log_watcher *watcher)
{
    struct toy_log *log = context;
    assert_ptr_equal(log->watcher, watcher);
    log->watcher = NULL;
}

static inline struct shard_sink toy_sink(struct toy_log *log)
{
    return (struct shard_sink){
        log,           toy_log_append, toy_log_high_watermark, toy_log_is_closed, toy_log_max_batch,
        toy_log_watch, toy_log_unwatch};
}

static inline void toy_log_init(struct toy_log *log)
{
    memset(log, 0, sizeof *log);
    log->bytes = malloc(TOY_LOG);
    assert_non_null(log->bytes);
    log->max_batch = 100000;
}

static inline void toy_log_free(struct toy_log *log)
{
    free(log->bytes);
}

static inline void toy_replay_one(struct toy *toy, const kw_batch *batch, const kw_record *record)
{
    bool is_transactional = kw_batch_is_transactional(batch);
    const struct coordinator_record replayed = {record->key, record->value, record->offset,
                                                is_transactional ? batch->producer_id : KW_NO_PRODUCER_ID,
                                                batch->producer_epoch};
    const struct coordinator_marker marker = {batch->producer_id, batch->producer_epoch, record->offset,
                                              kw_load_be16(record->key.data + sizeof(int16_t)) == KW_CONTROL_COMMIT};
    if (kw_batch_is_control(batch))
        assert_int_equal(toy_marker(toy, &marker, NULL), KW_OK);
    else
        assert_int_equal(toy_replay(toy, &replayed, NULL), KW_OK);
}

/* Replays what has been appended, which starts at this offset. */
static inline void toy_replay_from(struct toy *toy, const struct toy_log *log, int64_t offset)
{
    kw_batches batches;
    kw_batch batch;
    kw_batches_init_memory(&batches, log->bytes, log->size);
    batches.flags = KW_BATCHES_CHECK_CRC;
    while (kw_batches_next(&batches, &batch)) {
        kw_records records;
        kw_record record;
        assert_int_equal(kw_records_init(&records, &batch, NULL, NULL), KW_OK);
        while (kw_records_next(&records, &record)) {
            assert_int_equal(record.offset, offset++);
            toy_replay_one(toy, &batch, &record);
        }
        assert_int_equal(records.status, KW_OK);
    }
    assert_int_equal(batches.status, KW_OK);
}

/* ---- an event ---- */

enum toy_how { TOY_READ, TOY_ADD, TOY_REMOVE, TOY_PUT_ALL, TOY_COPY, TOY_BAD_VERSION, TOY_NO_MEMORY };

struct toy_event {
    struct coordinator_event event; /* the first member */
    enum toy_how how;
    int32_t number;
    size_t padding; /* bytes of each record */
    bool may_be_split;
    struct coordinator_txn txn;            /* of the decision */
    void (*then)(struct toy_event *event); /* in complete() */
    /* What happened. */
    int64_t seen; /* the counter before it */
    int decided;
    int failed;
    int completed; /* also by the submitter */
    int16_t failed_with;
    int16_t error;
};

static inline void toy_decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct toy_event *e = (struct toy_event *)(void *)event;
    e->decided++;
    e->seen = toy_count(d->state, e->number);
    d->may_be_split = e->may_be_split;
    d->copies = e->how == TOY_COPY;
    d->txn = e->txn;
    switch (e->how) {
    case TOY_READ:
        break;
    case TOY_ADD:
    case TOY_COPY:
        toy_put(d, e->number, e->seen + 1, e->padding);
        break;
    case TOY_REMOVE:
        toy_remove(d, e->number);
        break;
    case TOY_PUT_ALL:
        for (int32_t i = 0; i < TOY_COUNTERS; i++)
            toy_put(d, i, e->seen + 100 + i, e->padding);
        break;
    case TOY_BAD_VERSION:
        toy_put(d, 0, 1, 0);
        record_out_fail(&d->records, KW_ERR_VERSION);
        break;
    default:
        toy_put(d, 0, 1, 0);
        record_out_fail(&d->records, KW_ERR_NO_MEMORY);
    }
}

static inline void toy_failed(struct coordinator_event *event, void *state, int16_t error)
{
    struct toy_event *e = (struct toy_event *)(void *)event;
    assert_non_null(state);
    assert_int_equal(e->completed, 0);
    e->failed++;
    e->failed_with = error;
}

static inline void toy_complete(struct coordinator_event *event, int16_t error)
{
    struct toy_event *e = (struct toy_event *)(void *)event;
    e->completed++;
    e->error = error;
    if (e->then != NULL)
        e->then(e);
}

static inline void toy_event_init(struct toy_event *e, enum toy_how how, int32_t number, struct executor *executor)
{
    *e = (struct toy_event){
        .event = {.decide = toy_decide, .failed = toy_failed, .complete = toy_complete, .executor = executor},
        .how = how,
        .number = number,
        .error = -99};
}

/* Whether it was completed at once. */
static inline bool toy_submit(struct shard *shard, struct toy_event *e)
{
    if (!coordinator_submit(shard, &e->event))
        return false;
    e->completed++;
    e->error = e->event.error;
    return true;
}

#endif
