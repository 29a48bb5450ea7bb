/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "../coordinator/group/offsets/offset_requests.h"
#include "handlers.h"
#include "partition_errors.h"

enum { IN_ZOOKEEPER = 0, FIRST_WITH_IDS = 10 };

typedef kw_offset_commit_request request_type;
typedef kw_offset_commit_response response_type;
typedef kw_offset_commit_request_topic request_topic;
typedef kw_offset_commit_response_topic response_topic;

struct committing {
    struct offset_commit in;
    struct partition_errors refused;
    request_topic *topics; /* what is not refused; in.check.topics */
    size_t *indexes;       /* of these topics in the request */
    size_t partitions;     /* of these topics */
    int16_t *errors;       /* of these partitions */
};

/* ---- what is refused at once ---- */

static bool refuse_topic(const struct call *call, struct committing *c, size_t index, int16_t error)
{
    const request_topic *topic = &((const request_type *)call->request)->topics.items[index];
    if (!partition_errors_add_topic(&c->refused, index, call->arena))
        return false;
    for (int32_t i = 0; i < topic->partitions.len; i++)
        if (!partition_errors_add(&c->refused, index, topic->partitions.items[i].partition_index, error, call->arena))
            return false;
    return true;
}

static bool accept_topic(const struct call *call, struct committing *c, size_t index,
                         const struct metadata_topic *known)
{
    const request_topic *asked = &((const request_type *)call->request)->topics.items[index];
    request_topic *topic = &c->topics[c->in.check.topic_count];
    int32_t count = asked->partitions.len > 0 ? asked->partitions.len : 0;
    kw_offset_commit_request_topic_init(topic);
    topic->name = arena_copy_string(call->arena, known->name); /* another image may be decided on */
    topic->topic_id = known->id;
    topic->partitions.items = kw_arena_array(call->arena, (size_t)count, sizeof *topic->partitions.items);
    if (topic->name.data == NULL || topic->partitions.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        int32_t partition = asked->partitions.items[i].partition_index;
        if (metadata_topic_partition(known, partition) != NULL)
            topic->partitions.items[topic->partitions.len++] = asked->partitions.items[i];
        else if (!partition_errors_add(&c->refused, index, partition, KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION, call->arena))
            return false;
    }
    if (topic->partitions.len == 0)
        return true;
    c->indexes[c->in.check.topic_count++] = index;
    c->partitions += (size_t)topic->partitions.len;
    return true;
}

static bool look_at_topic(const struct call *call, struct committing *c, size_t index)
{
    const request_topic *topic = &((const request_type *)call->request)->topics.items[index];
    bool by_id = call->version >= FIRST_WITH_IDS;
    const struct metadata_topic *known =
        by_id ? metadata_topic_by_id(call->image, topic->topic_id) : metadata_topic_by_name(call->image, topic->name);
    if (call->version == IN_ZOOKEEPER)
        return refuse_topic(call, c, index, KW_ERROR_UNSUPPORTED_VERSION);
    if (known == NULL)
        return refuse_topic(call, c, index, by_id ? KW_ERROR_UNKNOWN_TOPIC_ID : KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    return accept_topic(call, c, index, known);
}

/* ---- the answer ---- */

static kw_bytes name_of(const struct call *call, const request_topic *topic)
{
    return call->version >= FIRST_WITH_IDS ? kw_bytes_of(&topic->topic_id, sizeof topic->topic_id)
                                           : kw_bytes_of(topic->name.data, (size_t)topic->name.len);
}

static bool add_decided(const struct call *call, struct committing *c)
{
    const int16_t *error = c->errors;
    for (int32_t t = 0; t < c->in.check.topic_count; t++)
        for (int32_t p = 0; p < c->topics[t].partitions.len; p++)
            if (!partition_errors_add(&c->refused, c->indexes[t], c->topics[t].partitions.items[p].partition_index,
                                      *error++, call->arena))
                return false;
    return true;
}

static bool fill_topic(const struct call *call, const struct topic_errors *from, response_topic *out)
{
    const request_topic *topic = &((const request_type *)call->request)->topics.items[from->topic];
    kw_offset_commit_response_topic_init(out);
    out->name = topic->name;
    out->topic_id = topic->topic_id;
    out->partitions.items = kw_arena_array(call->arena, from->count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    out->partitions.len = (int32_t)from->count;
    for (size_t i = 0; i < from->count; i++) {
        kw_offset_commit_response_partition_init(&out->partitions.items[i]);
        out->partitions.items[i].partition_index = from->items[i].partition;
        out->partitions.items[i].error_code = from->items[i].error;
    }
    return true;
}

/* As in Kafka, topics with errors of the broker come first, and topics that are named twice are one among them. */
static bool fill(const struct call *call, struct committing *c, response_type *response)
{
    const request_type *request = call->request;
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    struct topics_errors topics;
    bool any_refused = c->refused.count != 0;
    kw_bytes *names = kw_arena_array(call->arena, count, sizeof *names);
    if (names == NULL || !add_decided(call, c))
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = name_of(call, &request->topics.items[i]);
    if (!partition_errors_by_topic(&c->refused, any_refused ? names : NULL, count, call->arena, &topics))
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
    struct committing *c = call->state;
    int16_t error = call_coordinator_error(call);
    for (size_t i = 0; i < c->partitions && error != KW_ERROR_NONE; i++)
        c->errors[i] = error;
    return fill(call, c, call->response) ? CALL_ANSWERED : CALL_FAILED;
}

/* ---- the group ---- */

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct committing *c = call->state;
    offset_commit(decision, &c->in, c->errors);
}

static bool start(struct call *call, struct committing *c, const request_type *request)
{
    size_t count = request->topics.len > 0 ? (size_t)request->topics.len : 0;
    c->in = (struct offset_commit){
        .group = request->group_id,
        .check = {.member_id = request->member_id,
                  .instance_id = request->group_instance_id,
                  .generation = request->generation_id_or_member_epoch,
                  .version = call->version},
        .retention_ms = request->retention_time_ms,
    };
    c->topics = kw_arena_array(call->arena, count, sizeof *c->topics);
    c->indexes = kw_arena_array(call->arena, count, sizeof *c->indexes);
    if (c->topics == NULL || c->indexes == NULL)
        return false;
    c->in.check.topics = c->topics;
    for (size_t i = 0; i < count; i++)
        if (!look_at_topic(call, c, i))
            return false;
    c->errors = kw_arena_array(call->arena, c->partitions, sizeof *c->errors);
    return c->errors != NULL;
}

enum call_outcome handle_offset_commit(struct call *call, const kw_offset_commit_request *request,
                                       kw_offset_commit_response *response)
{
    struct committing *c = kw_arena_alloc(call->arena, sizeof *c);
    if (c == NULL)
        return CALL_FAILED;
    memset(c, 0, sizeof *c);
    call->state = c;
    if (!start(call, c, request))
        return CALL_FAILED;
    if (c->in.check.topic_count == 0)
        return fill(call, c, response) ? CALL_ANSWERED : CALL_FAILED;
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, finish);
}
