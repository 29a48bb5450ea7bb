/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <kwire/error.h>

enum { FIRST_BY_ID = 13 };

typedef kw_produce_request request_type;
typedef kw_produce_response response_type;
typedef kw_produce_request_topic_produce_data request_topic;
typedef kw_produce_response_topic_produce_response response_topic;
typedef kw_produce_response_partition_produce_response response_partition;

/* A client does not try again after this one. */
static int16_t error_of(const struct call *call, const request_topic *asked, int32_t partition)
{
    bool by_id = call->version >= FIRST_BY_ID;
    const struct metadata_topic *topic =
        by_id ? metadata_topic_by_id(call->image, asked->topic_id) : metadata_topic_by_name(call->image, asked->name);
    if (topic == NULL && by_id)
        return KW_ERROR_UNKNOWN_TOPIC_ID;
    if (topic == NULL || metadata_topic_partition(topic, partition) == NULL)
        return KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
    return KW_ERROR_TOPIC_AUTHORIZATION_FAILED;
}

static bool refuse(const struct call *call, const request_topic *asked, response_topic *out)
{
    kw_produce_response_topic_produce_response_init(out);
    out->name = asked->name;
    out->topic_id = asked->topic_id;
    out->partition_responses.len = asked->partition_data.len;
    out->partition_responses.items =
        kw_arena_array(call->arena, (size_t)asked->partition_data.len, sizeof *out->partition_responses.items);
    if (out->partition_responses.items == NULL)
        return false;
    for (int32_t i = 0; i < asked->partition_data.len; i++) {
        response_partition *partition = &out->partition_responses.items[i];
        kw_produce_response_partition_produce_response_init(partition);
        partition->index = asked->partition_data.items[i].index;
        partition->error_code = error_of(call, asked, partition->index);
        partition->base_offset = -1;
        if (partition->error_code == KW_ERROR_TOPIC_AUTHORIZATION_FAILED)
            partition->error_message = kw_string_of("this broker serves its topics for reading only");
    }
    return true;
}

/* Everything is refused. The API is served because librdkafka reads current record batches only from brokers that can
 * take them too. */
enum call_outcome handle_produce(struct call *call, const request_type *request, response_type *response)
{
    if (request->acks == 0)
        return call_refuse(call, "refused, though no answer is expected");
    response->responses.len = request->topic_data.len;
    response->responses.items =
        kw_arena_array(call->arena, (size_t)request->topic_data.len, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return CALL_FAILED;
    for (int32_t i = 0; i < request->topic_data.len; i++)
        if (!refuse(call, &request->topic_data.items[i], &response->responses.items[i]))
            return CALL_FAILED;
    return CALL_ANSWERED;
}
