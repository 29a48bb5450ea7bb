/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/transaction/txn_requests.h"
#include "handlers.h"
#include "new_producer_id.h"

enum { FIRST_WITH_FENCED = 2, FIRST_WITH_EPOCHS = 5 };

struct ending {
    struct new_producer_id new_id; /* the first member */
    struct txn_answer answer;
};

static enum call_outcome answer(struct call *call, int16_t error, struct txn_producer producer)
{
    kw_end_txn_response *response = call->response;
    bool is_fenced = error == KW_ERROR_PRODUCER_FENCED && call->version < FIRST_WITH_FENCED;
    response->error_code = is_fenced ? KW_ERROR_INVALID_PRODUCER_EPOCH : error;
    response->producer_id = producer.id;
    response->producer_epoch = producer.epoch;
    return CALL_ANSWERED;
}

static enum call_outcome refuse(struct call *call, int16_t error)
{
    return answer(call, error, (struct txn_producer){TXN_NO_PRODUCER, TXN_NO_EPOCH});
}

static void decide(struct call *call, struct coordinator_decision *d)
{
    struct ending *e = call->state;
    const kw_end_txn_request *request = call->request;
    const struct txn_end_request asked = {
        .producer_id = request->producer_id,
        .epoch = request->producer_epoch,
        .commits = request->committed,
        .version = call->version >= FIRST_WITH_EPOCHS ? TXN_VERSION_WITH_EPOCHS : 0,
    };
    e->answer = txn_request_end(d, request->transactional_id, &asked, e->new_id.id);
}

static enum call_outcome coordinate(struct call *call);

static enum call_outcome take_new_id(struct call *call)
{
    const struct ending *e = call->state;
    return e->new_id.error != KW_ERROR_NONE ? refuse(call, e->new_id.error) : coordinate(call);
}

static enum call_outcome coordinated(struct call *call)
{
    const struct ending *e = call->state;
    if (call->decided != KW_ERROR_NONE)
        return refuse(call, call_coordinator_error(call));
    if (e->answer.needs_producer_id)
        return call_new_producer_id(call, take_new_id);
    return answer(call, e->answer.error, e->answer.producer);
}

static enum call_outcome coordinate(struct call *call)
{
    const kw_end_txn_request *request = call->request;
    return call_coordinate_key(call, &call->broker->transactions, request->transactional_id, decide, NULL, coordinated);
}

enum call_outcome handle_end_txn(struct call *call, const kw_end_txn_request *request, kw_end_txn_response *response)
{
    struct ending *e = kw_arena_alloc(call->arena, sizeof *e);
    (void)response;
    if (e == NULL)
        return CALL_FAILED;
    memset(e, 0, sizeof *e);
    e->new_id.id = TXN_NO_PRODUCER;
    call->state = e;
    return request->transactional_id.len > 0 ? coordinate(call) : refuse(call, KW_ERROR_INVALID_REQUEST);
}
