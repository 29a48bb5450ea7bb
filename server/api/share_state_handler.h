/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_STATE_HANDLER_H
#define SERVER_API_SHARE_STATE_HANDLER_H

/* The body of the five APIs of the state of share partitions, which differ in their types only. Who includes this file
 * has the types request_type, response_type, request_topic, request_partition, response_topic and response_partition,
 * and these functions:
 *
 *     void response_topic_init(response_topic *)
 *     void response_partition_init(response_partition *)
 *     bool take(const struct call *, const request_partition *, struct share_state_item *)  what is asked
 *     bool put(const struct call *, const struct share_state_item *, response_partition *)  the answer without error
 *
 * The last two return false if memory is short. */

#include <kwire/error.h>

#include "handlers.h"
#include "share_state_call.h"

static bool fill_partition(const struct call *call, const struct share_state_item *item, response_partition *out)
{
    response_partition_init(out);
    out->partition = item->asked.key.partition;
    out->error_code = item->error;
    out->error_message = item->message;
    return item->error != KW_ERROR_NONE || put(call, item, out);
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
        response_topic_init(out);
        out->topic_id = asked->topic_id;
        out->partitions.items =
            kw_arena_array(call->arena, (size_t)asked->partitions.len, sizeof *out->partitions.items);
        if (out->partitions.items == NULL)
            return CALL_FAILED;
        while (out->partitions.len < asked->partitions.len)
            if (!fill_partition(call, item++, &out->partitions.items[out->partitions.len++]))
                return CALL_FAILED;
    }
    return CALL_ANSWERED;
}

/* As in Kafka a request without a group, or with a topic without partitions, has an empty answer. */
static enum call_outcome ask_states(struct call *call, enum share_state_api api, const request_type *request)
{
    size_t partitions = 0;
    for (int32_t t = 0; t < request->topics.len; t++) {
        if (request->topics.items[t].partitions.len == 0)
            return CALL_ANSWERED;
        partitions += (size_t)request->topics.items[t].partitions.len;
    }
    if (partitions == 0 || request->group_id.len == 0)
        return CALL_ANSWERED;
    struct share_state_call *s = share_state_call_create(call, api, partitions, fill);
    if (s == NULL)
        return CALL_FAILED;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const request_topic *topic = &request->topics.items[t];
        for (int32_t p = 0; p < topic->partitions.len; p++) {
            const request_partition *asked = &topic->partitions.items[p];
            if (!take(call, asked, share_state_call_add(s, request->group_id, topic->topic_id, asked->partition)))
                return CALL_FAILED;
        }
    }
    return share_state_call_run(call, s);
}

#endif
