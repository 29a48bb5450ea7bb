/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

typedef kw_list_partition_reassignments_request_topics request_topic;
typedef kw_list_partition_reassignments_response_ongoing_topic_reassignment response_topic;
typedef kw_list_partition_reassignments_response_ongoing_partition_reassignment response_partition;

static void add_partition(response_topic *out, const struct metadata_partition *partition)
{
    if (partition->adding.len <= 0 && partition->removing.len <= 0)
        return;
    response_partition *p = &out->partitions.items[out->partitions.len++];
    kw_list_partition_reassignments_response_ongoing_partition_reassignment_init(p);
    p->partition_index = partition->index;
    p->replicas = partition->replicas;
    p->adding_replicas = partition->adding;
    p->removing_replicas = partition->removing;
}

/* The partitions that are being reassigned: of those that the request names, or with NULL of all. */
static bool add_topic(struct call *call, const struct metadata_topic *topic, const kw_int32_array *asked,
                      kw_list_partition_reassignments_response *response)
{
    size_t most = asked == NULL ? (size_t)topic->partition_count : asked->len > 0 ? (size_t)asked->len : 0;
    response_topic *out = &response->topics.items[response->topics.len];
    kw_list_partition_reassignments_response_ongoing_topic_reassignment_init(out);
    out->name = topic->name;
    out->partitions.len = 0;
    out->partitions.items = kw_arena_array(call->arena, most, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    for (size_t i = 0; i < most; i++) {
        const struct metadata_partition *partition =
            asked == NULL ? &topic->partitions[i] : metadata_topic_partition(topic, asked->items[i]);
        if (partition != NULL)
            add_partition(out, partition);
    }
    response->topics.len += out->partitions.len > 0;
    return true;
}

enum call_outcome handle_list_partition_reassignments(struct call *call,
                                                      const kw_list_partition_reassignments_request *request,
                                                      kw_list_partition_reassignments_response *response)
{
    const struct metadata_image *image = call->image;
    bool all = request->topics.len < 0;
    size_t count = all ? metadata_topic_count(image) : (size_t)request->topics.len;
    response->error_message = (kw_string){NULL, -1};
    response->topics.len = 0;
    response->topics.items = kw_arena_array(call->arena, count, sizeof *response->topics.items);
    if (response->topics.items == NULL)
        return CALL_FAILED;
    for (size_t i = 0; i < count; i++) {
        const request_topic *asked = all ? NULL : &request->topics.items[i];
        const struct metadata_topic *topic =
            all ? metadata_topic_at(image, i) : metadata_topic_by_name(image, asked->name);
        if (topic != NULL && !add_topic(call, topic, all ? NULL : &asked->partition_indexes, response))
            return CALL_FAILED;
    }
    return CALL_ANSWERED;
}
