/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../metadata/decide_topics.h"
#include "handlers.h"

static void decide(struct call *call, struct decision *decision)
{
    if (!decide_create_partitions(decision, call->request, call->arena, call->response))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

static enum call_outcome finish(struct call *call)
{
    const kw_create_partitions_request *request = call->request;
    kw_create_partitions_response *response = call->response;
    if (call->decided == KW_ERROR_NONE)
        return CALL_ANSWERED;
    int32_t count = request->topics.len > 0 ? request->topics.len : 0;
    response->results.len = count;
    response->results.items = kw_arena_array(call->arena, (size_t)count, sizeof *response->results.items);
    if (response->results.items == NULL)
        return CALL_FAILED;
    for (int32_t i = 0; i < count; i++) {
        kw_create_partitions_response_topic_result_init(&response->results.items[i]);
        response->results.items[i].name = request->topics.items[i].name;
        response->results.items[i].error_code = call->decided;
        response->results.items[i].error_message = call_undecided_reason(call);
    }
    return CALL_ANSWERED;
}

enum call_outcome handle_create_partitions(struct call *call, const kw_create_partitions_request *request,
                                           kw_create_partitions_response *response)
{
    (void)response;
    return call_decide_within(call, request->timeout_ms, decide, finish);
}
