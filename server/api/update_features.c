/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../metadata/decide_features.h"
#include "handlers.h"

enum { LAST_WITH_RESULTS = 1 };

static void decide(struct call *call, struct decision *decision)
{
    struct refusal *refusal = call->state;
    decide_features(decision, call->broker->config.file, atomic_load(&call->broker->kraft_version), call->request,
                    call->version, call->arena, refusal);
}

/* One for each feature, where all were updated. */
static bool list_results(const struct call *call)
{
    const kw_update_features_request *request = call->request;
    kw_update_features_response *response = call->response;
    int32_t count = request->feature_updates.len > 0 ? request->feature_updates.len : 0;
    response->results.items = kw_arena_array(call->arena, (size_t)count, sizeof *response->results.items);
    if (response->results.items == NULL)
        return false;
    response->results.len = count;
    for (int32_t i = 0; i < count; i++) {
        kw_update_features_response_updatable_feature_result_init(&response->results.items[i]);
        response->results.items[i].feature = request->feature_updates.items[i].feature;
        response->results.items[i].error_message = kw_string_of("NONE"); /* as Kafka says it */
    }
    return true;
}

static enum call_outcome finish(struct call *call)
{
    const struct refusal *refusal = call->state;
    kw_update_features_response *response = call->response;
    bool decided = call->decided == KW_ERROR_NONE;
    response->error_code = decided ? refusal->error : call->decided;
    response->error_message = decided ? refusal->message : call_undecided_reason(call);
    response->results.len = 0;
    if (response->error_code != KW_ERROR_NONE || call->version > LAST_WITH_RESULTS)
        return CALL_ANSWERED;
    return list_results(call) ? CALL_ANSWERED : CALL_FAILED;
}

enum call_outcome handle_update_features(struct call *call, const kw_update_features_request *request,
                                         kw_update_features_response *response)
{
    (void)request;
    (void)response;
    call->state = kw_arena_alloc(call->arena, sizeof(struct refusal));
    return call->state != NULL ? call_decide(call, decide, finish) : CALL_FAILED;
}
