/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include <kwire/error.h>

#include "handlers.h"

enum { NO_ID = -1, NO_EPOCH = -1 };

/* What the controller decides. */
struct deciding {
    int64_t id;
    int16_t error;
};

static enum call_outcome refuse(kw_init_producer_id_response *response, int16_t error)
{
    response->error_code = error;
    response->producer_id = NO_ID;
    response->producer_epoch = NO_EPOCH;
    return CALL_ANSWERED;
}

static void decide(struct call *call, struct decision *decision)
{
    struct deciding *d = call->state;
    d->error = decide_producer_id(decision, &call->broker->producer_ids, &d->id);
}

/* Where nothing can be written producers may still try again later, as Kafka's do while there is no block of ids. */
static enum call_outcome answer(struct call *call)
{
    const struct deciding *d = call->state;
    kw_init_producer_id_response *response = call->response;
    if (call->decided == KW_ERROR_POLICY_VIOLATION)
        return refuse(response, KW_ERROR_CLUSTER_AUTHORIZATION_FAILED);
    if (call->decided != KW_ERROR_NONE || d->error == KW_ERROR_BROKER_ID_NOT_REGISTERED)
        return refuse(response, KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS);
    if (d->error != KW_ERROR_NONE)
        return refuse(response, d->error);
    response->producer_id = d->id;
    response->producer_epoch = 0;
    return CALL_ANSWERED;
}

static int32_t longest_timeout(const struct call *call)
{
    char buffer[SETTING_EFFECTIVE_SIZE];
    enum setting_source source;
    const struct setting *setting = setting_find(SETTING_BROKER, "transaction.max.timeout.ms");
    return (int32_t)strtol(setting_effective(call->broker->config.file, setting, buffer, &source), NULL, 10);
}

/* Transactional producers need a coordinator, which no broker is here. */
static int16_t error_of_transactional(const struct call *call, const kw_init_producer_id_request *request)
{
    if (request->transactional_id.len == 0)
        return KW_ERROR_INVALID_REQUEST;
    if (request->transaction_timeout_ms <= 0 || request->transaction_timeout_ms > longest_timeout(call))
        return KW_ERROR_INVALID_TRANSACTION_TIMEOUT;
    return KW_ERROR_NOT_COORDINATOR;
}

enum call_outcome handle_init_producer_id(struct call *call, const kw_init_producer_id_request *request,
                                          kw_init_producer_id_response *response)
{
    if ((request->producer_id == NO_ID) != (request->producer_epoch == NO_EPOCH))
        return refuse(response, KW_ERROR_INVALID_REQUEST);
    if (request->transactional_id.len >= 0)
        return refuse(response, error_of_transactional(call, request));
    struct deciding *d = kw_arena_alloc(call->arena, sizeof *d);
    if (d == NULL)
        return CALL_FAILED;
    call->state = d;
    return call_decide(call, decide, answer);
}
