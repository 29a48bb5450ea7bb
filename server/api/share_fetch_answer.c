/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "share_fetch.h"

typedef kw_share_fetch_response response_type;
typedef kw_share_fetch_response_partition_data response_partition;

/* Partitions are added in the order of their topics. */
struct filling {
    struct share_fetching *f;
    response_partition *next;
};

static response_partition *add_partition(struct filling *to, kw_uuid topic, int32_t index)
{
    response_type *response = to->f->response;
    int32_t last = response->responses.len - 1;
    if (last < 0 || !kw_uuid_equal(response->responses.items[last].topic_id, topic)) {
        kw_share_fetch_response_share_fetchable_topic_response_init(&response->responses.items[++last]);
        response->responses.items[last].topic_id = topic;
        response->responses.items[last].partitions.items = to->next;
        response->responses.len++;
    }
    response_partition *out = to->next++;
    response->responses.items[last].partitions.len++;
    kw_share_fetch_response_partition_data_init(out);
    out->partition_index = index;
    out->records = (kw_bytes){NULL, 0};
    return out;
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

static void put_ack(const struct share_ack *ack, response_partition *out)
{
    out->acknowledge_error_code = ack->answer.error;
    out->acknowledge_error_message = kw_string_of(ack->answer.message);
}

/* Kafka lists a partition without records if they could have been acquired, and the session is new, or has the
 * partition since this request, or an error of it was the last thing that the session has answered. */
static bool is_listed(const struct share_fetching *f, const struct share_source *s)
{
    if (s->error != KW_ERROR_NONE || s->acquired.ranges.count != 0)
        return true;
    return s->was_reading &&
           (f->request->share_session_epoch == SHARE_EPOCH_OPEN || (s->id.epoch & SHARE_TO_BE_LISTED) != 0);
}

/* One of both may be NULL: of the session, and an acknowledgement. */
static bool fill_partition(struct filling *to, struct share_source *s, const struct share_ack *ack)
{
    if (s != NULL)
        s->is_listed = is_listed(to->f, s);
    if (s != NULL && !s->is_listed)
        s = NULL;
    if (s == NULL && (ack == NULL || !share_ack_is_listed(&to->f->acks, ack)))
        return true;
    response_partition *out =
        add_partition(to, s != NULL ? s->id.topic : ack->topic, s != NULL ? s->id.index : ack->index);
    if (ack != NULL)
        put_ack(ack, out);
    if (s == NULL)
        return true;
    out->error_code = s->error;
    return tell_leader(to->f, s, out) && (s->acquired.ranges.count == 0 || list_acquired(to->f, s, out));
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
        log_snapshot_release(&s->snapshot);
        s->slice.segment = NULL;
    }
    return true;
}

/* Whether it is before the topic of the first source. */
static bool is_before(const struct filling *to, kw_uuid topic)
{
    const struct share_fetching *f = to->f;
    return f->count != 0 && memcmp(topic.bytes, f->sources[0].id.topic.bytes, sizeof topic.bytes) < 0;
}

/* Where the topic of the first source starts: sources are in the order of a set, but for where that begins. */
static size_t first_source(const struct share_fetching *f)
{
    size_t at = f->count;
    while (at > 1 && kw_uuid_equal(f->sources[at - 1].id.topic, f->sources[0].id.topic) &&
           set_partition_compare(&f->sources[at - 1].id, &f->sources[at % f->count].id) < 0)
        at--;
    return f->count != 0 ? at % f->count : 0;
}

static size_t first_ack(const struct filling *to)
{
    const struct share_acks *acks = &to->f->acks;
    for (size_t i = 0; i < acks->count; i++)
        if (!is_before(to, acks->items[i].topic))
            return i;
    return 0;
}

/* Sources and acknowledgements in one order, so that each topic is listed once: it starts with the topic of the first
 * source, and what is before that in the order of a set comes behind the rest. */
static int compare(const struct filling *to, const struct share_source *s, const struct share_ack *ack)
{
    if (s == NULL || ack == NULL)
        return s == NULL ? 1 : -1;
    const struct set_partition other = {ack->topic, ack->index, 0};
    int order = is_before(to, s->id.topic) - is_before(to, ack->topic);
    return order != 0 ? order : set_partition_compare(&s->id, &other);
}

static bool fill_partitions(struct filling *to)
{
    struct share_fetching *f = to->f;
    size_t first_s = first_source(f), first_a = first_ack(to), s = 0, a = 0;
    bool fine = true;
    while ((s < f->count || a < f->acks.count) && fine) {
        struct share_source *source = s < f->count ? &f->sources[(first_s + s) % f->count] : NULL;
        const struct share_ack *ack = a < f->acks.count ? &f->acks.items[(first_a + a) % f->acks.count] : NULL;
        int order = compare(to, source, ack);
        s += order <= 0;
        a += order >= 0;
        fine = fill_partition(to, order <= 0 ? source : NULL, order >= 0 ? ack : NULL);
    }
    return fine;
}

bool share_fetch_fill(struct share_fetching *f)
{
    response_type *response = f->response;
    size_t most = f->count + f->acks.count;
    struct filling to = {f, kw_arena_array(f->call->arena, most + 1, sizeof *to.next)};
    response->acquisition_lock_timeout_ms = (int32_t)f->config.limits.lock_ms;
    response->responses.items = kw_arena_array(f->call->arena, most + 1, sizeof *response->responses.items);
    return response->responses.items != NULL && to.next != NULL && fill_partitions(&to) && hand_over(f);
}
