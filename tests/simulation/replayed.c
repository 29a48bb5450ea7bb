/* SPDX-License-Identifier: Apache-2.0 */
#include "replayed.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/compression.h>
#include <kwire/control_record.h>
#include <kwire/error.h>
#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>
#include <kwire/messages/transaction_log_key.h>
#include <kwire/messages/transaction_log_value.h>
#include <kwire/persisted.h>
#include <kwire/records.h>

#include "log/log_read.h"
#include "world.h"

enum { MOST = 8192, NAME = 64, STEP = 1 << 20, LARGEST = 256 << 20 };

struct offset {
    char group[NAME], topic[NAME];
    int32_t partition;
    int64_t offset;      /* -1: none */
    int64_t producer_id; /* of an open transaction that moves it there; -1: it holds */
    const struct partition_log *log;
};

struct transaction {
    char name[NAME];
    int8_t state;
    int64_t producer_id;
    bool is_removed;
};

static struct offset offsets[MOST];
static struct transaction transactions[MOST];
static size_t offset_count, transaction_count;

static void copy_name(char to[NAME], kw_string name)
{
    if (name.len < 0 || name.len >= NAME)
        broken("a name is too long: %.*s", KW_FMT(name));
    memcpy(to, name.data, (size_t)name.len);
    to[name.len] = '\0';
}

/* ---- offsets ---- */

static struct offset *find_offset(const char *group, const char *topic, int32_t partition, int64_t producer_id)
{
    for (size_t i = 0; i < offset_count; i++)
        if (offsets[i].partition == partition && offsets[i].producer_id == producer_id &&
            strcmp(offsets[i].group, group) == 0 && strcmp(offsets[i].topic, topic) == 0)
            return &offsets[i];
    return NULL;
}

static void set_offset(const struct offset *o)
{
    struct offset *known = find_offset(o->group, o->topic, o->partition, o->producer_id);
    if (known == NULL && offset_count == MOST)
        broken("there are too many offsets");
    *(known != NULL ? known : &offsets[offset_count++]) = *o;
}

static void end_transaction(const struct partition_log *log, int64_t producer_id, bool is_commit)
{
    for (size_t i = 0; i < offset_count; i++) {
        struct offset ended = offsets[i];
        if (ended.log != log || ended.producer_id != producer_id || ended.offset < 0)
            continue;
        offsets[i].offset = -1;
        ended.producer_id = KW_NO_PRODUCER_ID;
        if (is_commit)
            set_offset(&ended);
    }
}

static void read_offset(const kw_offset_commit_key *key, const kw_offset_commit_value *value, int64_t producer_id,
                        const struct partition_log *log)
{
    struct offset o = {.partition = key->partition,
                       .offset = value != NULL ? value->offset : -1,
                       .producer_id = producer_id,
                       .log = log};
    copy_name(o.group, key->group);
    copy_name(o.topic, key->topic);
    set_offset(&o);
}

/* ---- transactions ---- */

static void read_transaction(const kw_transaction_log_key *key, const kw_transaction_log_value *value)
{
    struct transaction t = {.is_removed = value == NULL};
    size_t i = 0;
    copy_name(t.name, key->transactional_id);
    if (value != NULL) {
        t.state = value->transaction_status;
        t.producer_id = value->producer_id;
    }
    while (i < transaction_count && strcmp(transactions[i].name, t.name) != 0)
        i++;
    if (i == MOST)
        broken("there are too many transactional ids");
    transactions[i] = t;
    transaction_count += i == transaction_count;
}

/* ---- records ---- */

struct reading {
    struct partition_log *log;
    kw_internal_topic topic;
    kw_arena arena;
    kw_writer scratch;
    kw_decompressor *decompressor;
};

static const void *decode(struct reading *r, const kw_message *message, int16_t version, kw_bytes body)
{
    kw_reader in;
    void *out;
    kw_reader_init_bytes(&in, body);
    if (kw_message_decode(message, version, &in, &r->arena, &out) != KW_OK)
        broken("a record of %s cannot be read", kw_internal_topic_name(r->topic));
    return out;
}

static void read_record(struct reading *r, const kw_batch *batch, const kw_record *record)
{
    kw_persisted p;
    if (kw_persisted_decode_header(&p, r->topic, record->key, record->value) != KW_OK)
        broken("a record of %s has no header", kw_internal_topic_name(r->topic));
    bool is_offset = p.record->key == &kw_offset_commit_key_message;
    if (!is_offset && p.record->key != &kw_transaction_log_key_message)
        return;
    const void *key = decode(r, p.record->key, 0, p.key);
    const void *value = p.kind != KW_PERSISTED_TOMBSTONE ? decode(r, p.record->value, p.version, p.value) : NULL;
    if (is_offset)
        read_offset(key, value, kw_batch_is_transactional(batch) ? batch->producer_id : KW_NO_PRODUCER_ID, r->log);
    else
        read_transaction(key, value);
}

static void read_marker(struct reading *r, const kw_batch *batch, const kw_record *record)
{
    kw_control_record control;
    if (kw_control_record_decode(&control, record, &r->arena) != KW_OK)
        broken("a marker of %s cannot be read", kw_internal_topic_name(r->topic));
    if (control.type == KW_CONTROL_COMMIT || control.type == KW_CONTROL_ABORT)
        end_transaction(r->log, batch->producer_id, control.type == KW_CONTROL_COMMIT);
}

static void read_batch(struct reading *r, const kw_batch *batch, int64_t start)
{
    kw_records records;
    kw_record record;
    (void)kw_records_init(&records, batch, r->decompressor, &r->scratch);
    while (kw_records_next(&records, &record)) {
        kw_arena_reset(&r->arena);
        if (record.offset >= start && kw_batch_is_control(batch))
            read_marker(r, batch, &record);
        else if (record.offset >= start)
            read_record(r, batch, &record);
    }
    if (records.status != KW_OK)
        broken("a batch of %s cannot be read", kw_internal_topic_name(r->topic));
}

static void read_all(struct reading *r, const struct log_snapshot *now)
{
    int64_t offset = now->log_start_offset;
    while (offset < now->log_end_offset) {
        struct log_slice slice;
        kw_batches batches;
        kw_batch batch;
        const struct log_read_request request = {
            .offset = offset, .end = now->log_end_offset, .max_bytes = STEP, .at_least_one = true};
        if (log_read(r->log, now, &request, &slice) != KW_ERROR_NONE)
            broken("a log of %s cannot be read", kw_internal_topic_name(r->topic));
        if (slice.segment == NULL)
            return;
        kw_batches_init(&batches, slice.records);
        while (kw_batches_next(&batches, &batch)) {
            read_batch(r, &batch, now->log_start_offset);
            offset = batch.last_offset + 1;
        }
        segment_release(slice.segment);
    }
}

void replayed_read(struct partition_log *log)
{
    struct log_snapshot now;
    struct reading r = {.log = log};
    if (!kw_internal_topic_find(log->topic, &r.topic) || r.topic == KW_INTERNAL_TOPIC_SHARE_GROUP_STATE)
        return;
    if (partition_log_acquire(log, false, &now) != KW_ERROR_NONE)
        broken("a log of %s cannot be opened", kw_internal_topic_name(r.topic));
    kw_arena_init_growing(&r.arena, NULL, 0, kw_allocator_libc(), LARGEST);
    kw_writer_init_growing(&r.scratch, kw_allocator_libc(), LARGEST);
    r.decompressor = kw_decompressor_create(kw_allocator_libc());
    if (r.decompressor == NULL)
        abort();
    read_all(&r, &now);
    kw_decompressor_destroy(r.decompressor);
    kw_writer_finish(&r.scratch);
    kw_arena_finish(&r.arena);
    log_snapshot_release(&now);
}

/* ---- what it comes to ---- */

int64_t replayed_offset(const char *group, kw_string topic, int32_t partition)
{
    char name[NAME];
    copy_name(name, topic);
    const struct offset *o = find_offset(group, name, partition, KW_NO_PRODUCER_ID);
    return o != NULL ? o->offset : -1;
}

void replayed_groups(void (*use)(const char *group, size_t offsets))
{
    for (size_t i = 0; i < offset_count; i++) {
        size_t count = 0;
        bool is_first = true;
        for (size_t j = 0; j < offset_count; j++) {
            bool is_same = strcmp(offsets[i].group, offsets[j].group) == 0;
            count += is_same && offsets[j].offset >= 0 && offsets[j].producer_id == KW_NO_PRODUCER_ID;
            is_first = is_first && !(is_same && j < i);
        }
        if (is_first)
            use(offsets[i].group, count);
    }
}

void replayed_transactions(void (*use)(const char *name, enum replayed_state state, int64_t producer_id))
{
    for (size_t i = 0; i < transaction_count; i++)
        if (!transactions[i].is_removed)
            use(transactions[i].name, (enum replayed_state)transactions[i].state, transactions[i].producer_id);
}
