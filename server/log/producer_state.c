/* SPDX-License-Identifier: Apache-2.0 */
#include "producer_state.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/control_record.h>
#include <kwire/endian.h>
#include <kwire/error.h>

enum { NONE = UINT32_MAX, SMALLEST = 4, MARKER_KEY_SIZE = 4 };

/* ---- the table ---- */

/* The ids come from clients: without the seed one could choose those of one chain. */
static uint32_t *chain_of(const struct producer_state *s, int64_t id)
{
    uint64_t h = (uint64_t)id ^ s->seed;
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return &s->chains[(h ^ (h >> 31)) & (s->capacity - 1)];
}

static uint32_t find_index(const struct producer_state *s, int64_t id)
{
    uint32_t i = s->capacity != 0 ? *chain_of(s, id) : NONE;
    while (i != NONE && s->producers[i].id != id)
        i = s->producers[i].next;
    return i;
}

static void link_newest(struct producer_state *s, uint32_t i)
{
    struct producer *p = &s->producers[i];
    p->older = s->newest;
    p->newer = NONE;
    *(s->newest != NONE ? &s->producers[s->newest].newer : &s->oldest) = i;
    s->newest = i;
}

static void unlink_age(struct producer_state *s, uint32_t i)
{
    const struct producer *p = &s->producers[i];
    *(p->older != NONE ? &s->producers[p->older].newer : &s->oldest) = p->newer;
    *(p->newer != NONE ? &s->producers[p->newer].older : &s->newest) = p->older;
}

/* Transactions are opened at growing offsets, but a snapshot has them in any order. */
static void open_txn(struct producer_state *s, uint32_t i, int64_t first_offset)
{
    struct producer *p = &s->producers[i];
    uint32_t before = s->txn_last;
    while (before != NONE && s->producers[before].txn_first_offset > first_offset)
        before = s->producers[before].txn_before;
    p->txn_first_offset = first_offset;
    p->txn_before = before;
    p->txn_after = before != NONE ? s->producers[before].txn_after : s->txn_first;
    *(p->txn_after != NONE ? &s->producers[p->txn_after].txn_before : &s->txn_last) = i;
    *(before != NONE ? &s->producers[before].txn_after : &s->txn_first) = i;
}

static void close_txn(struct producer_state *s, uint32_t i)
{
    struct producer *p = &s->producers[i];
    if (p->txn_first_offset < 0)
        return;
    *(p->txn_before != NONE ? &s->producers[p->txn_before].txn_after : &s->txn_first) = p->txn_after;
    *(p->txn_after != NONE ? &s->producers[p->txn_after].txn_before : &s->txn_last) = p->txn_before;
    p->txn_first_offset = -1;
}

static void count_budget(struct producer_state *s, size_t added, size_t removed)
{
    if (s->budget == NULL)
        return;
    atomic_fetch_add_explicit(&s->budget->used, added, memory_order_relaxed);
    atomic_fetch_sub_explicit(&s->budget->used, removed, memory_order_relaxed);
}

static void forget(struct producer_state *s, uint32_t i)
{
    struct producer *p = &s->producers[i];
    uint32_t *link = chain_of(s, p->id);
    while (*link != i)
        link = &s->producers[*link].next;
    *link = p->next;
    close_txn(s, i);
    unlink_age(s, i);
    p->next = s->free;
    s->free = i;
    s->count--;
    count_budget(s, 0, 1);
}

static void reset(struct producer_state *s)
{
    s->count = 0;
    s->oldest = s->newest = s->txn_first = s->txn_last = NONE;
    s->free = s->capacity != 0 ? 0 : NONE;
    for (uint32_t i = 0; i < s->capacity; i++) {
        s->chains[i] = NONE;
        s->producers[i].next = i + 1 < s->capacity ? i + 1 : NONE;
    }
}

/* There must be a free one. */
static uint32_t add(struct producer_state *s, int64_t id)
{
    uint32_t i = s->free, *chain = chain_of(s, id);
    struct producer *p = &s->producers[i];
    s->free = p->next;
    *p = (struct producer){
        .id = id, .last_timestamp = -1, .txn_first_offset = -1, .coordinator_epoch = -1, .epoch = -1, .next = *chain};
    *chain = i;
    link_newest(s, i);
    s->count++;
    count_budget(s, 1, 0);
    return i;
}

/* Everything moves to a table of another capacity, a power of two that is not smaller than the count. */
static bool resize(struct producer_state *s, uint32_t capacity)
{
    struct producer_state from = *s;
    struct producer *producers = calloc(capacity, sizeof *producers);
    uint32_t *chains = malloc(capacity * sizeof *chains);
    if (producers == NULL || chains == NULL) {
        free(producers);
        free(chains);
        return false;
    }
    s->producers = producers;
    s->chains = chains;
    s->capacity = capacity;
    reset(s);
    count_budget(s, 0, from.count);
    for (uint32_t i = from.oldest; i != NONE; i = from.producers[i].newer) {
        const struct producer *p = &from.producers[i];
        uint32_t k = add(s, p->id);
        struct producer *copy = &s->producers[k];
        copy->last_timestamp = p->last_timestamp;
        copy->coordinator_epoch = p->coordinator_epoch;
        copy->epoch = p->epoch;
        copy->batch_count = p->batch_count;
        memcpy(copy->batches, p->batches, sizeof copy->batches);
        from.producers[i].next = k;
    }
    for (uint32_t i = from.txn_first; i != NONE; i = from.producers[i].txn_after)
        open_txn(s, from.producers[i].next, from.producers[i].txn_first_offset);
    free(from.producers);
    free(from.chains);
    return true;
}

void producer_state_init(struct producer_state *s, struct producer_budget *budget)
{
    memset(s, 0, sizeof *s);
    s->budget = budget;
    s->seed = (uint64_t)(uintptr_t)s * UINT64_C(0x9e3779b97f4a7c15);
    reset(s);
}

void producer_state_finish(struct producer_state *s)
{
    count_budget(s, 0, s->count);
    free(s->producers);
    free(s->chains);
    memset(s, 0, sizeof *s);
}

bool producer_state_reserve(struct producer_state *s, size_t count)
{
    if (count <= s->capacity - s->count)
        return true;
    uint32_t capacity = s->capacity != 0 ? s->capacity : SMALLEST;
    while (count > capacity - s->count) {
        if (capacity > UINT32_MAX / 4)
            return false;
        capacity *= 2;
    }
    return resize(s, capacity);
}

static void shrink(struct producer_state *s)
{
    uint32_t capacity = SMALLEST;
    while (capacity / 2 < s->count)
        capacity *= 2;
    if (capacity <= s->capacity / 4)
        (void)resize(s, capacity); /* without memory it stays as it is */
}

void producer_state_clear(struct producer_state *s)
{
    count_budget(s, 0, s->count);
    reset(s);
    shrink(s);
}

/* ---- batches ---- */

/* Sequences go from 0 to INT32_MAX and start again. */
static int32_t sequence_plus(int32_t sequence, int32_t n)
{
    return sequence < 0 ? sequence : (int32_t)(((int64_t)sequence + n) & INT32_MAX);
}

static int32_t sequence_minus(int32_t sequence, int32_t n)
{
    return (int32_t)(((int64_t)sequence - n) & INT32_MAX);
}

static int32_t last_sequence(const struct producer_append *a)
{
    return sequence_plus(a->base_sequence, (int32_t)(a->last_offset - a->base_offset));
}

static const struct producer_batch *find_duplicate(const struct producer *p, const struct producer_append *a)
{
    if (p->epoch != a->producer_epoch)
        return NULL;
    for (size_t i = 0; i < p->batch_count; i++) {
        const struct producer_batch *b = &p->batches[i];
        if (b->last_sequence == last_sequence(a) &&
            sequence_minus(b->last_sequence, b->offset_delta) == a->base_sequence)
            return b;
    }
    return NULL;
}

static bool has_open_txn(const struct producer *p, int16_t epoch)
{
    return p != NULL && p->txn_first_offset >= 0 && p->epoch == epoch;
}

static int16_t check_sequence(const struct producer *p, const struct producer_append *a,
                              const struct producer_verification *v)
{
    bool has_batches = p != NULL && p->batch_count != 0;
    bool must_start = v != NULL && v->supports_epoch_bump && !has_batches;
    if (v != NULL && ((must_start && a->base_sequence != 0) || a->base_sequence > v->lowest_sequence))
        return KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER;
    if (p == NULL || p->epoch == KW_NO_PRODUCER_EPOCH)
        return KW_ERROR_NONE;
    int32_t last = has_batches && p->epoch == a->producer_epoch ? p->batches[p->batch_count - 1].last_sequence : -1;
    bool fits = a->base_sequence == (last == INT32_MAX ? 0 : last + 1);
    return fits ? KW_ERROR_NONE : KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER;
}

static int16_t check_data(const struct producer *p, const struct producer_append *a, enum producer_origin origin,
                          const struct producer_verification *v)
{
    if (p != NULL && a->producer_epoch < p->epoch)
        return KW_ERROR_INVALID_PRODUCER_EPOCH;
    if (a->transactional && !has_open_txn(p, a->producer_epoch) && v == NULL)
        return KW_ERROR_INVALID_TXN_STATE;
    if (p == NULL && a->producer_epoch < KW_NO_PRODUCER_EPOCH)
        return KW_ERROR_INVALID_PRODUCER_EPOCH;
    if (has_open_txn(p, a->producer_epoch))
        v = NULL; /* nobody had to ask */
    int16_t error = origin == PRODUCER_CLIENT ? check_sequence(p, a, v) : KW_ERROR_NONE;
    if (error == KW_ERROR_NONE && p != NULL && p->txn_first_offset >= 0 && !a->transactional)
        return KW_ERROR_INVALID_TXN_STATE;
    return error;
}

/* From transaction.version 2 on a marker has an epoch that is greater than that of the transaction. One with the same
 * is accepted where the transaction has ended: it was sent again. */
static int16_t check_marker(const struct producer *p, const struct producer_append *a)
{
    static const struct producer unknown = {
        .epoch = KW_NO_PRODUCER_EPOCH, .coordinator_epoch = -1, .txn_first_offset = -1};
    if (p == NULL)
        p = &unknown;
    bool bumps = a->transaction_version >= 2;
    bool again = a->producer_epoch == p->epoch && (p->txn_first_offset < 0 || a->producer_epoch == INT16_MAX);
    if (a->producer_epoch < p->epoch || (bumps && a->producer_epoch == p->epoch && !again))
        return KW_ERROR_INVALID_PRODUCER_EPOCH;
    return p->coordinator_epoch > a->coordinator_epoch ? KW_ERROR_TRANSACTION_COORDINATOR_FENCED : KW_ERROR_NONE;
}

struct producer_verdict producer_state_check(const struct producer_state *s, const struct producer_append *append,
                                             enum producer_origin origin,
                                             const struct producer_verification *verification)
{
    struct producer_verdict verdict = {.error = KW_ERROR_NONE, .base_offset = -1, .last_offset = -1, .timestamp = -1};
    if (origin == PRODUCER_LOG)
        return verdict;
    const struct producer *p = producer_state_find(s, append->producer_id);
    const struct producer_batch *original =
        p != NULL && origin == PRODUCER_CLIENT && !append->control ? find_duplicate(p, append) : NULL;
    if (original != NULL) {
        verdict.duplicate = true;
        verdict.base_offset = original->last_offset - original->offset_delta;
        verdict.last_offset = original->last_offset;
        verdict.timestamp = original->timestamp;
        return verdict;
    }
    verdict.error = append->control ? check_marker(p, append) : check_data(p, append, origin, verification);
    return verdict;
}

/* The partition forgets its oldest producers where there are too many. */
static void make_way(struct producer_state *s)
{
    if (s->budget == NULL || s->count < PRODUCERS_ALWAYS ||
        atomic_load_explicit(&s->budget->used, memory_order_relaxed) < s->budget->limit)
        return;
    uint32_t i = s->oldest;
    while (i != NONE && s->producers[i].txn_first_offset >= 0)
        i = s->producers[i].newer;
    if (i != NONE)
        forget(s, i);
}

static uint32_t find_or_add(struct producer_state *s, int64_t id)
{
    uint32_t i = find_index(s, id);
    if (i == NONE) {
        make_way(s);
        return add(s, id);
    }
    unlink_age(s, i);
    link_newest(s, i);
    return i;
}

static void set_epoch(struct producer *p, int16_t epoch)
{
    if (p->epoch != epoch)
        p->batch_count = 0;
    p->epoch = epoch;
}

static void add_batch(struct producer *p, const struct producer_append *a)
{
    if (p->batch_count == PRODUCER_BATCHES)
        memmove(p->batches, p->batches + 1, --p->batch_count * sizeof *p->batches);
    p->batches[p->batch_count++] = (struct producer_batch){.last_offset = a->last_offset,
                                                           .timestamp = a->timestamp,
                                                           .last_sequence = last_sequence(a),
                                                           .offset_delta = (int32_t)(a->last_offset - a->base_offset)};
}

struct completed_txn producer_state_update(struct producer_state *s, const struct producer_append *append)
{
    struct completed_txn done = {.producer_id = append->producer_id, .first_offset = -1};
    uint32_t i = find_or_add(s, append->producer_id);
    struct producer *p = &s->producers[i];
    set_epoch(p, append->producer_epoch);
    p->last_timestamp = append->timestamp;
    if (!append->control) {
        add_batch(p, append);
        if (append->transactional && p->txn_first_offset < 0)
            open_txn(s, i, append->base_offset);
        return done;
    }
    p->coordinator_epoch = append->coordinator_epoch;
    done.first_offset = p->txn_first_offset;
    done.last_offset = append->base_offset;
    done.is_aborted = append->abort;
    close_txn(s, i);
    int64_t unstable = producer_state_first_unstable(s);
    done.last_stable_offset = unstable >= 0 ? unstable : append->base_offset + 1;
    return done;
}

static bool read_marker(struct producer_append *out, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    (void)kw_records_init(&records, batch, NULL, NULL);
    if (!kw_records_next(&records, &record) || record.key.len < MARKER_KEY_SIZE || record.value.len < 6)
        return false;
    uint16_t type = kw_load_be16(record.key.data + 2);
    out->abort = type == KW_CONTROL_ABORT;
    out->base_offset = out->last_offset = batch->base_offset;
    out->timestamp = record.timestamp;
    out->coordinator_epoch = (int32_t)kw_load_be32(record.value.data + 2);
    return type == KW_CONTROL_ABORT || type == KW_CONTROL_COMMIT;
}

bool producer_append_read(struct producer_append *out, const kw_batch *batch)
{
    *out = (struct producer_append){.producer_id = batch->producer_id,
                                    .base_offset = batch->base_offset,
                                    .last_offset = batch->last_offset,
                                    .timestamp = batch->max_timestamp,
                                    .base_sequence = batch->base_sequence,
                                    .producer_epoch = batch->producer_epoch,
                                    .transactional = kw_batch_is_transactional(batch),
                                    .control = kw_batch_is_control(batch)};
    if (batch->producer_id < 0)
        return false;
    return !out->control || read_marker(out, batch);
}

/* ---- all of them ---- */

static bool is_expired(int64_t last_timestamp, int64_t txn_first_offset, int64_t now, int64_t expiration_ms)
{
    return txn_first_offset < 0 && last_timestamp <= now &&
           (uint64_t)now - (uint64_t)last_timestamp >= (uint64_t)expiration_ms;
}

void producer_state_expire(struct producer_state *s, int64_t now, int64_t expiration_ms)
{
    for (uint32_t i = s->oldest, newer; i != NONE; i = newer) {
        newer = s->producers[i].newer;
        if (is_expired(s->producers[i].last_timestamp, s->producers[i].txn_first_offset, now, expiration_ms))
            forget(s, i);
    }
    shrink(s);
}

int64_t producer_state_first_unstable(const struct producer_state *s)
{
    return s->txn_first != NONE ? s->producers[s->txn_first].txn_first_offset : -1;
}

const struct producer *producer_state_find(const struct producer_state *s, int64_t producer_id)
{
    uint32_t i = find_index(s, producer_id);
    return i != NONE ? &s->producers[i] : NULL;
}

size_t producer_state_count(const struct producer_state *s)
{
    return s->count;
}

const struct producer *producer_state_next(const struct producer_state *s, const struct producer *producer)
{
    uint32_t i = producer == NULL ? s->oldest : producer->newer;
    return i != NONE ? &s->producers[i] : NULL;
}

static void load_one(struct producer_state *s, const kw_producer_state *from)
{
    uint32_t i = find_or_add(s, from->producer_id);
    struct producer *p = &s->producers[i];
    p->epoch = from->producer_epoch;
    p->coordinator_epoch = from->coordinator_epoch;
    p->last_timestamp = from->timestamp;
    p->batch_count = 0;
    if (from->offset_delta >= 0 && from->last_offset >= from->offset_delta) {
        p->batch_count = 1;
        p->batches[0] = (struct producer_batch){.last_offset = from->last_offset,
                                                .timestamp = from->timestamp,
                                                .last_sequence = from->last_sequence,
                                                .offset_delta = from->offset_delta};
    }
    close_txn(s, i);
    if (from->txn_first_offset >= 0)
        open_txn(s, i, from->txn_first_offset);
}

bool producer_state_load(struct producer_state *s, const kw_producers *snapshot, int64_t now, int64_t expiration_ms)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        kw_producer_state from = kw_producers_at(snapshot, i);
        if (is_expired(from.timestamp, from.txn_first_offset, now, expiration_ms))
            continue;
        if (!producer_state_reserve(s, 1))
            return false;
        load_one(s, &from);
    }
    return true;
}

void producer_state_list(const struct producer_state *s, kw_producer_state *out)
{
    for (const struct producer *p = NULL; (p = producer_state_next(s, p)) != NULL; out++) {
        const struct producer_batch *last = p->batch_count != 0 ? &p->batches[p->batch_count - 1] : NULL;
        *out = (kw_producer_state){.producer_id = p->id,
                                   .producer_epoch = p->epoch,
                                   .last_sequence = last != NULL ? last->last_sequence : KW_NO_SEQUENCE,
                                   .last_offset = last != NULL ? last->last_offset : -1,
                                   .offset_delta = last != NULL ? last->offset_delta : 0,
                                   .timestamp = p->last_timestamp,
                                   .coordinator_epoch = p->coordinator_epoch,
                                   .txn_first_offset = p->txn_first_offset};
    }
}

kw_status producer_state_write(const struct producer_state *s, kw_writer *w)
{
    kw_producer_state *entries = malloc((s->count + (size_t)1) * sizeof *entries);
    if (entries == NULL)
        return kw_writer_fail(w, KW_ERR_NO_MEMORY);
    producer_state_list(s, entries);
    kw_status status = kw_producers_write(w, entries, s->count);
    free(entries);
    return status;
}
