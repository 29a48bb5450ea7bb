/* SPDX-License-Identifier: Apache-2.0 */
#include "txn_init.h"

#include <kwire/error.h>

static bool goes_on(const struct txn_init_request *request)
{
    return request->producer_id != TXN_NO_PRODUCER;
}

/* Of the previous producer id only its last epoch: its answer with the new one may have been lost. */
static bool is_known_producer(const struct txn_fields *known, const struct txn_init_request *request)
{
    return known->epoch == TXN_NO_EPOCH || request->producer_id == known->producer_id ||
           (request->producer_id == known->previous_producer_id && txn_is_exhausted(request->epoch));
}

/* Whether the answer to the same request was lost. */
static bool is_repeated(const struct txn_fields *known, const struct txn_init_request *request)
{
    return goes_on(request) && known->epoch != TXN_NO_EPOCH && request->epoch != known->epoch &&
           request->epoch == known->last_epoch;
}

static struct txn_init_verdict refuse(int16_t error)
{
    return (struct txn_init_verdict){TXN_INIT_REFUSED, error};
}

static struct txn_init_verdict choose(const struct txn_fields *known, const struct txn_init_request *request)
{
    bool is_current = !goes_on(request) || request->epoch == known->epoch;
    if (txn_is_exhausted(known->epoch))
        return is_current ? (struct txn_init_verdict){TXN_INIT_NEW_ID, KW_ERROR_NONE}
                          : refuse(KW_ERROR_UNKNOWN_SERVER_ERROR);
    if (is_current || known->epoch == TXN_NO_EPOCH || is_repeated(known, request))
        return (struct txn_init_verdict){TXN_INIT_NEXT_EPOCH, KW_ERROR_NONE};
    return refuse(KW_ERROR_PRODUCER_FENCED);
}

struct txn_init_verdict txn_init_check(const struct txn_fields *known, const struct txn_init_request *request)
{
    if (known == NULL)
        return (struct txn_init_verdict){TXN_INIT_NEW_ID, KW_ERROR_NONE};
    if (txn_is_prepared(known))
        return refuse(KW_ERROR_CONCURRENT_TRANSACTIONS);
    if (goes_on(request) && !is_known_producer(known, request))
        return refuse(KW_ERROR_PRODUCER_FENCED);
    if (known->state == TXN_ONGOING)
        return (struct txn_init_verdict){TXN_INIT_FENCED, KW_ERROR_CONCURRENT_TRANSACTIONS};
    return choose(known, request);
}

static struct txn_fields next_of(const struct txn_fields *known, const struct txn_init_request *request)
{
    struct txn_fields next = *known;
    if (is_repeated(known, request))
        return next;
    next.epoch = (int16_t)(known->epoch + 1);
    next.last_epoch = goes_on(request) ? known->epoch : TXN_NO_EPOCH;
    return next;
}

struct txn_fields txn_init_next(const struct txn_fields *known, const struct txn_init_request *request,
                                int64_t new_producer_id, int64_t now)
{
    struct txn_fields next = {
        .producer_id = new_producer_id,
        .previous_producer_id = new_producer_id,
        .next_producer_id = TXN_NO_PRODUCER,
        .last_epoch = TXN_NO_EPOCH,
    };
    if (known != NULL && new_producer_id == TXN_NO_PRODUCER) {
        next = next_of(known, request);
    } else if (known != NULL) {
        next = *known;
        next.producer_id = new_producer_id;
        next.epoch = 0;
        next.last_epoch = goes_on(request) ? known->epoch : TXN_NO_EPOCH;
    }
    if (known != NULL)
        next.previous_producer_id = known->producer_id;
    next.timeout_ms = request->timeout_ms;
    next.state = TXN_EMPTY;
    next.start_ms = TXN_NO_TIME;
    next.updated_ms = now;
    next.partitions = (struct txn_partitions){NULL, 0};
    return next;
}
