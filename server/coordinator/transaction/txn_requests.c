/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_requests.h"

#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "txn_records.h"

static int16_t feature_of(const struct coordinator_decision *d)
{
    int16_t level = metadata_feature_level(d->image, kw_string_of("transaction.version"));
    return level > 0 ? level : 0;
}

static void write_next(struct coordinator_decision *d, kw_string id, const struct txn_fields *next)
{
    txn_machine_note_last_epoch(d->state, id, next->last_epoch);
    txn_records_add(&d->records, id, next, feature_of(d));
}

/* Records of version 0 do not say which protocol a client has. */
static bool has_protocol(const struct coordinator_decision *d, int16_t version)
{
    return version < TXN_VERSION_WITH_EPOCHS || feature_of(d) > 0;
}

static struct txn_answer refuse(int16_t error)
{
    return (struct txn_answer){error, false, false, {TXN_NO_PRODUCER, TXN_NO_EPOCH}};
}

static struct txn_answer succeed(const struct txn_fields *txn)
{
    return (struct txn_answer){KW_ERROR_NONE, false, false, {txn->producer_id, txn->epoch}};
}

static struct txn_answer demand_producer_id(void)
{
    return (struct txn_answer){KW_ERROR_NONE, true, false, {TXN_NO_PRODUCER, TXN_NO_EPOCH}};
}

static bool has_memory(const struct coordinator_decision *d, size_t size)
{
    struct txn_machine *m = d->state;
    if (!coordinator_budget_take(m->options.budget, size))
        return false;
    coordinator_budget_give(m->options.budget, size); /* replay takes it */
    return true;
}

/* ---- the end of a transaction ---- */

/* What the client goes on with is known before the markers are written. */
static struct txn_answer prepare(struct coordinator_decision *d, kw_string id, const struct txn_fields *prepared)
{
    const struct txn_fields complete = txn_complete(prepared, d->now);
    struct txn_answer answer = succeed(&complete);
    answer.prepares = true;
    write_next(d, id, prepared);
    return answer;
}

static struct txn_answer fence(struct coordinator_decision *d, kw_string id, const struct txn_fields *known,
                               int64_t new_producer_id)
{
    int16_t version = feature_of(d);
    bool needs_id = txn_prepare_needs_id(known, version);
    if (needs_id && new_producer_id == TXN_NO_PRODUCER)
        return demand_producer_id();
    const struct txn_fields prepared = txn_fence(known, version < TXN_VERSION_WITH_EPOCHS ? 0 : version,
                                                 needs_id ? new_producer_id : TXN_NO_PRODUCER, d->now);
    return prepare(d, id, &prepared);
}

struct txn_answer txn_request_fence(struct coordinator_decision *d, kw_string id, int64_t new_producer_id)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    if (known == NULL || known->state != TXN_ONGOING)
        return refuse(KW_ERROR_NONE);
    return fence(d, id, known, new_producer_id);
}

static struct txn_answer end(struct coordinator_decision *d, kw_string id, const struct txn_fields *known,
                             const struct txn_end_request *request, int64_t new_producer_id)
{
    bool needs_id = txn_prepare_needs_id(known, request->version);
    if (needs_id && new_producer_id == TXN_NO_PRODUCER)
        return demand_producer_id();
    const struct txn_fields prepared =
        txn_prepare(known, request->commits, request->version, needs_id ? new_producer_id : TXN_NO_PRODUCER, d->now);
    struct txn_answer answer = prepare(d, id, &prepared);
    if (request->version < TXN_VERSION_WITH_EPOCHS)
        answer.producer = (struct txn_producer){TXN_NO_PRODUCER, TXN_NO_EPOCH};
    return answer;
}

struct txn_answer txn_request_end(struct coordinator_decision *d, kw_string id, const struct txn_end_request *request,
                                  int64_t new_producer_id)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    if (id.len <= 0)
        return refuse(KW_ERROR_INVALID_REQUEST);
    if (known == NULL)
        return refuse(KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    struct txn_end_verdict verdict = txn_end_check(known, request);
    if (verdict.step == TXN_END_REFUSED)
        return refuse(verdict.error);
    if (verdict.step == TXN_END_PREPARES && !has_protocol(d, request->version))
        return refuse(KW_ERROR_UNSUPPORTED_VERSION);
    if (verdict.step == TXN_END_PREPARES)
        return end(d, id, known, request, new_producer_id);
    return request->version < TXN_VERSION_WITH_EPOCHS ? refuse(KW_ERROR_NONE) : succeed(known);
}

bool txn_request_complete(struct coordinator_decision *d, kw_string id, struct txn_producer producer)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    if (known == NULL || !txn_is_prepared(known) || known->producer_id != producer.id || known->epoch != producer.epoch)
        return false;
    const struct txn_fields complete = txn_complete(known, d->now);
    write_next(d, id, &complete);
    return true;
}

/* ---- InitProducerId ---- */

struct txn_answer txn_request_init(struct coordinator_decision *d, kw_string id, const struct txn_init_request *request,
                                   int64_t new_producer_id)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    struct txn_init_verdict verdict = txn_init_check(known, request);
    if (verdict.step == TXN_INIT_FENCED) {
        struct txn_answer answer = fence(d, id, known, new_producer_id);
        answer.error = answer.needs_producer_id ? KW_ERROR_NONE : KW_ERROR_CONCURRENT_TRANSACTIONS;
        answer.producer = (struct txn_producer){TXN_NO_PRODUCER, TXN_NO_EPOCH};
        return answer;
    }
    if (verdict.step == TXN_INIT_REFUSED)
        return refuse(verdict.error);
    if (verdict.step == TXN_INIT_NEW_ID && new_producer_id == TXN_NO_PRODUCER)
        return demand_producer_id();
    if (known == NULL && !has_memory(d, sizeof(struct txn_entry) + (size_t)id.len + sizeof(struct txn_value)))
        return refuse(KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    const struct txn_fields next =
        txn_init_next(known, request, verdict.step == TXN_INIT_NEW_ID ? new_producer_id : TXN_NO_PRODUCER, d->now);
    write_next(d, id, &next);
    return succeed(&next);
}

/* ---- partitions ---- */

/* Both sorted. NULL: the arena is full. */
static struct txn_partition *merge(kw_arena *arena, const struct txn_partitions *a, const struct txn_partitions *b,
                                   size_t *count)
{
    struct txn_partition *out = kw_arena_array(arena, a->count + b->count + 1, sizeof *out);
    size_t i = 0, k = 0, n = 0;
    while (out != NULL && (i < a->count || k < b->count)) {
        int order = i == a->count ? 1 : k == b->count ? -1 : txn_compare_partitions(&a->items[i], &b->items[k]);
        out[n++] = order <= 0 ? a->items[i] : b->items[k];
        i += order <= 0;
        k += order >= 0;
    }
    *count = n;
    return out;
}

static bool has_all(const struct txn_fields *known, const struct txn_partitions *partitions)
{
    for (size_t i = 0; i < partitions->count; i++)
        if (!txn_has_partition(&known->partitions, &partitions->items[i]))
            return false;
    return true;
}

static int16_t check_producer(const struct txn_fields *known, struct txn_producer producer)
{
    if (known == NULL || known->producer_id != producer.id)
        return KW_ERROR_INVALID_PRODUCER_ID_MAPPING;
    if (known->epoch != producer.epoch)
        return KW_ERROR_PRODUCER_FENCED;
    return txn_is_prepared(known) ? KW_ERROR_CONCURRENT_TRANSACTIONS : KW_ERROR_NONE;
}

static size_t size_of(const struct txn_partitions *partitions)
{
    size_t size = 0;
    for (size_t i = 0; i < partitions->count; i++)
        size += sizeof partitions->items[i] + (size_t)partitions->items[i].topic.len;
    return size;
}

/* While it is prepared the client may have the producer id already that comes after it. */
static int16_t check_addition(kw_string id, const struct txn_fields *known, struct txn_producer producer)
{
    if (id.len <= 0)
        return KW_ERROR_INVALID_REQUEST;
    if (known != NULL && txn_is_prepared(known))
        return KW_ERROR_CONCURRENT_TRANSACTIONS;
    return check_producer(known, producer);
}

int16_t txn_request_add(struct coordinator_decision *d, kw_string id, struct txn_producer producer,
                        const struct txn_partitions *partitions, int16_t version)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    int16_t error = check_addition(id, known, producer);
    if (error != KW_ERROR_NONE || (known->state == TXN_ONGOING && has_all(known, partitions)))
        return error;
    if (!has_protocol(d, version))
        return KW_ERROR_UNSUPPORTED_VERSION;
    if (!has_memory(d, size_of(partitions)))
        return KW_ERROR_COORDINATOR_NOT_AVAILABLE;
    struct txn_fields next = *known;
    next.partitions.items = merge(d->records.arena, &known->partitions, partitions, &next.partitions.count);
    if (next.partitions.items == NULL) {
        record_out_fail(&d->records, kw_arena_status(d->records.arena));
        return KW_ERROR_NONE;
    }
    next.previous_producer_id = known->producer_id;
    next.start_ms = known->state == TXN_ONGOING ? known->start_ms : d->now;
    next.state = TXN_ONGOING;
    next.updated_ms = d->now;
    next.client_version = version;
    write_next(d, id, &next);
    return KW_ERROR_NONE;
}

int16_t txn_request_verify(const struct coordinator_decision *d, kw_string id, struct txn_producer producer,
                           const struct txn_partitions *partitions, int16_t *errors)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    int16_t error = id.len <= 0 ? KW_ERROR_INVALID_REQUEST : check_producer(known, producer);
    for (size_t i = 0; i < partitions->count && error == KW_ERROR_NONE; i++)
        errors[i] = txn_has_partition(&known->partitions, &partitions->items[i]) ? KW_ERROR_NONE
                                                                                 : KW_ERROR_TRANSACTION_ABORTABLE;
    return error;
}

/* ---- ids that are not used any more ---- */

void txn_request_expire(struct coordinator_decision *d, kw_string id, int64_t unchanged_since)
{
    const struct txn_fields *known = txn_machine_find(d->state, id);
    if (known == NULL || known->state == TXN_ONGOING || txn_is_prepared(known) || known->updated_ms > unchanged_since)
        return;
    txn_records_add_tombstone(&d->records, id);
}
