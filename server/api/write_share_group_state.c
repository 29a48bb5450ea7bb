/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"
#include "share_state_call.h"

typedef kw_write_share_group_state_request request_type;
typedef kw_write_share_group_state_response response_type;
typedef kw_write_share_group_state_request_write_state_data request_topic;
typedef kw_write_share_group_state_response_write_state_result response_topic;
typedef kw_write_share_group_state_response_partition_result response_partition;

static bool take_change(const struct call *call, const kw_write_share_group_state_request_partition_data *from,
                        struct share_state_item *item)
{
    item->asked.leader_epoch = from->leader_epoch;
    item->asked.state_epoch = from->state_epoch;
    item->start_offset = from->start_offset;
    item->complete_count = from->delivery_complete_count;
    item->batches.items = kw_arena_array(call->arena, (size_t)from->state_batches.len, sizeof *item->batches.items);
    if (item->batches.items == NULL)
        return false;
    for (int32_t i = 0; i < from->state_batches.len; i++) {
        const kw_write_share_group_state_request_state_batch *b = &from->state_batches.items[i];
        item->batches.items[item->batches.count++] =
            (struct share_batch){b->first_offset, b->last_offset, b->delivery_count, b->delivery_state};
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
        kw_write_share_group_state_response_write_state_result_init(out);
        out->topic_id = asked->topic_id;
        out->partitions.items =
            kw_arena_array(call->arena, (size_t)asked->partitions.len, sizeof *out->partitions.items);
        if (out->partitions.items == NULL)
            return CALL_FAILED;
        for (; out->partitions.len < asked->partitions.len; item++) {
            response_partition *p = &out->partitions.items[out->partitions.len++];
            kw_write_share_group_state_response_partition_result_init(p);
            p->partition = item->asked.key.partition;
            p->error_code = item->error;
            p->error_message = item->message;
        }
    }
    return CALL_ANSWERED;
}

/* As in Kafka a request without a group, or with a topic without partitions, has an empty answer. */
enum call_outcome handle_write_share_group_state(struct call *call, const request_type *request,
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
    struct share_state_call *s = share_state_call_create(call, SHARE_STATE_WRITE, partitions, fill);
    if (s == NULL)
        return CALL_FAILED;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const request_topic *topic = &request->topics.items[t];
        for (int32_t p = 0; p < topic->partitions.len; p++) {
            struct share_state_item *item =
                share_state_call_add(s, request->group_id, topic->topic_id, topic->partitions.items[p].partition);
            if (!take_change(call, &topic->partitions.items[p], item))
                return CALL_FAILED;
        }
    }
    return share_state_call_run(call, s);
}
