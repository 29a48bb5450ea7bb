/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/error.h>

#include "../base/repeats.h"
#include "../config/static_config.h"
#include "../metadata/decide_topics.h"
#include "handlers.h"

enum { FIRST_WITH_DISABLED = 3 };

static void decide(struct call *call, struct decision *decision)
{
    if (!decide_delete_topics(decision, call->request, call->arena, call->response))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

static bool refuse_all(const struct call *call, int16_t error, kw_string message)
{
    const kw_delete_topics_request *request = call->request;
    kw_delete_topics_response *response = call->response;
    int32_t names = request->topic_names.len > 0 ? request->topic_names.len : 0;
    int32_t topics = request->topics.len > 0 ? request->topics.len : 0;
    response->responses.len = names + topics;
    response->responses.items =
        kw_arena_array(call->arena, (size_t)names + (size_t)topics, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return false;
    for (int32_t i = 0; i < names + topics; i++) {
        kw_delete_topics_response_deletable_topic_result *out = &response->responses.items[i];
        kw_delete_topics_response_deletable_topic_result_init(out);
        out->name = i < names ? request->topic_names.items[i] : request->topics.items[i - names].name;
        if (i >= names)
            out->topic_id = request->topics.items[i - names].topic_id;
        out->error_code = error;
        out->error_message = message;
    }
    return true;
}

static enum call_outcome finish(struct call *call)
{
    bool answered = call->decided == KW_ERROR_NONE || refuse_all(call, call->decided, call_undecided_reason(call));
    return answered ? CALL_ANSWERED : CALL_FAILED;
}

static bool is_enabled(const struct call *call)
{
    char buffer[SETTING_EFFECTIVE_SIZE];
    enum setting_source source;
    const struct setting *setting = setting_find(SETTING_BROKER, "delete.topic.enable");
    const char *value = setting_effective(call->broker->config.file, setting, buffer, &source);
    return value == NULL || strcmp(value, "false") != 0;
}

enum { BY_NAME, BY_ID }; /* in the place of a partition */

/* As for CreateTopics; those that have both a name and an id, or neither, are refused as well. */
static bool is_for_controller(const struct call *call, bool *any)
{
    const kw_delete_topics_request *request = call->request;
    size_t names = request->topic_names.len > 0 ? (size_t)request->topic_names.len : 0;
    size_t topics = request->topics.len > 0 ? (size_t)request->topics.len : 0, count = 0;
    struct named_partition *named = kw_arena_array(call->arena, names + topics, sizeof *named);
    if (named == NULL)
        return false;
    for (size_t i = 0; i < names; i++)
        named[count++] = (struct named_partition){.topic = request->topic_names.items[i], .partition = BY_NAME};
    for (size_t i = 0; i < topics; i++) {
        const kw_delete_topics_request_delete_topic_state *topic = &request->topics.items[i];
        const kw_string id = {(const char *)topic->topic_id.bytes, (int32_t)sizeof topic->topic_id.bytes};
        bool has_name = topic->name.len >= 0, has_id = !kw_uuid_is_zero(topic->topic_id);
        if (has_name != has_id)
            named[count++] =
                (struct named_partition){.topic = has_name ? topic->name : id, .partition = has_name ? BY_NAME : BY_ID};
    }
    if (!repeats_find(named, count, call->arena))
        return false;
    *any = repeats_leave_any(named, count);
    return true;
}

static enum call_outcome delete_topics(struct call *call, const kw_delete_topics_request *request)
{
    bool any;
    if (!is_for_controller(call, &any))
        return CALL_FAILED;
    return any ? call_decide_within(call, request->timeout_ms, decide, finish) : call_decide(call, decide, finish);
}

enum call_outcome handle_delete_topics(struct call *call, const kw_delete_topics_request *request,
                                       kw_delete_topics_response *response)
{
    (void)response;
    if (is_enabled(call))
        return delete_topics(call, request);
    int16_t error = call->version >= FIRST_WITH_DISABLED ? KW_ERROR_TOPIC_DELETION_DISABLED : KW_ERROR_INVALID_REQUEST;
    return refuse_all(call, error, kw_string_of("delete.topic.enable is false")) ? CALL_ANSWERED : CALL_FAILED;
}
