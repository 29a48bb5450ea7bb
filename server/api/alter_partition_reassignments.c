/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../metadata/decide_elections.h"
#include "handlers.h"

typedef kw_alter_partition_reassignments_request_reassignable_topic request_topic;
typedef kw_alter_partition_reassignments_response_reassignable_topic_response response_topic;
typedef kw_alter_partition_reassignments_response_reassignable_partition_response response_partition;

static void decide(struct call *call, struct decision *decision)
{
    if (!decide_reassignments(decision, call->request, call->version, call->arena, call->response))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

static bool refuse_topic(struct call *call, const request_topic *asked, response_topic *out)
{
    int32_t count = asked->partitions.len > 0 ? asked->partitions.len : 0;
    kw_alter_partition_reassignments_response_reassignable_topic_response_init(out);
    out->name = asked->name;
    out->partitions.len = count;
    out->partitions.items = kw_arena_array(call->arena, (size_t)count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        response_partition *partition = &out->partitions.items[i];
        kw_alter_partition_reassignments_response_reassignable_partition_response_init(partition);
        partition->partition_index = asked->partitions.items[i].partition_index;
        partition->error_code = call->decided;
        partition->error_message = call_undecided_reason(call);
    }
    return true;
}

/* As in Kafka, the error is that of each partition, too. */
static enum call_outcome finish(struct call *call)
{
    const kw_alter_partition_reassignments_request *request = call->request;
    kw_alter_partition_reassignments_response *response = call->response;
    if (call->decided == KW_ERROR_NONE)
        return CALL_ANSWERED;
    int32_t count = request->topics.len > 0 ? request->topics.len : 0;
    response->error_code = call->decided;
    response->error_message = call_undecided_reason(call);
    response->responses.len = count;
    response->responses.items = kw_arena_array(call->arena, (size_t)count, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return CALL_FAILED;
    for (int32_t i = 0; i < count; i++)
        if (!refuse_topic(call, &request->topics.items[i], &response->responses.items[i]))
            return CALL_FAILED;
    return CALL_ANSWERED;
}

enum call_outcome handle_alter_partition_reassignments(struct call *call,
                                                       const kw_alter_partition_reassignments_request *request,
                                                       kw_alter_partition_reassignments_response *response)
{
    (void)response;
    return request->topics.len <= 0 ? call_decide(call, decide, finish)
                                    : call_decide_within(call, request->timeout_ms, decide, finish);
}
