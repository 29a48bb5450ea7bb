/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../coordinator/group/share/share_offsets.h"
#include "handlers.h"
#include "share_protocol.h"
#include "share_state_call.h"

typedef kw_delete_share_group_offsets_request request_type;
typedef kw_delete_share_group_offsets_response response_type;
typedef kw_delete_share_group_offsets_response_topic response_topic;

struct deleting {
    struct share_deletion *deletions; /* one for each topic of the request */
    struct refusal refusal;
    struct share_state_call *states;
};

static struct refusal plain(int16_t error)
{
    return (struct refusal){error, {NULL, -1}};
}

static enum call_outcome refuse(response_type *response, struct refusal refusal)
{
    kw_delete_share_group_offsets_response_init(response);
    response->error_code = refusal.error;
    response->error_message =
        refusal.message.len >= 0 ? refusal.message : kw_string_of(share_error_text(refusal.error));
    return CALL_ANSWERED;
}

static kw_string message_of(const struct share_deletion *deletion)
{
    if (deletion->error == KW_ERROR_NONE)
        return kw_string_of(NULL);
    if (deletion->error == KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION && deletion->partitions != 0)
        return kw_string_of("There is no offset information to delete.");
    return kw_string_of(share_error_text(deletion->error));
}

static enum call_outcome answer(struct call *call)
{
    const request_type *request = call->request;
    response_type *response = call->response;
    const struct deleting *d = call->state;
    if (call->decided != KW_ERROR_NONE)
        return refuse(response, plain(call_coordinator_error(call)));
    response->responses.items =
        kw_arena_array(call->arena, (size_t)request->topics.len + 1, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return CALL_FAILED;
    for (int32_t t = 0; t < request->topics.len; t++) {
        response_topic *out = &response->responses.items[response->responses.len++];
        kw_delete_share_group_offsets_response_topic_init(out);
        out->topic_name = request->topics.items[t].topic_name;
        out->error_code = d->deletions[t].error;
        out->error_message = message_of(&d->deletions[t]);
        if (out->error_code == KW_ERROR_NONE)
            out->topic_id = d->deletions[t].topic;
    }
    return CALL_ANSWERED;
}

/* ---- the group knows what has been deleted ---- */

static void decide_end(struct call *call, struct coordinator_decision *decision)
{
    const request_type *request = call->request;
    const struct deleting *d = call->state;
    share_offsets_deleted(decision, request->group_id, d->deletions, (size_t)request->topics.len);
}

static enum call_outcome tell_group(struct call *call)
{
    const request_type *request = call->request;
    const struct share_state_call *states = call->state;
    struct deleting *d = states->context;
    size_t i = 0;
    call->state = d;
    for (int32_t t = 0; t < request->topics.len; t++) {
        size_t count = d->deletions[t].error == KW_ERROR_NONE ? d->deletions[t].set.count : 0;
        for (size_t end = i + count; i < end; i++)
            if (states->items[i].error != KW_ERROR_NONE)
                d->deletions[t].error = states->items[i].error;
    }
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide_end, NULL, answer);
}

/* ---- the states ---- */

static enum call_outcome delete_states(struct call *call)
{
    const request_type *request = call->request;
    struct deleting *d = call->state;
    size_t count = 0;
    if (call->decided != KW_ERROR_NONE)
        d->refusal.error = call_coordinator_error(call);
    if (d->refusal.error != KW_ERROR_NONE)
        return refuse(call->response, d->refusal);
    for (int32_t t = 0; t < request->topics.len; t++)
        count += d->deletions[t].error == KW_ERROR_NONE ? d->deletions[t].set.count : 0;
    struct share_state_call *states = share_state_call_create(call, SHARE_STATE_DELETE, count + 1, tell_group);
    call->state = d;
    if (states == NULL)
        return CALL_FAILED;
    d->states = states;
    states->context = d;
    for (int32_t t = 0; t < request->topics.len; t++)
        for (size_t p = 0; p < d->deletions[t].set.count && d->deletions[t].error == KW_ERROR_NONE; p++) {
            const struct set_partition *from = &d->deletions[t].set.items[p];
            const struct share_state_item *item =
                share_state_call_add(states, request->group_id, from->topic, from->index);
            share_partitions_drop(&call->broker->share_partitions, &item->asked.key);
        }
    return states->count != 0 ? share_state_call_run(call, states) : answer(call);
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    const request_type *request = call->request;
    struct deleting *d = call->state;
    d->refusal =
        share_offsets_delete(decision, request->group_id, d->deletions, (size_t)request->topics.len, call->arena);
}

/* A topic that is named twice is an error. */
static bool list(const struct call *call, const request_type *request, struct deleting *d)
{
    size_t count = 0;
    struct set_partition *known = kw_arena_array(call->arena, (size_t)request->topics.len + 1, sizeof *known);
    d->deletions = kw_arena_array(call->arena, (size_t)request->topics.len + 1, sizeof *d->deletions);
    if (known == NULL || d->deletions == NULL)
        return false;
    for (int32_t t = 0; t < request->topics.len; t++) {
        const struct metadata_topic *topic = metadata_topic_by_name(call->image, request->topics.items[t].topic_name);
        d->deletions[t] = (struct share_deletion){.error = KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION};
        if (topic == NULL)
            continue;
        d->deletions[t] = (struct share_deletion){.topic = topic->id, .partitions = topic->partition_count};
        known[count++] = (struct set_partition){topic->id, 0, 0};
    }
    if (partition_set_of(known, count).count != count)
        d->refusal.error = KW_ERROR_INVALID_REQUEST;
    return true;
}

enum call_outcome handle_delete_share_group_offsets(struct call *call, const request_type *request,
                                                    response_type *response)
{
    struct deleting *d = kw_arena_alloc(call->arena, sizeof *d);
    if (d == NULL)
        return CALL_FAILED;
    memset(d, 0, sizeof *d);
    d->refusal = plain(KW_ERROR_NONE);
    call->state = d;
    if (!share_protocol_is_enabled(call))
        return refuse(response, plain(KW_ERROR_UNSUPPORTED_VERSION));
    if (request->group_id.len == 0)
        return refuse(response, plain(KW_ERROR_INVALID_GROUP_ID));
    if (!list(call, request, d))
        return CALL_FAILED;
    if (d->refusal.error != KW_ERROR_NONE)
        return refuse(response, d->refusal);
    return call_coordinate_key(call, &call->broker->groups, request->group_id, decide, NULL, delete_states);
}
