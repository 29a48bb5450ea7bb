/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <string.h>

#include <kwire/error.h>
#include <kwire/topic_name.h>

#include "auto_create.h"
#include "offline_replicas.h"
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
        if (!offline_replicas(call, &topic->partitions[i], &partition->offline_replicas))
            return false;
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

/* The names of the request, each once. */
static bool list_names(const struct call *call, const request_type *request, struct name_list *out)
{
    if (!name_list_init(out, (size_t)request->topics.len, call->arena))
        return false;
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = request->topics.items[i].name;
    return name_list_make_distinct(out, false, call->arena);
}

/* Topics that exist come first, as in Kafka; otherwise the order is the request's. */
static bool describe_names(const struct call *call, const request_type *request, response_type *response)
{
    struct name_list names;
    if (!list_names(call, request, &names) || !make_topics(call, names.count, response))
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

static bool asks_for_all(const struct call *call, const request_type *request)
{
    return call->version < FIRST_WITH_NULL_FOR_ALL ? request->topics.len == 0 : request->topics.len < 0;
}

static bool asks_by_id(const struct call *call, const request_type *request)
{
    return call->version >= FIRST_WITH_IDS && any_id(request);
}

/* KW_ERROR_NONE: it can be answered. */
static int16_t check(const struct call *call, const request_type *request)
{
    bool by_id = asks_by_id(call, request);
    if (call->version < FIRST_ASKED_BY_ID && (by_id || any_null_name(request)))
        return KW_ERROR_INVALID_REQUEST;
    return !by_id && any_null_name(request) ? KW_ERROR_UNKNOWN_SERVER_ERROR : KW_ERROR_NONE;
}

static bool respond(const struct call *call, const request_type *request, response_type *response)
{
    int16_t error = check(call, request);
    if (error != KW_ERROR_NONE)
        return refuse(call, request, error, response);
    if (!describe_self(call, request, response))
        return false;
    if (asks_for_all(call, request))
        return describe_every_topic(call, request, response);
    return asks_by_id(call, request) ? describe_ids(call, request, response) : describe_names(call, request, response);
}

static bool may_create(const struct call *call, const request_type *request)
{
    return request->allow_auto_topic_creation && auto_create_is_possible(call) && !asks_for_all(call, request) &&
           !asks_by_id(call, request) && check(call, request) == KW_ERROR_NONE;
}

/* What is created meanwhile is not shown yet: Kafka answers UNKNOWN_TOPIC_OR_PARTITION, and clients ask again. The
 * image of the answer is therefore the one that the decision was taken on. */
static enum call_outcome respond_after_creation(struct call *call)
{
    return respond(call, call->request, call->response) ? CALL_ANSWERED : CALL_FAILED;
}

enum call_outcome handle_metadata(struct call *call, const request_type *request, response_type *response)
{
    struct name_list names, missing;
    if (may_create(call, request)) {
        if (!list_names(call, request, &names) || !auto_create_select(call, &names, &missing))
            return CALL_FAILED;
        if (missing.count != 0)
            return auto_create(call, &missing, respond_after_creation);
    }
    return respond(call, request, response) ? CALL_ANSWERED : CALL_FAILED;
}
