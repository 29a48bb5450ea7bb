/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../base/repeats.h"
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

/* As for CreateTopics. */
static bool is_for_controller(const struct call *call, bool *any)
{
    const kw_create_partitions_request *request = call->request;
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    struct named_partition *named = kw_arena_array(call->arena, count, sizeof *named);
    for (size_t i = 0; named != NULL && i < count; i++)
        named[i] = (struct named_partition){.topic = request->topics.items[i].name};
    if (named == NULL || !repeats_find(named, count, call->arena))
        return false;
    *any = repeats_leave_any(named, count);
    return true;
}

enum call_outcome handle_create_partitions(struct call *call, const kw_create_partitions_request *request,
                                           kw_create_partitions_response *response)
{
    bool any;
    (void)response;
    if (!is_for_controller(call, &any))
        return CALL_FAILED;
    return any ? call_decide_within(call, request->timeout_ms, decide, finish) : call_decide(call, decide, finish);
}
