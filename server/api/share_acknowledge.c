/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../share/share_session.h"
#include "handlers.h"
#include "share_acks.h"
#include "share_leave.h"
#include "share_protocol.h"

typedef kw_share_acknowledge_request request_type;
typedef kw_share_acknowledge_response response_type;
typedef kw_share_acknowledge_response_partition_data response_partition;

struct acknowledging {
    struct share_acks acks;
    struct partition_set session;
};

static enum call_outcome refuse(response_type *response, int16_t error)
{
    response->error_code = error;
    return CALL_ANSWERED;
}

static bool tell_leader(struct call *call, const struct share_ack *ack, response_partition *out)
{
    const struct metadata_topic *topic = metadata_topic_by_id(call->image, ack->topic);
    const struct metadata_partition *partition = topic != NULL ? metadata_topic_partition(topic, ack->index) : NULL;
    response_type *response = call->response;
    if (partition == NULL || ack->answer.error != KW_ERROR_NOT_LEADER_OR_FOLLOWER)
        return true;
    out->current_leader.leader_id = partition->leader_id;
    out->current_leader.leader_epoch = partition->leader_epoch;
    if (partition->leader_id != call->broker->identity.node_id || response->node_endpoints.len > 0)
        return true;
    kw_share_acknowledge_response_node_endpoint *self = kw_arena_alloc(call->arena, sizeof *self);
    if (self == NULL)
        return false;
    kw_share_acknowledge_response_node_endpoint_init(self);
    self->node_id = call->broker->identity.node_id;
    self->host = kw_string_of(call->endpoint->host);
    self->rack = metadata_broker_rack(call->image, self->node_id);
    self->port = call->endpoint->port;
    response->node_endpoints.items = self;
    response->node_endpoints.len = 1;
    return true;
}

static size_t topic_end(const struct share_acks *acks, size_t start)
{
    size_t end = start + 1;
    while (end < acks->count && kw_uuid_equal(acks->items[end].topic, acks->items[start].topic))
        end++;
    return end;
}

/* Acknowledgements of one topic. */
static bool fill_topic(struct call *call, const struct share_acks *acks, size_t start, size_t end)
{
    response_type *response = call->response;
    kw_share_acknowledge_response_topic_response *out = &response->responses.items[response->responses.len];
    kw_share_acknowledge_response_topic_response_init(out);
    out->topic_id = acks->items[start].topic;
    out->partitions.items = kw_arena_array(call->arena, end - start, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    for (size_t i = start; i < end; i++) {
        const struct share_ack *ack = &acks->items[i];
        if (!share_ack_is_listed(acks, ack))
            continue;
        response_partition *p = &out->partitions.items[out->partitions.len++];
        kw_share_acknowledge_response_partition_data_init(p);
        p->partition_index = ack->index;
        p->error_code = ack->answer.error;
        p->error_message = kw_string_of(ack->answer.message);
        if (!tell_leader(call, ack, p))
            return false;
    }
    response->responses.len += out->partitions.len != 0;
    return true;
}

static bool fill(struct call *call, const struct share_acks *acks)
{
    response_type *response = call->response;
    response->responses.items = kw_arena_array(call->arena, acks->count + 1, sizeof *response->responses.items);
    bool fine = response->responses.items != NULL;
    for (size_t i = 0, end; i < acks->count && fine; i = end) {
        end = topic_end(acks, i);
        fine = fill_topic(call, acks, i, end);
    }
    return fine;
}

static enum call_outcome answer(struct call *call)
{
    const request_type *r = call->request;
    const struct acknowledging *a = call->state;
    response_type *response = call->response;
    const struct share_config config = share_config_of(call->broker, call->image, r->group_id);
    bool fine = fill(call, &a->acks);
    response->acquisition_lock_timeout_ms = (int32_t)config.limits.lock_ms;
    if (r->share_session_epoch == SHARE_EPOCH_CLOSE) {
        share_release(call->broker, call->image, r->group_id, r->member_id, a->session);
        share_session_close(&call->broker->share_sessions, r->group_id, r->member_id);
    }
    return fine ? CALL_ANSWERED : CALL_FAILED;
}

static bool list_ranges(const struct call *call, const kw_share_acknowledge_request_acknowledge_partition *from,
                        struct share_acknowledgements *out)
{
    size_t count = (size_t)from->acknowledgement_batches.len;
    struct share_acknowledgement *items = kw_arena_array(call->arena, count + 1, sizeof *items);
    *out = (struct share_acknowledgements){items, count};
    for (size_t i = 0; i < count && items != NULL; i++) {
        const kw_share_acknowledge_request_acknowledgement_batch *b = &from->acknowledgement_batches.items[i];
        size_t types = b->acknowledge_types.len > 0 ? (size_t)b->acknowledge_types.len : 0;
        items[i] = (struct share_acknowledgement){b->first_offset, b->last_offset, b->acknowledge_types.items, types};
    }
    return items != NULL;
}

static bool list_acks(const struct call *call, struct share_acks *acks)
{
    const request_type *r = call->request;
    size_t count = 0;
    for (int32_t t = 0; t < r->topics.len; t++)
        count += (size_t)r->topics.items[t].partitions.len;
    acks->items = kw_arena_array(call->arena, count + 1, sizeof *acks->items);
    if (acks->items == NULL)
        return false;
    for (int32_t t = 0; t < r->topics.len; t++)
        for (int32_t p = 0; p < r->topics.items[t].partitions.len; p++) {
            struct share_ack *ack = &acks->items[acks->count++];
            *ack = (struct share_ack){.topic = r->topics.items[t].topic_id,
                                      .index = r->topics.items[t].partitions.items[p].partition_index};
            if (!list_ranges(call, &r->topics.items[t].partitions.items[p], &ack->ranges))
                return false;
        }
    share_acks_check(call, acks, r->is_renew_ack);
    return true;
}

enum call_outcome handle_share_acknowledge(struct call *call, const request_type *request, response_type *response)
{
    struct acknowledging *a = kw_arena_alloc(call->arena, sizeof *a);
    if (a == NULL)
        return CALL_FAILED;
    memset(a, 0, sizeof *a);
    call->state = a;
    if (!share_protocol_is_enabled(call))
        return refuse(response, KW_ERROR_UNSUPPORTED_VERSION);
    if (request->group_id.len < 0)
        return refuse(response, KW_ERROR_INVALID_REQUEST);
    if (!share_member_id_is_valid(request->member_id))
        return refuse(response, KW_ERROR_INVALID_REQUEST);
    if (request->share_session_epoch == SHARE_EPOCH_OPEN)
        return refuse(response, KW_ERROR_INVALID_SHARE_SESSION_EPOCH);
    const struct share_session_request session = {
        .group = request->group_id, .member = request->member_id, .epoch = request->share_session_epoch, .keeps = true};
    int16_t error = share_session_use(&call->broker->share_sessions, &session, call->arena, &a->session);
    if (error != KW_ERROR_NONE)
        return refuse(response, error);
    if (!list_acks(call, &a->acks))
        return CALL_FAILED;
    return share_acks_run(call, &a->acks, request->group_id, request->member_id, answer);
}
