/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "../coordinator/group/share/share_offsets.h"
#include "../log/log_map.h"
#include "call_parts.h"
#include "handlers.h"
#include "share_protocol.h"
#include "share_state_call.h"

typedef kw_describe_share_group_offsets_request request_type;
typedef kw_describe_share_group_offsets_request_group request_group;
typedef kw_describe_share_group_offsets_response response_type;
typedef kw_describe_share_group_offsets_response_group response_group;
typedef kw_describe_share_group_offsets_response_topic response_topic;
typedef kw_describe_share_group_offsets_response_partition response_partition;

/* Of a group. */
struct described {
    int16_t error;
    struct partition_set set; /* where the request names no topics */
    size_t first;             /* of its states */
    kw_uuid *topics;          /* ids of those that the request names; zero: not known */
};

struct describing {
    struct call_parts parts; /* the groups */
    struct described *groups;
    struct share_state_call *states;
    bool is_short;
};

static const request_group *group_at(const struct call *call, size_t index)
{
    return &((const request_type *)call->request)->groups.items[index];
}

/* ---- the groups ---- */

static void decide(struct call *call, struct coordinator_decision *d)
{
    const struct describing *s = call->state;
    share_offsets_list(d, group_at(call, s->parts.index)->group_id, false, call->arena, &s->groups[s->parts.index].set);
}

static enum call_outcome start_group(struct call *call)
{
    const struct describing *s = call->state;
    const request_group *group = group_at(call, s->parts.index);
    if (group->topics.len < 0)
        return call_coordinate_key(call, &call->broker->groups, group->group_id, decide, NULL, call_part_decided);
    call->decided = KW_ERROR_NONE;
    return call_part_decided(call);
}

static bool take_group(struct call *call)
{
    const struct describing *s = call->state;
    s->groups[s->parts.index].error =
        call->decided != KW_ERROR_NONE ? call_coordinator_error(call) : (int16_t)KW_ERROR_NONE;
    return true;
}

/* ---- the states ---- */

static size_t count_partitions(const struct call *call, size_t index)
{
    const struct describing *s = call->state;
    const request_group *group = group_at(call, index);
    size_t count = 0;
    if (group->topics.len < 0)
        return s->groups[index].set.count;
    for (int32_t t = 0; t < group->topics.len; t++)
        count += (size_t)group->topics.items[t].partitions.len;
    return count;
}

static bool add_states(const struct call *call, size_t index, struct share_state_call *states)
{
    const struct describing *s = call->state;
    const request_group *group = group_at(call, index);
    struct partition_set set = s->groups[index].set;
    for (size_t i = 0; i < set.count && group->topics.len < 0; i++)
        (void)share_state_call_add(states, group->group_id, set.items[i].topic, set.items[i].index);
    size_t topics = group->topics.len > 0 ? (size_t)group->topics.len : 0;
    kw_uuid *ids = s->groups[index].topics = kw_arena_array(call->arena, topics + 1, sizeof *ids);
    if (ids == NULL)
        return false;
    for (size_t t = 0; t < topics; t++) {
        const struct metadata_topic *topic = metadata_topic_by_name(call->image, group->topics.items[t].topic_name);
        ids[t] = topic != NULL ? topic->id : (kw_uuid){{0}};
        for (int32_t p = 0; p < group->topics.items[t].partitions.len && topic != NULL; p++)
            (void)share_state_call_add(states, group->group_id, topic->id, group->topics.items[t].partitions.items[p]);
    }
    return true;
}

/* ---- the answer ---- */

/* -1: it is not known. */
static int64_t lag_of(struct call *call, const struct share_state_item *item)
{
    struct log_snapshot snapshot;
    const struct metadata_topic *topic = metadata_topic_by_id(call->image, item->asked.key.topic_id);
    struct partition_log *log =
        topic != NULL ? log_manager_find(&call->broker->logs, topic->name, topic->id, item->asked.key.partition) : NULL;
    int64_t lag = -1;
    if (log == NULL)
        return -1;
    if (item->start_offset >= 0 && item->complete_count >= 0 &&
        partition_log_acquire(log, false, &snapshot) == KW_ERROR_NONE) {
        lag = snapshot.high_watermark - item->start_offset - item->complete_count;
        log_snapshot_release(&snapshot);
    }
    log_release(log);
    return lag > 0 ? lag : lag < 0 ? -1 : 0;
}

static void fill_partition(struct call *call, const struct share_state_item *item, response_partition *out)
{
    out->start_offset = -1;
    out->lag = -1;
    if (item == NULL || item->error != KW_ERROR_NONE)
        return;
    out->start_offset = item->start_offset;
    out->leader_epoch = item->asked.leader_epoch;
    out->lag = lag_of(call, item);
}

static response_topic *add_topic(struct call *call, response_group *out, kw_string name, kw_uuid id, size_t partitions)
{
    response_topic *topic = &out->topics.items[out->topics.len++];
    kw_describe_share_group_offsets_response_topic_init(topic);
    topic->topic_name = arena_copy_string(call->arena, name);
    topic->topic_id = id;
    topic->partitions.items = kw_arena_array(call->arena, partitions + 1, sizeof *topic->partitions.items);
    return topic->topic_name.data != NULL && topic->partitions.items != NULL ? topic : NULL;
}

static response_partition *add_partition(response_topic *topic, int32_t index)
{
    response_partition *out = &topic->partitions.items[topic->partitions.len++];
    kw_describe_share_group_offsets_response_partition_init(out);
    out->partition_index = index;
    return out;
}

/* Topics that have been deleted meanwhile are left out. */
static bool fill_all(struct call *call, struct partition_set set, const struct share_state_item *items,
                     response_group *out)
{
    out->topics.items = kw_arena_array(call->arena, partition_set_topics(set) + 1, sizeof *out->topics.items);
    if (out->topics.items == NULL)
        return false;
    for (size_t i = 0, end; i < set.count; i = end) {
        const struct metadata_topic *known = metadata_topic_by_id(call->image, set.items[i].topic);
        end = partition_set_topic_end(set, i);
        if (known == NULL)
            continue;
        response_topic *topic = add_topic(call, out, known->name, known->id, end - i);
        if (topic == NULL)
            return false;
        for (size_t p = i; p < end; p++)
            fill_partition(call, &items[p], add_partition(topic, set.items[p].index));
    }
    return true;
}

static bool fill_named(struct call *call, const request_group *group, const kw_uuid *ids,
                       const struct share_state_item *items, response_group *out)
{
    out->topics.items = kw_arena_array(call->arena, (size_t)group->topics.len + 1, sizeof *out->topics.items);
    if (out->topics.items == NULL)
        return false;
    for (int32_t t = 0; t < group->topics.len; t++) {
        const kw_describe_share_group_offsets_request_topic *asked = &group->topics.items[t];
        bool is_known = !kw_uuid_is_zero(ids[t]);
        response_topic *topic = add_topic(call, out, asked->topic_name, ids[t], (size_t)asked->partitions.len);
        if (topic == NULL)
            return false;
        for (int32_t p = 0; p < asked->partitions.len; p++)
            fill_partition(call, is_known ? items++ : NULL, add_partition(topic, asked->partitions.items[p]));
    }
    return true;
}

static void fill_groups(struct call *call)
{
    struct describing *s = call->state;
    response_type *response = call->response;
    for (size_t i = 0; i < s->parts.count && !s->is_short; i++) {
        const struct share_state_item *items = s->states->items + s->groups[i].first;
        const request_group *group = group_at(call, i);
        response_group *out = &response->groups.items[response->groups.len++];
        kw_describe_share_group_offsets_response_group_init(out);
        out->group_id = group->group_id;
        out->error_code = s->groups[i].error;
        if (out->error_code != KW_ERROR_NONE)
            continue;
        s->is_short = !(group->topics.len < 0 ? fill_all(call, s->groups[i].set, items, out)
                                              : fill_named(call, group, s->groups[i].topics, items, out));
    }
}

static enum call_outcome conclude(struct call *call)
{
    const struct describing *s = call->state;
    return s->is_short ? CALL_FAILED : CALL_ANSWERED;
}

/* Logs may have to be opened. */
static enum call_outcome answer(struct call *call)
{
    struct share_state_call *states = call->state;
    call->state = states->context;
    return call_offload(call, fill_groups, conclude);
}

static enum call_outcome ask_for_states(struct call *call)
{
    struct describing *s = call->state;
    size_t count = 0;
    for (size_t i = 0; i < s->parts.count; i++)
        count += count_partitions(call, i);
    struct share_state_call *states = share_state_call_create(call, SHARE_STATE_SUMMARY, count, answer);
    call->state = s;
    if (states == NULL)
        return CALL_FAILED;
    s->states = states;
    states->context = s;
    for (size_t i = 0; i < s->parts.count; i++) {
        s->groups[i].first = states->count;
        if (!add_states(call, i, states))
            return CALL_FAILED;
    }
    return share_state_call_run(call, states);
}

enum call_outcome handle_describe_share_group_offsets(struct call *call, const request_type *request,
                                                      response_type *response)
{
    struct describing *s = kw_arena_alloc(call->arena, sizeof *s);
    size_t count = (size_t)request->groups.len;
    response->groups.items = kw_arena_array(call->arena, count + 1, sizeof *response->groups.items);
    if (s == NULL || response->groups.items == NULL)
        return CALL_FAILED;
    memset(s, 0, sizeof *s);
    s->parts =
        (struct call_parts){.count = count, .start = start_group, .decided = take_group, .finish = ask_for_states};
    s->groups = kw_arena_array(call->arena, count + 1, sizeof *s->groups);
    if (s->groups == NULL)
        return CALL_FAILED;
    memset(s->groups, 0, (count + 1) * sizeof *s->groups);
    call->state = s;
    if (share_protocol_is_enabled(call))
        return call_parts_start(call);
    for (size_t i = 0; i < count; i++) {
        response_group *out = &response->groups.items[response->groups.len++];
        kw_describe_share_group_offsets_response_group_init(out);
        out->group_id = request->groups.items[i].group_id;
        out->error_code = KW_ERROR_UNSUPPORTED_VERSION;
    }
    return CALL_ANSWERED;
}
