/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/share/share_initialize.h"
#include "../coordinator/group/share/share_offsets.h"
#include "handlers.h"
#include "share_protocol.h"
#include "share_state_call.h"

typedef kw_alter_share_group_offsets_request request_type;
typedef kw_alter_share_group_offsets_request_topic request_topic;
typedef kw_alter_share_group_offsets_response response_type;
typedef kw_alter_share_group_offsets_response_topic response_topic;
typedef kw_alter_share_group_offsets_response_partition response_partition;

struct altering {
    struct topic_creation_waiter waiter; /* the first member */
    struct partition_set set;            /* that exist */
    kw_uuid *topics;                     /* ids of those of the request; zero: not known */
    int32_t *partitions;                 /* how many these have */
    int32_t epoch;
    struct refusal refusal;
    struct share_state_call *states; /* in the order of the request */
    struct partition_set done;
    struct partition_set failed;
};

static struct refusal plain(int16_t error)
{
    return (struct refusal){error, {NULL, -1}};
}

static enum call_outcome refuse(response_type *response, struct refusal refusal)
{
    kw_alter_share_group_offsets_response_init(response);
    response->error_code = refusal.error;
    response->error_message =
        refusal.message.len >= 0 ? refusal.message : kw_string_of(share_error_text(refusal.error));
    return CALL_ANSWERED;
}

static bool exists(const struct altering *a, int32_t topic, int32_t partition)
{
    return partition >= 0 && partition < a->partitions[topic];
}

/* ---- the answer ---- */

static bool fill(struct call *call)
{
    const request_type *request = call->request;
    response_type *response = call->response;
    const struct altering *a = call->state;
    const struct share_state_item *item = a->states->items;
    response->responses.items =
        kw_arena_array(call->arena, (size_t)request->topics.len + 1, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return false;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const request_topic *asked = &request->topics.items[t];
        response_topic *out = &response->responses.items[response->responses.len++];
        kw_alter_share_group_offsets_response_topic_init(out);
        out->topic_name = asked->topic_name;
        out->topic_id = a->topics[t];
        out->partitions.items =
            kw_arena_array(call->arena, (size_t)asked->partitions.len + 1, sizeof *out->partitions.items);
        if (out->partitions.items == NULL)
            return false;
        for (int32_t p = 0; p < asked->partitions.len; p++) {
            response_partition *partition = &out->partitions.items[out->partitions.len++];
            bool is_there = exists(a, t, asked->partitions.items[p].partition_index);
            kw_alter_share_group_offsets_response_partition_init(partition);
            partition->partition_index = asked->partitions.items[p].partition_index;
            partition->error_code = is_there ? item->error : (int16_t)KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION;
            if (partition->error_code != KW_ERROR_NONE)
                partition->error_message = is_there && item->message.len >= 0
                                               ? item->message
                                               : kw_string_of(share_error_text(partition->error_code));
            item += is_there;
        }
    }
    return true;
}

static enum call_outcome answer(struct call *call)
{
    return fill(call) ? CALL_ANSWERED : CALL_FAILED; /* what the group could not note is tried again by its members */
}

/* ---- the group knows what has been initialized ---- */

static void decide_end(struct call *call, struct coordinator_decision *d)
{
    const struct altering *a = call->state;
    share_topics_initialized(d->state, d, ((const request_type *)call->request)->group_id, a->done, a->failed);
}

static enum call_outcome tell_group(struct call *call)
{
    struct share_state_call *states = call->state;
    struct altering *a = states->context;
    struct set_partition *done = kw_arena_array(call->arena, states->count + 1, sizeof *done);
    struct set_partition *failed = kw_arena_array(call->arena, states->count + 1, sizeof *failed);
    size_t done_count = 0, failed_count = 0;
    call->state = a;
    if (done == NULL || failed == NULL)
        return CALL_FAILED;
    for (size_t i = 0; i < states->count; i++) {
        const struct share_key *key = &states->items[i].asked.key;
        const struct set_partition partition = {key->topic_id, key->partition, 0};
        if (states->items[i].error == KW_ERROR_NONE)
            done[done_count++] = partition;
        else
            failed[failed_count++] = partition;
    }
    a->done = partition_set_of(done, done_count);
    a->failed = partition_set_of(failed, failed_count);
    return call_coordinate_key(call, &call->broker->groups, ((const request_type *)call->request)->group_id, decide_end,
                               NULL, answer);
}

/* ---- the states ---- */

static enum call_outcome initialize(struct call *call)
{
    const request_type *request = call->request;
    struct altering *a = call->state;
    if (call->decided != KW_ERROR_NONE)
        a->refusal.error = call_coordinator_error(call);
    if (a->refusal.error != KW_ERROR_NONE)
        return refuse(call->response, a->refusal);
    struct share_state_call *states =
        share_state_call_create(call, SHARE_STATE_INITIALIZE, a->set.count + 1, tell_group);
    call->state = a;
    if (states == NULL)
        return CALL_FAILED;
    a->states = states;
    states->context = a;
    for (int32_t t = 0; t < request->topics.len; t++)
        for (int32_t p = 0; p < request->topics.items[t].partitions.len; p++) {
            const kw_alter_share_group_offsets_request_partition *from = &request->topics.items[t].partitions.items[p];
            if (!exists(a, t, from->partition_index))
                continue;
            struct share_state_item *item =
                share_state_call_add(states, request->group_id, a->topics[t], from->partition_index);
            item->asked.state_epoch = a->epoch;
            item->start_offset = from->start_offset;
            share_partitions_drop(&call->broker->share_partitions, &item->asked.key);
        }
    if (states->count == 0)
        return answer(call);
    return share_state_call_run(call, states);
}

static void decide(struct call *call, struct coordinator_decision *d)
{
    struct altering *a = call->state;
    a->refusal =
        share_offsets_alter(d, ((const request_type *)call->request)->group_id, a->set, &a->epoch, call->arena);
}

/* One that is named twice would be initialized twice. */
static bool list(struct call *call, const request_type *request, struct altering *a)
{
    size_t most = 0, count = 0;
    for (int32_t t = 0; t < request->topics.len; t++)
        most += (size_t)request->topics.items[t].partitions.len;
    struct set_partition *items = kw_arena_array(call->arena, most + 1, sizeof *items);
    a->topics = kw_arena_array(call->arena, (size_t)request->topics.len + 1, sizeof *a->topics);
    a->partitions = kw_arena_array(call->arena, (size_t)request->topics.len + 1, sizeof *a->partitions);
    if (items == NULL || a->topics == NULL || a->partitions == NULL)
        return false;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const request_topic *asked = &request->topics.items[t];
        const struct metadata_topic *topic = metadata_topic_by_name(call->image, asked->topic_name);
        a->topics[t] = topic != NULL ? topic->id : (kw_uuid){{0}};
        a->partitions[t] = topic != NULL ? topic->partition_count : 0;
        for (int32_t p = 0; p < asked->partitions.len; p++)
            if (exists(a, t, asked->partitions.items[p].partition_index))
                items[count++] = (struct set_partition){a->topics[t], asked->partitions.items[p].partition_index, 0};
    }
    a->set = partition_set_of(items, count);
    if (a->set.count == count)
        return true;
    a->refusal.error = KW_ERROR_INVALID_REQUEST;
    return true;
}

static enum call_outcome note_group(struct call *call)
{
    kw_string group = ((const request_type *)call->request)->group_id;
    return call_coordinate_key(call, &call->broker->groups, group, decide, NULL, initialize);
}

enum call_outcome handle_alter_share_group_offsets(struct call *call, const request_type *request,
                                                   response_type *response)
{
    struct altering *a = kw_arena_alloc(call->arena, sizeof *a);
    if (a == NULL)
        return CALL_FAILED;
    memset(a, 0, sizeof *a);
    a->refusal = plain(KW_ERROR_NONE);
    call->state = a;
    if (!share_protocol_is_enabled(call))
        return refuse(response, plain(KW_ERROR_UNSUPPORTED_VERSION));
    if (request->group_id.len == 0)
        return refuse(response, plain(KW_ERROR_INVALID_GROUP_ID));
    if (!list(call, request, a))
        return CALL_FAILED;
    if (a->refusal.error != KW_ERROR_NONE)
        return refuse(response, a->refusal);
    return share_topic_await(call, note_group);
}
