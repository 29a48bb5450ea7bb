/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "../coordinator/group/offsets/offset_requests.h"
#include "call_parts.h"
#include "handlers.h"

enum { IN_ZOOKEEPER = 0, FIRST_WITH_TOP_ERROR = 2, FIRST_WITH_GROUPS = 8, FIRST_WITH_IDS = 10 };

typedef kw_offset_fetch_request request_type;
typedef kw_offset_fetch_response response_type;
typedef kw_offset_fetch_request_group request_group;
typedef kw_offset_fetch_request_topics request_topic;
typedef kw_offset_fetch_response_group response_group;
typedef kw_offset_fetch_response_topics response_topic;
typedef kw_offset_fetch_response_partitions response_partition;

struct fetching {
    struct call_parts parts;
    const request_group *groups; /* of all versions */
    response_group *out;
    struct offset_fetch in; /* of the group that is decided */
    bool require_stable;
};

/* ---- the request ---- */

/* Before version 8 the request is one group. */
static bool make_group(const struct call *call, const request_type *request, request_group *out)
{
    int32_t count = request->topics.len;
    kw_offset_fetch_request_group_init(out);
    out->group_id = request->group_id;
    out->topics.len = count;
    if (count <= 0)
        return true;
    out->topics.items = kw_arena_array(call->arena, (size_t)count, sizeof *out->topics.items);
    if (out->topics.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        kw_offset_fetch_request_topics_init(&out->topics.items[i]);
        out->topics.items[i].name = request->topics.items[i].name;
        out->topics.items[i].partition_indexes = request->topics.items[i].partition_indexes;
    }
    return true;
}

static bool list_groups_of(struct call *call, struct fetching *f, const request_type *request)
{
    f->parts.count = request->groups.len > 0 ? (size_t)request->groups.len : 0;
    f->groups = request->groups.items;
    f->require_stable = request->require_stable;
    if (call->version < FIRST_WITH_GROUPS) {
        request_group *group = kw_arena_alloc(call->arena, sizeof *group);
        if (group == NULL || !make_group(call, request, group))
            return false;
        f->parts.count = 1;
        f->groups = group;
    }
    f->out = kw_arena_array(call->arena, f->parts.count, sizeof *f->out);
    return f->out != NULL;
}

/* ---- one group ---- */

/* All partitions of a topic have an error. */
static bool fail_topic(const struct call *call, const request_topic *topic, int16_t error, response_topic *out)
{
    int32_t count = topic->partition_indexes.len > 0 ? topic->partition_indexes.len : 0;
    kw_offset_fetch_response_topics_init(out);
    out->name = topic->name;
    out->topic_id = topic->topic_id;
    out->partitions.items = kw_arena_array(call->arena, (size_t)count, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    out->partitions.len = count;
    for (int32_t i = 0; i < count; i++) {
        response_partition *partition = &out->partitions.items[i];
        kw_offset_fetch_response_partitions_init(partition);
        partition->partition_index = topic->partition_indexes.items[i];
        partition->committed_offset = -1;
        partition->error_code = error;
    }
    return true;
}

/* Before version 2 the error of a group is that of each partition. */
static bool fail_group(const struct call *call, const request_group *group, int16_t error, response_group *out)
{
    out->error_code = call->version >= FIRST_WITH_TOP_ERROR ? error : KW_ERROR_NONE;
    out->topics.len = 0;
    if (call->version >= FIRST_WITH_TOP_ERROR || group->topics.len <= 0)
        return true;
    out->topics.items = kw_arena_array(call->arena, (size_t)group->topics.len, sizeof *out->topics.items);
    if (out->topics.items == NULL)
        return false;
    out->topics.len = group->topics.len;
    for (int32_t i = 0; i < group->topics.len; i++)
        if (!fail_topic(call, &group->topics.items[i], error, &out->topics.items[i]))
            return false;
    return true;
}

/* The topics with their names. Ids that are not known are left out. False: the arena is full. */
static bool name_topics(const struct call *call, const request_group *group, struct offset_fetch *in)
{
    request_topic *topics = kw_arena_array(call->arena, (size_t)group->topics.len, sizeof *topics);
    if (topics == NULL)
        return false;
    for (int32_t i = 0; i < group->topics.len; i++) {
        const request_topic *asked = &group->topics.items[i];
        const struct metadata_topic *known =
            call->version >= FIRST_WITH_IDS ? metadata_topic_by_id(call->image, asked->topic_id) : NULL;
        if (call->version >= FIRST_WITH_IDS && known == NULL)
            continue;
        topics[in->topic_count] = *asked;
        if (known != NULL)
            topics[in->topic_count].name = arena_copy_string(call->arena, known->name);
        if (topics[in->topic_count].name.data == NULL && asked->name.len != 0)
            return false;
        in->topic_count++;
    }
    in->topics = topics;
    return true;
}

static void decide(struct call *call, struct coordinator_decision *decision)
{
    struct fetching *f = call->state;
    offset_fetch(decision, &f->in, call->arena, &f->out[f->parts.index]);
}

static enum call_outcome start_group(struct call *call)
{
    struct fetching *f = call->state;
    const request_group *group = &f->groups[f->parts.index];
    kw_offset_fetch_response_group_init(&f->out[f->parts.index]);
    f->out[f->parts.index].group_id = group->group_id;
    f->in = (struct offset_fetch){
        .group = group->group_id,
        .member_id = group->member_id,
        .member_epoch = group->member_epoch,
        .require_stable = f->require_stable,
        .all = group->topics.len < 0,
    };
    if (!f->in.all && !name_topics(call, group, &f->in))
        return CALL_FAILED;
    return call_coordinate_key(call, &call->broker->groups, group->group_id, decide, NULL, call_part_decided);
}

/* Topics that are not known come after the others. */
static bool add_unknown(const struct call *call, const struct fetching *f, response_group *out)
{
    const request_group *group = &f->groups[f->parts.index];
    response_topic *topics = kw_arena_array(call->arena, (size_t)group->topics.len, sizeof *topics);
    if (topics == NULL)
        return false;
    if (out->topics.len > 0)
        memcpy(topics, out->topics.items, (size_t)out->topics.len * sizeof *topics);
    for (int32_t i = 0, known = 0; i < group->topics.len; i++) {
        const request_topic *topic = &group->topics.items[i];
        if (known < f->in.topic_count &&
            memcmp(&f->in.topics[known].topic_id, &topic->topic_id, sizeof topic->topic_id) == 0)
            known++;
        else if (!fail_topic(call, topic, KW_ERROR_UNKNOWN_TOPIC_ID, &topics[out->topics.len++]))
            return false;
    }
    out->topics.items = topics;
    return true;
}

/* Of all offsets: those of topics that do not exist any more have no id. */
static void add_ids(const struct call *call, response_group *out)
{
    int32_t count = out->topics.len;
    out->topics.len = 0;
    for (int32_t i = 0; i < count; i++) {
        response_topic *topic = &out->topics.items[out->topics.len];
        *topic = out->topics.items[i];
        const struct metadata_topic *known = metadata_topic_by_name(call->image, topic->name);
        if (known == NULL)
            continue;
        topic->topic_id = known->id;
        out->topics.len++;
    }
}

/* The client looks for the coordinator again, where others would do so for COORDINATOR_NOT_AVAILABLE. */
static int16_t error_of(const struct call *call)
{
    int16_t error = call_coordinator_error(call);
    return error == KW_ERROR_COORDINATOR_NOT_AVAILABLE && call->decided != error ? KW_ERROR_NOT_COORDINATOR : error;
}

static bool take_group(struct call *call)
{
    struct fetching *f = call->state;
    response_group *out = &f->out[f->parts.index];
    const request_group *group = &f->groups[f->parts.index];
    int16_t error = call->decided != KW_ERROR_NONE ? error_of(call) : out->error_code;
    if (error != KW_ERROR_NONE)
        return fail_group(call, group, error, out);
    if (call->version < FIRST_WITH_IDS)
        return true;
    if (!f->in.all)
        return f->in.topic_count == group->topics.len || add_unknown(call, f, out);
    add_ids(call, out);
    return true;
}

/* ---- the answer ---- */

static bool fill_old_topic(const struct call *call, const response_topic *from, kw_offset_fetch_response_topic *out)
{
    kw_offset_fetch_response_topic_init(out);
    out->name = from->name;
    out->partitions.items = kw_arena_array(call->arena, (size_t)from->partitions.len, sizeof *out->partitions.items);
    if (out->partitions.items == NULL)
        return false;
    out->partitions.len = from->partitions.len;
    for (int32_t i = 0; i < from->partitions.len; i++) {
        const response_partition *partition = &from->partitions.items[i];
        kw_offset_fetch_response_partition_init(&out->partitions.items[i]);
        out->partitions.items[i].partition_index = partition->partition_index;
        out->partitions.items[i].committed_offset = partition->committed_offset;
        out->partitions.items[i].committed_leader_epoch = partition->committed_leader_epoch;
        out->partitions.items[i].metadata = partition->metadata;
        out->partitions.items[i].error_code = partition->error_code;
    }
    return true;
}

static enum call_outcome answer(struct call *call)
{
    struct fetching *f = call->state;
    response_type *response = call->response;
    if (call->version >= FIRST_WITH_GROUPS) {
        response->groups.items = f->out;
        response->groups.len = (int32_t)f->parts.count;
        return CALL_ANSWERED;
    }
    const response_group *group = &f->out[0];
    response->error_code = group->error_code;
    response->topics.items = kw_arena_array(call->arena, (size_t)group->topics.len, sizeof *response->topics.items);
    if (response->topics.items == NULL)
        return CALL_FAILED;
    response->topics.len = group->topics.len;
    for (int32_t i = 0; i < group->topics.len; i++)
        if (!fill_old_topic(call, &group->topics.items[i], &response->topics.items[i]))
            return CALL_FAILED;
    return CALL_ANSWERED;
}

static enum call_outcome refuse(struct call *call, struct fetching *f)
{
    kw_offset_fetch_response_group_init(&f->out[0]);
    return fail_group(call, &f->groups[0], KW_ERROR_UNSUPPORTED_VERSION, &f->out[0]) ? answer(call) : CALL_FAILED;
}

enum call_outcome handle_offset_fetch(struct call *call, const kw_offset_fetch_request *request,
                                      kw_offset_fetch_response *response)
{
    struct fetching *f = kw_arena_alloc(call->arena, sizeof *f);
    (void)response;
    if (f == NULL)
        return CALL_FAILED;
    memset(f, 0, sizeof *f);
    f->parts = (struct call_parts){.start = start_group, .decided = take_group, .finish = answer};
    call->state = f;
    if (!list_groups_of(call, f, request))
        return CALL_FAILED;
    return call->version == IN_ZOOKEEPER ? refuse(call, f) : call_parts_start(call);
}
