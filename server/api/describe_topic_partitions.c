/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <kwire/error.h>
#include <kwire/topic_name.h>

#include "offline_replicas.h"
#include "topic_names.h"

typedef kw_describe_topic_partitions_request request_type;
typedef kw_describe_topic_partitions_response response_type;
typedef struct kw_describe_topic_partitions_response_topic response_topic;
typedef struct kw_describe_topic_partitions_response_partition response_partition;
typedef struct kw_describe_topic_partitions_response_cursor response_cursor;

static bool is_asked_for(const request_type *request, kw_string name)
{
    for (int32_t i = 0; i < request->topics.len; i++)
        if (kw_string_equal(request->topics.items[i].name, name))
            return true;
    return request->topics.len == 0;
}

/* An error in the cursor shows at every topic, since the response has no other place for it. */
static void refuse_cursor(const request_type *request, response_type *response)
{
    for (int32_t i = 0; i < request->topics.len; i++) {
        response_topic *out = &response->topics.items[i];
        kw_describe_topic_partitions_response_topic_init(out);
        out->error_code = KW_ERROR_INVALID_REQUEST;
        out->name = request->topics.items[i].name;
    }
    response->topics.len = request->topics.len;
}

static void describe_unknown(kw_string name, response_topic *out)
{
    kw_describe_topic_partitions_response_topic_init(out);
    out->error_code =
        kw_topic_name_is_valid(name) ? KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION : KW_ERROR_INVALID_TOPIC_EXCEPTION;
    out->name = name;
    out->is_internal = kw_topic_name_is_internal(name);
    out->topic_authorized_operations = TOPIC_OPERATIONS;
}

/* One without a leader has no error here, as in Kafka. */
static bool describe_partition(const struct call *call, const struct metadata_partition *partition,
                               response_partition *out)
{
    kw_describe_topic_partitions_response_partition_init(out);
    out->partition_index = partition->index;
    out->leader_id = partition->leader_id;
    out->leader_epoch = partition->leader_epoch;
    out->replica_nodes = partition->replicas;
    out->isr_nodes = partition->isr;
    out->eligible_leader_replicas = partition->elr;
    out->last_known_elr = partition->last_known_elr;
    return offline_replicas(call, partition, &out->offline_replicas);
}

static bool describe_topic(const struct call *call, const struct metadata_topic *topic, int32_t first, int32_t count,
                           response_topic *out)
{
    kw_describe_topic_partitions_response_topic_init(out);
    out->name = topic->name;
    out->topic_id = topic->id;
    out->is_internal = topic->is_internal;
    out->topic_authorized_operations = TOPIC_OPERATIONS;
    out->partitions.len = count;
    out->partitions.items = kw_arena_array(call->arena, (size_t)count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++)
        if (!describe_partition(call, &topic->partitions[first + i], &out->partitions.items[i]))
            return false;
    return true;
}

static bool set_next_cursor(kw_arena *arena, kw_string topic, int32_t partition, response_type *response)
{
    response_cursor *cursor = kw_arena_alloc(arena, sizeof *cursor);
    if (cursor == NULL)
        return false;
    kw_describe_topic_partitions_response_cursor_init(cursor);
    cursor->topic_name = topic;
    cursor->partition_index = partition;
    response->next_cursor = cursor;
    return true;
}

/* The names to describe, sorted, from the cursor on; all topics if none is named. */
static bool list_names(const struct call *call, const request_type *request, struct name_list *names)
{
    bool all = request->topics.len == 0;
    size_t count = all ? metadata_topic_count(call->image) : (size_t)request->topics.len, kept = 0;
    if (!name_list_init(names, count, call->arena))
        return false;
    for (size_t i = 0; i < count; i++) {
        kw_string name = all ? metadata_topic_at(call->image, i)->name : request->topics.items[i].name;
        if (request->cursor == NULL || kw_string_compare(name, request->cursor->topic_name) >= 0)
            names->items[kept++] = name;
    }
    names->count = kept;
    return name_list_make_distinct(names, true, call->arena);
}

static bool describe_all(const struct call *call, const request_type *request, const struct name_list *names,
                         response_type *response)
{
    int32_t left = request->response_partition_limit;
    if (left < 1)
        left = 1;
    if (left > call->broker->config.max_request_partition_size_limit)
        left = call->broker->config.max_request_partition_size_limit;
    for (size_t i = 0; i < names->count; i++) {
        kw_string name = names->items[i];
        if (left == 0)
            return set_next_cursor(call->arena, name, 0, response);
        const struct metadata_topic *topic = metadata_topic_by_name(call->image, name);
        response_topic *out = &response->topics.items[response->topics.len++];
        if (topic == NULL) {
            describe_unknown(name, out);
            continue;
        }
        bool at_cursor = request->cursor != NULL && kw_string_equal(name, request->cursor->topic_name);
        int32_t first = at_cursor ? metadata_partitions_before(topic, request->cursor->partition_index) : 0;
        int32_t rest = topic->partition_count - first;
        int32_t count = rest < left ? rest : left;
        if (!describe_topic(call, topic, first, count, out))
            return false;
        left -= count;
        if (count < rest)
            return set_next_cursor(call->arena, name, topic->partitions[first + count].index, response);
    }
    return true;
}

enum call_outcome handle_describe_topic_partitions(struct call *call, const request_type *request,
                                                   response_type *response)
{
    struct name_list names;
    if (!list_names(call, request, &names))
        return CALL_FAILED;
    size_t capacity = names.count > (size_t)request->topics.len ? names.count : (size_t)request->topics.len;
    response->topics.items = kw_arena_array(call->arena, capacity, sizeof *response->topics.items);
    if (response->topics.items == NULL)
        return CALL_FAILED;
    if (request->cursor != NULL &&
        (request->cursor->partition_index < 0 || !is_asked_for(request, request->cursor->topic_name))) {
        refuse_cursor(request, response);
        return CALL_ANSWERED;
    }
    return describe_all(call, request, &names, response) ? CALL_ANSWERED : CALL_FAILED;
}
