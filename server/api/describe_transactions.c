/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/transaction/txn_list.h"
#include "call_parts.h"
#include "handlers.h"

typedef kw_describe_transactions_request request_type;
typedef kw_describe_transactions_response_transaction_state transaction_state;

struct describing {
    struct call_parts parts; /* the ids */
    transaction_state *out;
};

static kw_string id_of(const struct call *call)
{
    const struct describing *d = call->state;
    return ((const request_type *)call->request)->transactional_ids.items[d->parts.index];
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct describing *d = call->state;
    txn_describe(decision, id_of(call), call->arena, &d->out[d->parts.index]);
}

static enum call_outcome start_id(struct call *call)
{
    const struct describing *d = call->state;
    transaction_state *out = &d->out[d->parts.index];
    kw_describe_transactions_response_transaction_state_init(out);
    out->transactional_id = id_of(call);
    if (out->transactional_id.len > 0)
        return call_coordinate_key(call, &call->broker->transactions, id_of(call), decide, NULL, call_part_decided);
    out->error_code = KW_ERROR_INVALID_REQUEST;
    call->decided = KW_ERROR_NONE;
    return call_part_decided(call);
}

static bool take_id(struct call *call)
{
    const struct describing *d = call->state;
    transaction_state *out = &d->out[d->parts.index];
    if (call->decided == KW_ERROR_NONE)
        return true;
    kw_describe_transactions_response_transaction_state_init(out);
    out->transactional_id = id_of(call);
    out->error_code = call_coordinator_error(call);
    return true;
}

static enum call_outcome answer(struct call *call)
{
    const struct describing *d = call->state;
    kw_describe_transactions_response *response = call->response;
    response->transaction_states.items = d->out;
    response->transaction_states.len = (int32_t)d->parts.count;
    return CALL_ANSWERED;
}

enum call_outcome handle_describe_transactions(struct call *call, const request_type *request,
                                               kw_describe_transactions_response *response)
{
    struct describing *d = kw_arena_alloc(call->arena, sizeof *d);
    size_t count = request->transactional_ids.len > 0 ? (size_t)request->transactional_ids.len : 0;
    (void)response;
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    d->parts = (struct call_parts){.count = count, .start = start_id, .decided = take_id, .finish = answer};
    d->out = kw_arena_array(call->arena, count, sizeof *d->out);
    call->state = d;
    return d->out != NULL ? call_parts_start(call) : CALL_FAILED;
}
