/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "handlers.h"
#include "share_state_call.h"

typedef kw_read_share_group_state_request request_type;
typedef kw_read_share_group_state_response response_type;
typedef kw_read_share_group_state_request_read_state_data request_topic;
typedef kw_read_share_group_state_response_read_state_result response_topic;
typedef kw_read_share_group_state_response_partition_result response_partition;

static bool put_state(const struct call *call, const struct share_state_item *item, response_partition *out)
{
    out->state_epoch = item->asked.state_epoch;
    out->start_offset = item->start_offset;
    out->state_batches.items = kw_arena_array(call->arena, item->batches.count, sizeof *out->state_batches.items);
    if (out->state_batches.items == NULL)
        return false;
    for (size_t i = 0; i < item->batches.count; i++) {
        kw_read_share_group_state_response_state_batch *b = &out->state_batches.items[out->state_batches.len++];
        kw_read_share_group_state_response_state_batch_init(b);
        b->first_offset = item->batches.items[i].first;
        b->last_offset = item->batches.items[i].last;
        b->delivery_state = item->batches.items[i].state;
        b->delivery_count = item->batches.items[i].count;
    }
    return true;
}

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
        kw_read_share_group_state_response_read_state_result_init(out);
        out->topic_id = asked->topic_id;
        out->partitions.items =
            kw_arena_array(call->arena, (size_t)asked->partitions.len, sizeof *out->partitions.items);
        if (out->partitions.items == NULL)
            return CALL_FAILED;
        for (; out->partitions.len < asked->partitions.len; item++) {
            response_partition *p = &out->partitions.items[out->partitions.len++];
            kw_read_share_group_state_response_partition_result_init(p);
            p->partition = item->asked.key.partition;
            p->error_code = item->error;
            p->error_message = item->message;
            if (item->error == KW_ERROR_NONE && !put_state(call, item, p))
                return CALL_FAILED;
        }
    }
    return CALL_ANSWERED;
}

/* As in Kafka a request without a group, or with a topic without partitions, has an empty answer. */
enum call_outcome handle_read_share_group_state(struct call *call, const request_type *request, response_type *response)
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
    struct share_state_call *s = share_state_call_create(call, SHARE_STATE_READ, partitions, fill);
    if (s == NULL)
        return CALL_FAILED;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const request_topic *topic = &request->topics.items[t];
        for (int32_t p = 0; p < topic->partitions.len; p++) {
            struct share_state_item *item =
                share_state_call_add(s, request->group_id, topic->topic_id, topic->partitions.items[p].partition);
            item->asked.leader_epoch = topic->partitions.items[p].leader_epoch;
        }
    }
    return share_state_call_run(call, s);
}
