/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/transaction/txn_requests.h"
#include "handlers.h"
#include "new_producer_id.h"

enum { FIRST_WITH_FENCED = 4 };

typedef kw_init_producer_id_request request_type;
typedef kw_init_producer_id_response response_type;

struct initializing {
    struct new_producer_id new_id; /* the first member */
    struct txn_init_request request;
    struct txn_answer answer;
};

/* Older clients know the older name only. */
static enum call_outcome refuse(struct call *call, int16_t error)
{
    response_type *response = call->response;
    bool is_fenced = error == KW_ERROR_PRODUCER_FENCED && call->version < FIRST_WITH_FENCED;
    response->error_code = is_fenced ? KW_ERROR_INVALID_PRODUCER_EPOCH : error;
    response->producer_id = TXN_NO_PRODUCER;
    response->producer_epoch = TXN_NO_EPOCH;
    return CALL_ANSWERED;
}

static enum call_outcome answer(struct call *call, int64_t id, int16_t epoch)
{
    response_type *response = call->response;
    response->producer_id = id;
    response->producer_epoch = epoch;
    return CALL_ANSWERED;
}

/* ---- producers without a transactional id ---- */

static enum call_outcome answer_idempotent(struct call *call)
{
    const struct initializing *i = call->state;
    return i->new_id.error != KW_ERROR_NONE ? refuse(call, i->new_id.error) : answer(call, i->new_id.id, 0);
}

/* ---- those with one ---- */

static kw_string id_of(const struct call *call)
{
    return ((const request_type *)call->request)->transactional_id;
}

static int32_t longest_timeout(const struct call *call)
{
    return (int32_t)setting_number(call->broker->config.file, "transaction.max.timeout.ms");
}

static void decide(struct call *call, struct coordinator_decision *d)
{
    struct initializing *i = call->state;
    i->answer = txn_request_init(d, id_of(call), &i->request, i->new_id.id);
}

static enum call_outcome coordinate(struct call *call);

static enum call_outcome take_new_id(struct call *call)
{
    const struct initializing *i = call->state;
    return i->new_id.error != KW_ERROR_NONE ? refuse(call, i->new_id.error) : coordinate(call);
}

static enum call_outcome coordinated(struct call *call)
{
    const struct initializing *i = call->state;
    if (call->decided != KW_ERROR_NONE)
        return refuse(call, call_coordinator_error(call));
    if (i->answer.needs_producer_id)
        return call_new_producer_id(call, take_new_id);
    if (i->answer.error != KW_ERROR_NONE)
        return refuse(call, i->answer.error);
    return answer(call, i->answer.producer.id, i->answer.producer.epoch);
}

static enum call_outcome coordinate(struct call *call)
{
    return call_coordinate_key(call, &call->broker->transactions, id_of(call), decide, NULL, coordinated);
}

enum call_outcome handle_init_producer_id(struct call *call, const request_type *request, response_type *response)
{
    (void)response;
    if ((request->producer_id == TXN_NO_PRODUCER) != (request->producer_epoch == TXN_NO_EPOCH))
        return refuse(call, KW_ERROR_INVALID_REQUEST);
    struct initializing *i = kw_arena_alloc(call->arena, sizeof *i);
    if (i == NULL)
        return CALL_FAILED;
    memset(i, 0, sizeof *i);
    call->state = i;
    if (request->transactional_id.len < 0)
        return call_new_producer_id(call, answer_idempotent);
    if (request->transactional_id.len == 0)
        return refuse(call, KW_ERROR_INVALID_REQUEST);
    if (request->transaction_timeout_ms <= 0 || request->transaction_timeout_ms > longest_timeout(call))
        return refuse(call, KW_ERROR_INVALID_TRANSACTION_TIMEOUT);
    i->new_id.id = TXN_NO_PRODUCER;
    i->request =
        (struct txn_init_request){request->producer_id, request->producer_epoch, request->transaction_timeout_ms};
    return coordinate(call);
}
