/* SPDX-License-Identifier: Apache-2.0 */
#include "offset_committing.h"

#include <kwire/error.h>

#include "../base/growth.h"

typedef kw_offset_commit_request_topic request_topic;

/* ---- what is refused at once ---- */

static bool refuse_topic(const struct call *call, struct offset_committing *c, size_t index, int16_t error)
{
    const request_topic *topic = &c->asked->items[index];
    if (!partition_errors_add_topic(&c->refused, index, call->arena))
        return false;
    for (int32_t i = 0; i < topic->partitions.len; i++)
        if (!partition_errors_add(&c->refused, index, topic->partitions.items[i].partition_index, error, call->arena))
            return false;
    return true;
}

static bool accept_topic(const struct call *call, struct offset_committing *c, size_t index,
                         const struct metadata_topic *known)
{
    const request_topic *asked = &c->asked->items[index];
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

static bool look_at_topic(const struct call *call, struct offset_committing *c, size_t index)
{
    const request_topic *topic = &c->asked->items[index];
    const struct metadata_topic *known = c->by_id ? metadata_topic_by_id(call->image, topic->topic_id)
                                                  : metadata_topic_by_name(call->image, topic->name);
    if (known == NULL)
        return refuse_topic(call, c, index, c->by_id ? KW_ERROR_UNKNOWN_TOPIC_ID : KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION);
    return accept_topic(call, c, index, known);
}

static size_t topic_count(const struct offset_committing *c)
{
    return c->asked->len > 0 ? (size_t)c->asked->len : 0;
}

bool offset_committing_start(const struct call *call, struct offset_committing *c, int16_t refusal)
{
    c->topics = kw_arena_array(call->arena, topic_count(c), sizeof *c->topics);
    c->indexes = kw_arena_array(call->arena, topic_count(c), sizeof *c->indexes);
    if (c->topics == NULL || c->indexes == NULL)
        return false;
    c->in.check.topics = c->topics;
    for (size_t i = 0; i < topic_count(c); i++)
        if (!(refusal != KW_ERROR_NONE ? refuse_topic(call, c, i, refusal) : look_at_topic(call, c, i)))
            return false;
    c->errors = kw_arena_array(call->arena, c->partitions, sizeof *c->errors);
    return c->errors != NULL;
}

void offset_committing_decide(struct offset_committing *c, struct coordinator_decision *decision)
{
    offset_commit(decision, &c->in, c->errors);
}

void offset_committing_fail(struct offset_committing *c, int16_t error)
{
    for (size_t i = 0; i < c->partitions; i++)
        c->errors[i] = error;
}

/* ---- the answer ---- */

static kw_bytes name_of(const struct offset_committing *c, const request_topic *topic)
{
    return c->by_id ? kw_bytes_of(&topic->topic_id, sizeof topic->topic_id)
                    : kw_bytes_of(topic->name.data, (size_t)topic->name.len);
}

static bool add_decided(const struct call *call, struct offset_committing *c)
{
    const int16_t *error = c->errors;
    for (int32_t t = 0; t < c->in.check.topic_count; t++)
        for (int32_t p = 0; p < c->topics[t].partitions.len; p++)
            if (!partition_errors_add(&c->refused, c->indexes[t], c->topics[t].partitions.items[p].partition_index,
                                      *error++, call->arena))
                return false;
    return true;
}

static bool fill_topic(const struct call *call, const struct offset_committing *c, const struct topic_errors *from,
                       kw_offset_commit_response_topic *out)
{
    const request_topic *topic = &c->asked->items[from->topic];
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
bool offset_committing_fill(const struct call *call, struct offset_committing *c,
                            kw_offset_commit_response_topic_array *out)
{
    struct topics_errors topics;
    bool any_refused = c->refused.count != 0;
    kw_bytes *names = kw_arena_array(call->arena, topic_count(c), sizeof *names);
    if (names == NULL || !add_decided(call, c))
        return false;
    for (size_t i = 0; i < topic_count(c); i++)
        names[i] = name_of(c, &c->asked->items[i]);
    if (!partition_errors_by_topic(&c->refused, any_refused ? names : NULL, topic_count(c), call->arena, &topics))
        return false;
    out->items = kw_arena_array(call->arena, topics.count, sizeof *out->items);
    if (out->items == NULL)
        return false;
    out->len = (int32_t)topics.count;
    for (size_t i = 0; i < topics.count; i++)
        if (!fill_topic(call, c, &topics.items[i], &out->items[i]))
            return false;
    return true;
}
