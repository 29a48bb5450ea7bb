/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "handlers.h"
#include "share_state_call.h"

typedef kw_read_share_group_state_summary_request request_type;
typedef kw_read_share_group_state_summary_response response_type;
typedef kw_read_share_group_state_summary_request_read_state_summary_data request_topic;
typedef kw_read_share_group_state_summary_response_read_state_summary_result response_topic;
typedef kw_read_share_group_state_summary_response_partition_result response_partition;

static enum call_outcome fill(struct call *call)
{
    const request_type *request = call->request;
    response_type *response = call->response;
    const struct share_state_item *item = ((struct share_state_call *)call->state)->items;
    response->results.items = kw_arena_array(call->arena, (size_t)request->topics.len, sizeof *response->results.items);
    if (response->results.items == NULL)
        return CALL_FAILED;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const request_topic *asked = &request->topics.items[t];
        response_topic *out = &response->results.items[response->results.len++];
        kw_read_share_group_state_summary_response_read_state_summary_result_init(out);
        out->topic_id = asked->topic_id;
        out->partitions.items =
            kw_arena_array(call->arena, (size_t)asked->partitions.len, sizeof *out->partitions.items);
        if (out->partitions.items == NULL)
            return CALL_FAILED;
        for (; out->partitions.len < asked->partitions.len; item++) {
            response_partition *p = &out->partitions.items[out->partitions.len++];
            kw_read_share_group_state_summary_response_partition_result_init(p);
            p->partition = item->asked.key.partition;
            p->error_code = item->error;
            p->error_message = item->message;
            if (item->error != KW_ERROR_NONE)
                continue;
            p->state_epoch = item->asked.state_epoch;
            p->leader_epoch = item->asked.leader_epoch;
            p->start_offset = item->start_offset;
            p->delivery_complete_count = item->complete_count;
        }
    }
    return CALL_ANSWERED;
}

/* As in Kafka a request without a group, or with a topic without partitions, has an empty answer. */
enum call_outcome handle_read_share_group_state_summary(struct call *call, const request_type *request,
                                                        response_type *response)
{
    size_t partitions = 0;
    (void)response;
    for (int32_t t = 0; t < request->topics.len; t++) {
        if (request->topics.items[t].partitions.len == 0)
            return CALL_ANSWERED;
        partitions += (size_t)request->topics.items[t].partitions.len;
    }
    if (partitions == 0 || request->group_id.len == 0)
        return CALL_ANSWERED;
    struct share_state_call *s = share_state_call_create(call, SHARE_STATE_SUMMARY, partitions, fill);
    if (s == NULL)
        return CALL_FAILED;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const request_topic *topic = &request->topics.items[t];
        for (int32_t p = 0; p < topic->partitions.len; p++) {
            (void)share_state_call_add(s, request->group_id, topic->topic_id, topic->partitions.items[p].partition);
        }
    }
    return share_state_call_run(call, s);
}
