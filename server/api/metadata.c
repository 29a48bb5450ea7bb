/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <string.h>

#include <kwire/error.h>
#include <kwire/topic_name.h>

#include "topic_names.h"

enum { FIRST_WITH_NULL_FOR_ALL = 1, FIRST_WITH_IDS = 10, FIRST_ASKED_BY_ID = 12, FIRST_WITH_ERROR = 13 };

typedef kw_metadata_request request_type;
typedef kw_metadata_response response_type;
typedef struct kw_metadata_response_topic response_topic;
typedef struct kw_metadata_response_partition response_partition;

static bool describe_self(const struct call *call, const request_type *request, response_type *response)
{
    kw_metadata_response_broker *self = kw_arena_alloc(call->arena, sizeof *self);
    if (self == NULL)
        return false;
    kw_metadata_response_broker_init(self);
    self->node_id = call->broker->identity.node_id;
    self->host = kw_string_of(call->endpoint->host);
    self->rack = metadata_broker_rack(call->image, self->node_id);
    self->port = call->endpoint->port;
    response->brokers.items = self;
    response->brokers.len = 1;
    response->cluster_id = kw_string_of(call->broker->identity.cluster_id);
    response->controller_id = call->broker->identity.node_id;
    if (request->include_cluster_authorized_operations)
        response->cluster_authorized_operations = CLUSTER_OPERATIONS;
    return true;
}

static bool make_topics(const struct call *call, size_t capacity, response_type *response)
{
    response->topics.items = kw_arena_array(call->arena, capacity, sizeof *response->topics.items);
    return response->topics.items != NULL;
}

static response_topic *next_topic(response_type *response)
{
    response_topic *topic = &response->topics.items[response->topics.len++];
    kw_metadata_response_topic_init(topic);
    return topic;
}

static bool describe_topic(const struct call *call, const request_type *request, const struct metadata_topic *topic,
                           response_type *response)
{
    response_topic *out = next_topic(response);
    out->name = topic->name;
    out->topic_id = topic->id;
    out->is_internal = topic->is_internal;
    if (request->include_topic_authorized_operations)
        out->topic_authorized_operations = TOPIC_OPERATIONS;
    out->partitions.len = topic->partition_count;
    out->partitions.items = kw_arena_array(call->arena, (size_t)topic->partition_count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    for (int32_t i = 0; i < topic->partition_count; i++) {
        response_partition *partition = &out->partitions.items[i];
        kw_metadata_response_partition_init(partition);
        partition->partition_index = topic->partitions[i].index;
        if (topic->partitions[i].leader_id < 0)
            partition->error_code = KW_ERROR_LEADER_NOT_AVAILABLE;
        partition->leader_id = topic->partitions[i].leader_id;
        partition->leader_epoch = topic->partitions[i].leader_epoch;
        partition->replica_nodes = topic->partitions[i].replicas;
        partition->isr_nodes = topic->partitions[i].isr;
        partition->offline_replicas = topic->partitions[i].offline;
    }
    return true;
}

static void describe_unknown_name(const request_type *request, kw_string name, response_type *response)
{
    response_topic *out = next_topic(response);
    bool valid = kw_topic_name_is_valid(name);
    out->error_code = valid ? KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION : KW_ERROR_INVALID_TOPIC_EXCEPTION;
    out->name = name;
    out->is_internal = kw_topic_name_is_internal(name);
    if (request->include_topic_authorized_operations)
        out->topic_authorized_operations = TOPIC_OPERATIONS;
}

static void describe_unknown_id(kw_uuid id, response_type *response)
{
    response_topic *out = next_topic(response);
    out->error_code = KW_ERROR_UNKNOWN_TOPIC_ID;
    out->name = kw_string_of(NULL);
    out->topic_id = id;
}

static bool describe_every_topic(const struct call *call, const request_type *request, response_type *response)
{
    if (!make_topics(call, metadata_topic_count(call->image), response))
        return false;
    for (size_t i = 0; i < metadata_topic_count(call->image); i++)
        if (!describe_topic(call, request, metadata_topic_at(call->image, i), response))
            return false;
    return true;
}

/* Topics that exist come first, as in Kafka; otherwise the order is the request's. */
static bool describe_names(const struct call *call, const request_type *request, response_type *response)
{
    struct name_list names;
    if (!name_list_init(&names, (size_t)request->topics.len, call->arena))
        return false;
    for (size_t i = 0; i < names.count; i++)
        names.items[i] = request->topics.items[i].name;
    if (!name_list_make_distinct(&names, false, call->arena) || !make_topics(call, names.count, response))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_name(call->image, names.items[i]);
        if (topic != NULL && !describe_topic(call, request, topic, response))
            return false;
    }
    for (size_t i = 0; i < names.count; i++)
        if (metadata_topic_by_name(call->image, names.items[i]) == NULL)
            describe_unknown_name(request, names.items[i], response);
    return true;
}

static kw_uuid id_of(kw_string bytes)
{
    kw_uuid id;
    memcpy(id.bytes, bytes.data, sizeof id.bytes);
    return id;
}

/* Ids that no topic has come first; names in the request, and ids that are zero, do not count. */
static bool describe_ids(const struct call *call, const request_type *request, response_type *response)
{
    struct name_list ids; /* the bytes of an id sort and compare like those of a name */
    if (!name_list_init(&ids, (size_t)request->topics.len, call->arena))
        return false;
    ids.count = 0;
    for (int32_t i = 0; i < request->topics.len; i++) {
        const kw_uuid *id = &request->topics.items[i].topic_id;
        kw_string bytes = {(const char *)id->bytes, (int32_t)sizeof id->bytes};
        if (!kw_uuid_is_zero(*id))
            ids.items[ids.count++] = bytes;
    }
    if (!name_list_make_distinct(&ids, false, call->arena) || !make_topics(call, ids.count, response))
        return false;
    for (size_t i = 0; i < ids.count; i++)
        if (metadata_topic_by_id(call->image, id_of(ids.items[i])) == NULL)
            describe_unknown_id(id_of(ids.items[i]), response);
    for (size_t i = 0; i < ids.count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_id(call->image, id_of(ids.items[i]));
        if (topic != NULL && !describe_topic(call, request, topic, response))
            return false;
    }
    return true;
}

/* The request cannot be answered at all: its topics with an error each, and nothing about the cluster. */
static bool refuse(const struct call *call, const request_type *request, int16_t error, response_type *response)
{
    if (!make_topics(call, (size_t)request->topics.len, response))
        return false;
    for (int32_t i = 0; i < request->topics.len; i++) {
        response_topic *out = next_topic(response);
        out->error_code = error;
        out->topic_id = request->topics.items[i].topic_id;
        if (request->topics.items[i].name.len >= 0)
            out->name = request->topics.items[i].name;
    }
    if (call->version >= FIRST_WITH_ERROR)
        response->error_code = error;
    return true;
}

static bool any_id(const request_type *request)
{
    for (int32_t i = 0; i < request->topics.len; i++)
        if (!kw_uuid_is_zero(request->topics.items[i].topic_id))
            return true;
    return false;
}

static bool any_null_name(const request_type *request)
{
    for (int32_t i = 0; i < request->topics.len; i++)
        if (request->topics.items[i].name.len < 0)
            return true;
    return false;
}

static bool respond(const struct call *call, const request_type *request, response_type *response)
{
    bool by_id = call->version >= FIRST_WITH_IDS && any_id(request);
    if (call->version < FIRST_ASKED_BY_ID && (by_id || any_null_name(request)))
        return refuse(call, request, KW_ERROR_INVALID_REQUEST, response);
    if (!by_id && any_null_name(request))
        return refuse(call, request, KW_ERROR_UNKNOWN_SERVER_ERROR, response);

    bool all = call->version < FIRST_WITH_NULL_FOR_ALL ? request->topics.len == 0 : request->topics.len < 0;
    if (!describe_self(call, request, response))
        return false;
    if (all)
        return describe_every_topic(call, request, response);
    return by_id ? describe_ids(call, request, response) : describe_names(call, request, response);
}

enum call_outcome handle_metadata(struct call *call, const request_type *request, response_type *response)
{
    return respond(call, request, response) ? CALL_ANSWERED : CALL_FAILED;
}
