/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../metadata/decide_elections.h"
#include "handlers.h"

enum { FIRST_WITH_ERROR = 1 };

static void decide(struct call *call, struct decision *decision)
{
    if (!decide_elections(decision, call->broker->config.file, call->request, call->arena, call->response))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

static bool refuse_topic(struct call *call, const kw_elect_leaders_request_topic_partitions *asked,
                         kw_elect_leaders_response_replica_election_result *out)
{
    int32_t count = asked->partitions.len > 0 ? asked->partitions.len : 0;
    kw_elect_leaders_response_replica_election_result_init(out);
    out->topic = asked->topic;
    out->partition_result.len = count;
    out->partition_result.items = kw_arena_array(call->arena, (size_t)count, sizeof *out->partition_result.items);
    if (out->partition_result.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        kw_elect_leaders_response_partition_result *result = &out->partition_result.items[i];
        kw_elect_leaders_response_partition_result_init(result);
        result->partition_id = asked->partitions.items[i];
        result->error_code = call->decided;
        result->error_message = call_undecided_reason(call);
    }
    return true;
}

/* As in Kafka, the error is that of each partition, too: version 0 has no other one. */
static enum call_outcome finish(struct call *call)
{
    const kw_elect_leaders_request *request = call->request;
    kw_elect_leaders_response *response = call->response;
    if (call->decided == KW_ERROR_NONE)
        return CALL_ANSWERED;
    int32_t count = request->topic_partitions.len > 0 ? request->topic_partitions.len : 0;
    if (call->version >= FIRST_WITH_ERROR)
        response->error_code = call->decided;
    response->replica_election_results.len = count;
    response->replica_election_results.items =
        kw_arena_array(call->arena, (size_t)count, sizeof *response->replica_election_results.items);
    if (response->replica_election_results.items == NULL)
        return CALL_FAILED;
    for (int32_t i = 0; i < count; i++)
        if (!refuse_topic(call, &request->topic_partitions.items[i], &response->replica_election_results.items[i]))
            return CALL_FAILED;
    return CALL_ANSWERED;
}

enum call_outcome handle_elect_leaders(struct call *call, const kw_elect_leaders_request *request,
                                       kw_elect_leaders_response *response)
{
    (void)response;
    bool is_empty = request->topic_partitions.len == 0;
    return is_empty ? call_decide(call, decide, finish) : call_decide_within(call, request->timeout_ms, decide, finish);
}
