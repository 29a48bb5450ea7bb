/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer_heartbeat.h"

#include <kwire/error.h>

#include "../../../metadata/refusal.h"
#include "consumer_member.h"

struct check {
    const kw_consumer_group_heartbeat_request *request;
    kw_arena *arena;
    struct refusal refusal;
};

/* As String.trim() has it. */
static bool is_blank(kw_string text)
{
    for (int32_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] > ' ')
            return false;
    return text.len >= 0;
}

static bool refuse(struct check *c, const char *message)
{
    return refuse_with(&c->refusal, c->arena, KW_ERROR_INVALID_REQUEST, "%s", message);
}

static bool check_texts(struct check *c, int16_t version)
{
    const kw_consumer_group_heartbeat_request *r = c->request;
    if ((version >= 1 || r->member_epoch > 0 || r->member_epoch == EPOCH_LEAVE) && is_blank(r->member_id))
        return refuse(c, "MemberId can't be empty.");
    if (is_blank(r->group_id))
        return refuse(c, "GroupId can't be empty.");
    if (is_blank(r->instance_id))
        return refuse(c, "InstanceId can't be empty.");
    return !is_blank(r->rack_id) || refuse(c, "RackId can't be empty.");
}

static bool check_epoch(struct check *c)
{
    const kw_consumer_group_heartbeat_request *r = c->request;
    if (r->member_epoch == EPOCH_LEAVE_STATIC)
        return r->instance_id.len >= 0 || refuse(c, "InstanceId can't be null.");
    if (r->member_epoch < EPOCH_LEAVE_STATIC)
        return refuse(c, "MemberEpoch is invalid.");
    if (r->member_epoch != EPOCH_JOIN)
        return true;
    if (r->rebalance_timeout_ms == -1)
        return refuse(c, "RebalanceTimeoutMs must be provided in first request.");
    if (r->topic_partitions.len != 0)
        return refuse(c, "TopicPartitions must be empty when (re-)joining.");
    return r->subscribed_topic_names.len >= 0 || r->subscribed_topic_regex.len >= 0 ||
           refuse(c, "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
}

static bool check_assignor(struct check *c, const struct config_place *place)
{
    struct consumer_settings s;
    kw_string name = c->request->server_assignor;
    if (name.len < 0)
        return true;
    consumer_settings_read_assignors(&s, place);
    for (size_t i = 0; i < s.assignor_count; i++)
        if (kw_string_equal(s.assignor_names[i], name))
            return true;
    kw_string first = s.assignor_names[0];
    kw_string second = s.assignor_count > 1 ? s.assignor_names[1] : (kw_string){"", 0};
    return refuse_with(&c->refusal, c->arena, KW_ERROR_UNSUPPORTED_ASSIGNOR,
                       "ServerAssignor %.*s is not supported. Supported assignors: %.*s%s%.*s.", KW_FMT(name),
                       KW_FMT(first), second.len > 0 ? ", " : "", KW_FMT(second));
}

bool consumer_heartbeat_check(const kw_consumer_group_heartbeat_request *request, int16_t version,
                              const struct config_place *place, kw_arena *arena,
                              kw_consumer_group_heartbeat_response *response)
{
    struct check c = {request, arena, {KW_ERROR_NONE, {NULL, -1}}};
    if (check_texts(&c, version) && check_epoch(&c) && check_assignor(&c, place))
        return true;
    response->error_code = c.refusal.error;
    response->error_message = c.refusal.message;
    return false;
}
