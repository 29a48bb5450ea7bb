/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_end.h"

#include <kwire/error.h>

static struct txn_end_verdict refuse(int16_t error)
{
    return (struct txn_end_verdict){TXN_END_REFUSED, error};
}

static const struct txn_end_verdict prepares = {TXN_END_PREPARES, KW_ERROR_NONE};
static const struct txn_end_verdict repeated = {TXN_END_REPEATED, KW_ERROR_NONE};

static bool is_complete(const struct txn_fields *txn)
{
    return txn->state == TXN_COMPLETE_COMMIT || txn->state == TXN_COMPLETE_ABORT;
}

/* How it ended, or is going to. */
static bool is_commit(const struct txn_fields *txn)
{
    return txn->state == TXN_PREPARE_COMMIT || txn->state == TXN_COMPLETE_COMMIT;
}

static struct txn_end_verdict check_repeated(const struct txn_fields *known, const struct txn_end_request *request)
{
    return is_commit(known) == request->commits ? repeated : refuse(KW_ERROR_INVALID_TXN_STATE);
}

/* ---- the epoch stays the same ---- */

static struct txn_end_verdict check_old(const struct txn_fields *known, const struct txn_end_request *request)
{
    if (request->producer_id != known->producer_id)
        return refuse(KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    if (request->epoch != known->epoch)
        return refuse(KW_ERROR_PRODUCER_FENCED);
    if (txn_is_prepared(known))
        return refuse(KW_ERROR_CONCURRENT_TRANSACTIONS);
    if (known->state == TXN_ONGOING)
        return prepares;
    return is_complete(known) ? check_repeated(known, request) : refuse(KW_ERROR_INVALID_TXN_STATE);
}

/* ---- each transaction has a new epoch ---- */

static bool is_repeated_over_the_end(const struct txn_fields *known, const struct txn_end_request *request)
{
    return request->producer_id == known->previous_producer_id && request->epoch == TXN_LAST_EPOCH && known->epoch == 0;
}

static struct txn_end_verdict check_current(const struct txn_fields *known, const struct txn_end_request *request)
{
    if (known->state != TXN_ONGOING && request->commits)
        return refuse(KW_ERROR_INVALID_TXN_STATE);
    if (known->epoch == INT16_MAX && request->commits)
        return refuse(KW_ERROR_UNKNOWN_SERVER_ERROR); /* no producer is given that epoch */
    return prepares; /* an abort also of nothing, as the client may not know whether there is something */
}

/* While it is prepared the client may have the producer id already that comes after it. */
static struct txn_end_verdict check_new(const struct txn_fields *known, const struct txn_end_request *request)
{
    bool over_the_end = is_repeated_over_the_end(known, request);
    bool is_repeated = request->epoch == known->epoch - 1 || over_the_end;
    if (txn_is_prepared(known))
        return refuse(KW_ERROR_CONCURRENT_TRANSACTIONS);
    if (request->producer_id != known->producer_id && !over_the_end)
        return refuse(KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    if (is_repeated && is_complete(known))
        return check_repeated(known, request);
    return request->epoch == known->epoch ? check_current(known, request) : refuse(KW_ERROR_PRODUCER_FENCED);
}

struct txn_end_verdict txn_end_check(const struct txn_fields *known, const struct txn_end_request *request)
{
    return request->version < TXN_VERSION_WITH_EPOCHS ? check_old(known, request) : check_new(known, request);
}

/* ---- what follows ---- */

static int16_t epoch_after(int16_t epoch)
{
    return epoch < INT16_MAX ? (int16_t)(epoch + 1) : INT16_MAX;
}

bool txn_prepare_needs_id(const struct txn_fields *known, int16_t version)
{
    return version >= TXN_VERSION_WITH_EPOCHS && txn_is_exhausted(known->epoch);
}

struct txn_fields txn_prepare(const struct txn_fields *known, bool commits, int16_t version, int64_t next_producer_id,
                              int64_t now)
{
    struct txn_fields next = *known;
    next.previous_producer_id = known->producer_id;
    next.next_producer_id = next_producer_id;
    next.state = commits ? TXN_PREPARE_COMMIT : TXN_PREPARE_ABORT;
    next.updated_ms = now;
    next.client_version = version;
    if (version >= TXN_VERSION_WITH_EPOCHS) {
        next.epoch = epoch_after(known->epoch);
        next.last_epoch = known->epoch;
    }
    if (known->state != TXN_ONGOING)
        next.start_ms = now;
    return next;
}

struct txn_fields txn_fence(const struct txn_fields *known, int16_t version, int64_t next_producer_id, int64_t now)
{
    struct txn_fields next = txn_prepare(known, false, version, next_producer_id, now);
    if (version < TXN_VERSION_WITH_EPOCHS) {
        next.epoch = epoch_after(known->epoch);
        next.last_epoch = TXN_NO_EPOCH;
    }
    return next;
}

struct txn_fields txn_complete(const struct txn_fields *prepared, int64_t now)
{
    struct txn_fields next = *prepared;
    next.previous_producer_id = prepared->producer_id;
    next.state = is_commit(prepared) ? TXN_COMPLETE_COMMIT : TXN_COMPLETE_ABORT;
    next.updated_ms = now;
    next.partitions = (struct txn_partitions){NULL, 0};
    if (prepared->client_version >= TXN_VERSION_WITH_EPOCHS && prepared->next_producer_id != TXN_NO_PRODUCER) {
        next.producer_id = prepared->next_producer_id;
        next.epoch = 0;
    }
    next.next_producer_id = TXN_NO_PRODUCER;
    return next;
}
