/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "share_fetch.h"

typedef kw_share_fetch_response response_type;
typedef kw_share_fetch_response_partition_data response_partition;

static response_partition *add_partition(struct share_fetching *f, kw_uuid topic, int32_t index)
{
    response_type *response = f->response;
    kw_share_fetch_response_share_fetchable_topic_response *t = NULL;
    for (int32_t i = 0; i < response->responses.len && t == NULL; i++)
        if (kw_uuid_equal(response->responses.items[i].topic_id, topic))
            t = &response->responses.items[i];
    if (t == NULL) {
        t = &response->responses.items[response->responses.len++];
        kw_share_fetch_response_share_fetchable_topic_response_init(t);
        t->topic_id = topic;
        t->partitions.items = kw_arena_array(f->call->arena, f->count + f->acks.count, sizeof *t->partitions.items);
        if (t->partitions.items == NULL) {
            response->responses.len--;
            return NULL;
        }
    }
    response_partition *out = &t->partitions.items[t->partitions.len++];
    kw_share_fetch_response_partition_data_init(out);
    out->partition_index = index;
    out->records = (kw_bytes){NULL, 0};
    return out;
}

static struct share_ack *find_ack(struct share_fetching *f, const struct set_partition *id)
{
    for (size_t i = 0; i < f->acks.count; i++)
        if (f->acks.items[i].index == id->index && kw_uuid_equal(f->acks.items[i].topic, id->topic))
            return &f->acks.items[i];
    return NULL;
}

static bool tell_leader(struct share_fetching *f, const struct share_source *s, response_partition *out)
{
    const struct call *call = f->call;
    const struct metadata_topic *topic = metadata_topic_by_id(call->image, s->id.topic);
    const struct metadata_partition *partition = topic != NULL ? metadata_topic_partition(topic, s->id.index) : NULL;
    if (partition == NULL || (s->error != KW_ERROR_NOT_LEADER_OR_FOLLOWER && s->error != KW_ERROR_FENCED_LEADER_EPOCH))
        return true;
    out->current_leader.leader_id = partition->leader_id;
    out->current_leader.leader_epoch = partition->leader_epoch;
    if (partition->leader_id != call->broker->identity.node_id || f->response->node_endpoints.len > 0)
        return true;
    kw_share_fetch_response_node_endpoint *self = kw_arena_alloc(call->arena, sizeof *self);
    if (self == NULL)
        return false;
    kw_share_fetch_response_node_endpoint_init(self);
    self->node_id = call->broker->identity.node_id;
    self->host = kw_string_of(call->endpoint->host);
    self->rack = metadata_broker_rack(call->image, self->node_id);
    self->port = call->endpoint->port;
    f->response->node_endpoints.items = self;
    f->response->node_endpoints.len = 1;
    return true;
}

static bool list_acquired(struct share_fetching *f, const struct share_source *s, response_partition *out)
{
    const struct share_batches *ranges = &s->acquired.ranges;
    out->acquired_records.items = kw_arena_array(f->call->arena, ranges->count, sizeof *out->acquired_records.items);
    if (out->acquired_records.items == NULL)
        return false;
    for (size_t i = 0; i < ranges->count; i++) {
        kw_share_fetch_response_acquired_records *a = &out->acquired_records.items[out->acquired_records.len++];
        kw_share_fetch_response_acquired_records_init(a);
        a->first_offset = ranges->items[i].first;
        a->last_offset = ranges->items[i].last;
        a->delivery_count = ranges->items[i].count;
    }
    out->records = s->records;
    return true;
}

static void put_ack(struct share_ack *ack, response_partition *out)
{
    out->acknowledge_error_code = ack->answer.error;
    out->acknowledge_error_message = kw_string_of(ack->answer.message);
    ack->is_answered = true;
}

/* Kafka lists a partition without records if they could have been acquired, and the session is new, or has the
 * partition since this request, or an error of it was the last thing that the session has answered. */
static bool is_listed(const struct share_fetching *f, const struct share_source *s)
{
    if (s->error != KW_ERROR_NONE || s->acquired.ranges.count != 0)
        return true;
    return s->was_reading && (f->request->share_session_epoch == SHARE_EPOCH_OPEN || s->id.epoch == SHARE_TO_BE_LISTED);
}

static bool fill_source(struct share_fetching *f, struct share_source *s)
{
    struct share_ack *ack = find_ack(f, &s->id);
    bool has_records = s->acquired.ranges.count != 0;
    s->is_listed = is_listed(f, s);
    if (!s->is_listed)
        return true;
    response_partition *out = add_partition(f, s->id.topic, s->id.index);
    if (out == NULL)
        return false;
    out->error_code = s->error;
    if (ack != NULL)
        put_ack(ack, out);
    return tell_leader(f, s, out) && (!has_records || list_acquired(f, s, out));
}

static void release_segment(void *segment)
{
    segment_release(segment);
}

/* From here on the segments are held for the response. */
static bool hand_over(struct share_fetching *f)
{
    size_t count = 0;
    for (size_t i = 0; i < f->count; i++)
        count += f->sources[i].acquired.ranges.count != 0;
    if (!responses_expect_records(f->call->responses, count))
        return false;
    for (size_t i = 0; i < f->count; i++) {
        struct share_source *s = &f->sources[i];
        if (s->acquired.ranges.count == 0)
            continue;
        responses_hold(f->call->responses, release_segment, s->slice.segment);
        s->slice.segment = NULL;
    }
    return true;
}

/* Acknowledgements of partitions that are not listed for something else. */
static bool fill_acks(struct share_fetching *f)
{
    for (size_t i = 0; i < f->acks.count; i++) {
        struct share_ack *ack = &f->acks.items[i];
        if (ack->is_answered || !share_ack_is_listed(&f->acks, ack))
            continue;
        response_partition *out = add_partition(f, ack->topic, ack->index);
        if (out == NULL)
            return false;
        put_ack(ack, out);
    }
    return true;
}

bool share_fetch_fill(struct share_fetching *f)
{
    response_type *response = f->response;
    size_t most = f->count + f->acks.count;
    response->acquisition_lock_timeout_ms = (int32_t)f->config.limits.lock_ms;
    response->responses.items = kw_arena_array(f->call->arena, most + 1, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return false;
    for (size_t i = 0; i < f->count; i++)
        if (!fill_source(f, &f->sources[i]))
            return false;
    return fill_acks(f) && hand_over(f);
}
