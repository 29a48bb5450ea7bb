/* SPDX-License-Identifier: Apache-2.0 */
#include "auto_create.h"

#include <kwire/error.h>
#include <kwire/persisted.h>
#include <kwire/topic_name.h>

#include "../coordinator/internal_topic.h"
#include "../metadata/decide_topics.h"
#include "../observe/console.h"

struct creation {
    kw_create_topics_request request;
    kw_create_topics_response response;
    call_function *resume;
};

bool auto_create_is_possible(const struct call *call)
{
    return call->broker->config.auto_create_topics && call->broker->controller != NULL;
}

static bool is_wanted(const struct call *call, kw_string name)
{
    return kw_topic_name_is_valid(name) && metadata_topic_by_name(call->image, name) == NULL;
}

bool auto_create_select(const struct call *call, const struct name_list *names, struct name_list *out)
{
    if (!name_list_init(out, names->count, call->arena))
        return false;
    out->count = 0;
    for (size_t i = 0; i < names->count; i++)
        if (is_wanted(call, names->items[i]))
            out->items[out->count++] = names->items[i];
    return true;
}

/* Topics of coordinators have settings of their own. False: the arena is full. */
static bool describe_internal(const struct call *call, const struct decision *decision,
                              kw_create_topics_request_creatable_topic *topic)
{
    const struct config_place place = {decision->image, call->broker->config.file, decision->node_id};
    kw_internal_topic internal;
    if (!kw_topic_name_is_internal(topic->name) || !kw_internal_topic_find(topic->name, &internal))
        return true;
    return internal_topic_describe(&place, internal, call->arena, topic);
}

static bool describe_all(const struct call *call, const struct decision *decision, kw_create_topics_request *request)
{
    for (int32_t i = 0; i < request->topics.len; i++)
        if (!describe_internal(call, decision, &request->topics.items[i]))
            return false;
    return true;
}

static void decide(struct call *call, struct decision *decision)
{
    struct creation *c = call->state;
    if (!describe_all(call, decision, &c->request) ||
        !decide_create_topics(decision, call->broker->config.file, &c->request, call->arena, &c->response))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

/* Another client may have been faster. */
static bool is_refusal(int16_t error)
{
    return error != KW_ERROR_NONE && error != KW_ERROR_TOPIC_ALREADY_EXISTS;
}

/* One line, however many the client has asked for. */
static void report(const kw_create_topics_response *response)
{
    const kw_create_topics_response_creatable_topic_result *first = NULL;
    int32_t refused = 0;
    for (int32_t i = 0; i < response->topics.len; i++) {
        if (!is_refusal(response->topics.items[i].error_code))
            continue;
        first = refused++ == 0 ? &response->topics.items[i] : first;
    }
    if (first != NULL)
        console_peer("topic %.*s, one of %ld that a client asked for, is not created: %.*s", KW_FMT(first->name),
                     (long)refused, KW_FMT(first->error_message));
}

static enum call_outcome finish(struct call *call)
{
    const struct creation *c = call->state;
    if (call->decided == KW_ERROR_NONE)
        report(&c->response);
    return c->resume(call);
}

enum call_outcome auto_create(struct call *call, const struct name_list *names, call_function *resume)
{
    struct creation *c = kw_arena_alloc(call->arena, sizeof *c);
    if (c == NULL)
        return CALL_FAILED;
    kw_create_topics_request_init(&c->request);
    kw_create_topics_response_init(&c->response);
    c->resume = resume;
    c->request.topics.items = kw_arena_array(call->arena, names->count, sizeof *c->request.topics.items);
    if (c->request.topics.items == NULL)
        return CALL_FAILED;
    c->request.topics.len = (int32_t)names->count;
    for (size_t i = 0; i < names->count; i++) {
        kw_create_topics_request_creatable_topic *topic = &c->request.topics.items[i];
        kw_create_topics_request_creatable_topic_init(topic);
        topic->name = names->items[i];
        topic->num_partitions = -1;
        topic->replication_factor = -1;
    }
    call->state = c;
    return call_decide(call, decide, finish);
}
