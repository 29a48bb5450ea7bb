/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/offsets/offset_requests.h"
#include "handlers.h"
#include "partition_errors.h"

typedef kw_offset_delete_request request_type;
typedef kw_offset_delete_response response_type;
typedef kw_offset_delete_request_topic request_topic;
typedef kw_offset_delete_response_topic response_topic;

struct deleting {
    struct offset_delete in;
    struct partition_errors refused;
    request_topic *topics; /* what is not refused; in.topics */
    size_t *indexes;       /* of these topics in the request */
    size_t partitions;     /* of these topics */
    int16_t *errors;       /* of these partitions */
    int16_t error;         /* of the group */
};

/* ---- what is refused at once ---- */

static bool refuse_topic(const struct call *call, struct deleting *d, size_t index)
{
    const request_topic *topic = &((const request_type *)call->request)->topics.items[index];
    if (!partition_errors_add_topic(&d->refused, index, call->arena))
        return false;
    for (int32_t i = 0; i < topic->partitions.len; i++)
        if (!partition_errors_add(&d->refused, index, topic->partitions.items[i].partition_index,
                                  KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, call->arena))
            return false;
    return true;
}

static bool accept_topic(const struct call *call, struct deleting *d, size_t index, const struct metadata_topic *known)
{
    const request_topic *asked = &((const request_type *)call->request)->topics.items[index];
    request_topic *topic = &d->topics[d->in.topic_count];
    int32_t count = asked->partitions.len > 0 ? asked->partitions.len : 0;
    kw_offset_delete_request_topic_init(topic);
    topic->name = asked->name;
    topic->partitions.items = kw_arena_array(call->arena, (size_t)count, sizeof *topic->partitions.items);
    if (topic->partitions.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        int32_t partition = asked->partitions.items[i].partition_index;
        if (metadata_topic_partition(known, partition) != NULL)
            topic->partitions.items[topic->partitions.len++] = asked->partitions.items[i];
        else if (!partition_errors_add(&d->refused, index, partition, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, call->arena))
            return false;
    }
    if (topic->partitions.len == 0)
        return true;
    d->indexes[d->in.topic_count++] = index;
    d->partitions += (size_t)topic->partitions.len;
    return true;
}

/* ---- the answer ---- */

static bool add_decided(const struct call *call, struct deleting *d)
{
    const int16_t *error = d->errors;
    for (int32_t t = 0; t < d->in.topic_count; t++)
        for (int32_t p = 0; p < d->topics[t].partitions.len; p++)
            if (!partition_errors_add(&d->refused, d->indexes[t], d->topics[t].partitions.items[p].partition_index,
                                      *error++, call->arena))
                return false;
    return true;
}

static bool fill_topic(const struct call *call, const struct topic_errors *from, response_topic *out)
{
    const request_topic *topic = &((const request_type *)call->request)->topics.items[from->topic];
    kw_offset_delete_response_topic_init(out);
    out->name = topic->name;
    out->partitions.items = kw_arena_array(call->arena, from->count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    out->partitions.len = (int32_t)from->count;
    for (size_t i = 0; i < from->count; i++) {
        kw_offset_delete_response_partition_init(&out->partitions.items[i]);
        out->partitions.items[i].partition_index = from->items[i].partition;
        out->partitions.items[i].error_code = from->items[i].error;
    }
    return true;
}

/* As in Kafka, topics with errors of the broker come first. */
static bool fill(const struct call *call, struct deleting *d, response_type *response)
{
    const request_type *request = call->request;
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    struct topics_errors topics;
    bool any_refused = d->refused.count != 0;
    kw_bytes *names = kw_arena_array(call->arena, count, sizeof *names);
    if (names == NULL || !add_decided(call, d))
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = kw_bytes_of(request->topics.items[i].name.data, (size_t)request->topics.items[i].name.len);
    if (!partition_errors_by_topic(&d->refused, any_refused ? names : NULL, count, call->arena, &topics))
        return false;
    response->topics.items = kw_arena_array(call->arena, topics.count, sizeof *response->topics.items);
    if (response->topics.items == NULL)
        return false;
    response->topics.len = (int32_t)topics.count;
    for (size_t i = 0; i < topics.count; i++)
        if (!fill_topic(call, &topics.items[i], &response->topics.items[i]))
            return false;
    return true;
}

static enum call_outcome finish(struct call *call)
{
    struct deleting *d = call->state;
    kw_offset_delete_response *response = call->response;
    response->error_code = call->decided != KW_ERROR_NONE ? call_coordinator_error(call) : d->error;
    if (response->error_code != KW_ERROR_NONE)
        return CALL_ANSWERED; /* without topics */
    return fill(call, d, response) ? CALL_ANSWERED : CALL_FAILED;
}

/* ---- the group ---- */

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct deleting *d = call->state;
    d->error = offset_delete(decision, &d->in, d->errors);
}

static bool start(struct call *call, struct deleting *d, const request_type *request)
{
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    d->in.group = request->group_id;
    d->topics = kw_arena_array(call->arena, count, sizeof *d->topics);
    d->indexes = kw_arena_array(call->arena, count, sizeof *d->indexes);
    if (d->topics == NULL || d->indexes == NULL)
        return false;
    d->in.topics = d->topics;
    for (size_t i = 0; i < count; i++) {
        const struct metadata_topic *known = metadata_topic_by_name(call->image, request->topics.items[i].name);
        if (!(known != NULL ? accept_topic(call, d, i, known) : refuse_topic(call, d, i)))
            return false;
    }
    d->errors = kw_arena_array(call->arena, d->partitions, sizeof *d->errors);
    return d->errors != NULL;
}

enum call_outcome handle_offset_delete(struct call *call, const kw_offset_delete_request *request,
                                       kw_offset_delete_response *response)
{
    struct deleting *d = kw_arena_alloc(call->arena, sizeof *d);
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    call->state = d;
    if (request->group_id.len == 0) {
        response->error_code = KW_ERROR_INVALID_GROUP_ID;
        return CALL_ANSWERED;
    }
    if (!start(call, d, request))
        return CALL_FAILED;
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, finish);
}
