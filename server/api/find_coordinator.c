/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <kwire/error.h>

#include "../coordinator/internal_topic.h"
#include "../coordinator/partition_of_key.h"
#include "../coordinator/share_key.h"

enum { FIRST_WITH_MANY = 4, FIRST_WITH_SHARES = 6 };

enum key_type { GROUP, TRANSACTION, SHARE_PARTITION };

typedef kw_find_coordinator_request request_type;
typedef kw_find_coordinator_response response_type;
typedef kw_find_coordinator_response_coordinator response_coordinator;

/* A call that waits for the topic. */
struct waiting {
    struct topic_creation *creation;
    struct topic_creation_waiter waiter;
};

static kw_string reason(int16_t error)
{
    return kw_string_of(error == KW_ERROR_INVALID_REQUEST ? "the key is not valid, or its type is not known"
                                                          : "nobody coordinates this key at the moment");
}

/* ---- one key ---- */

static kw_internal_topic topic_of(int8_t type)
{
    return type == GROUP         ? KW_INTERNAL_TOPIC_CONSUMER_OFFSETS
           : type == TRANSACTION ? KW_INTERNAL_TOPIC_TRANSACTION_STATE
                                 : KW_INTERNAL_TOPIC_SHARE_GROUP_STATE;
}

static struct shards *shards_of(struct broker *broker, int8_t type)
{
    return type == GROUP ? &broker->groups : type == TRANSACTION ? &broker->transactions : &broker->share_states;
}

static struct topic_creation *creation_of(struct broker *broker, int8_t type)
{
    return type == GROUP         ? &broker->offsets_topic
           : type == TRANSACTION ? &broker->transaction_state_topic
                                 : &broker->share_state_topic;
}

/* The number by which keys are distributed stays the same while the broker runs. */
static int32_t partition_of(const struct call *call, int8_t type, kw_string key)
{
    const struct config_place place = {call->image, call->broker->config.file, call->broker->identity.node_id};
    int32_t partitions = shards_partitions(shards_of(call->broker, type));
    return partition_of_key(key, partitions > 0 ? partitions : internal_topic_partitions(&place, topic_of(type)));
}

static int16_t find(const struct call *call, int8_t type, kw_string key)
{
    kw_string name = kw_string_of(kw_internal_topic_name(topic_of(type)));
    const struct metadata_topic *topic = metadata_topic_by_name(call->image, name);
    const struct metadata_partition *partition =
        topic != NULL ? metadata_topic_partition(topic, partition_of(call, type, key)) : NULL;
    bool is_here = partition != NULL && partition->leader_id == call->broker->identity.node_id;
    return is_here ? KW_ERROR_NONE : KW_ERROR_COORDINATOR_NOT_AVAILABLE; /* other brokers are never up */
}

/* The key by which it is distributed; KW_ERROR_NONE, or why there is none. False: the arena is full. */
static bool check(const struct call *call, int8_t type, kw_string *key, int16_t *error)
{
    struct share_key share;
    *error = KW_ERROR_NONE;
    if (type == GROUP || type == TRANSACTION)
        return true;
    if (type != SHARE_PARTITION || call->version < FIRST_WITH_SHARES || !share_key_parse(*key, &share)) {
        *error = KW_ERROR_INVALID_REQUEST;
        return true;
    }
    *key = share_key_format(&share, call->arena);
    return key->data != NULL;
}

/* False: the arena is full. */
static bool answer_key(const struct call *call, int8_t type, kw_string key, response_coordinator *out)
{
    kw_find_coordinator_response_coordinator_init(out);
    out->key = key;
    out->node_id = -1;
    out->port = -1;
    if (!check(call, type, &key, &out->error_code))
        return false;
    if (type < GROUP || type > SHARE_PARTITION)
        out->error_message = reason(out->error_code); /* the others have none */
    if (out->error_code == KW_ERROR_NONE)
        out->error_code = find(call, type, key);
    if (out->error_code != KW_ERROR_NONE)
        return true;
    out->node_id = call->broker->identity.node_id;
    out->host = kw_string_of(call->endpoint->host);
    out->port = call->endpoint->port;
    return true;
}

/* ---- the answer ---- */

static bool answer_all(const struct call *call, const request_type *request, response_type *response)
{
    size_t count = request->coordinator_keys.len > 0 ? (size_t)request->coordinator_keys.len : 0;
    response->coordinators.items = kw_arena_array(call->arena, count, sizeof *response->coordinators.items);
    if (response->coordinators.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!answer_key(call, request->key_type, request->coordinator_keys.items[i], &response->coordinators.items[i]))
            return false;
    response->coordinators.len = (int32_t)count;
    return true;
}

static bool answer_one(const struct call *call, const request_type *request, response_type *response)
{
    response_coordinator found;
    if (!answer_key(call, request->key_type, request->key, &found))
        return false;
    response->error_code = found.error_code;
    response->error_message = found.error_code == KW_ERROR_NONE ? kw_string_of("NONE") : reason(found.error_code);
    response->node_id = found.node_id;
    response->host = found.host;
    response->port = found.port;
    return true;
}

static enum call_outcome answer(struct call *call)
{
    bool answered = call->version < FIRST_WITH_MANY ? answer_one(call, call->request, call->response)
                                                    : answer_all(call, call->request, call->response);
    return answered ? CALL_ANSWERED : CALL_FAILED;
}

/* ---- the topic is missing ---- */

static bool is_share_key(const struct call *call, int8_t type, kw_string key)
{
    struct share_key parsed;
    return type == SHARE_PARTITION && call->version >= FIRST_WITH_SHARES && share_key_parse(key, &parsed);
}

/* Whether a key of the request has a coordinator at all. */
static bool any_key(const struct call *call, const request_type *request)
{
    bool is_any = request->key_type == GROUP || request->key_type == TRANSACTION;
    if (call->version < FIRST_WITH_MANY)
        return is_any;
    for (int32_t i = 0; i < request->coordinator_keys.len; i++)
        if (is_any || is_share_key(call, request->key_type, request->coordinator_keys.items[i]))
            return true;
    return false;
}

static bool needs_topic(const struct call *call, const request_type *request)
{
    kw_string name = kw_string_of(kw_internal_topic_name(topic_of(request->key_type)));
    return call->broker->controller != NULL && metadata_topic_by_name(call->image, name) == NULL &&
           any_key(call, request);
}

static void resume(void *context)
{
    call_resume(context);
}

static void forget(struct call *call)
{
    struct waiting *waiting = call->state;
    topic_creation_forget(waiting->creation, &waiting->waiter);
}

static enum call_outcome answer_with_new_image(struct call *call)
{
    metadata_image_release(call->image);
    call->image = metadata_image_acquire(&call->broker->metadata);
    return answer(call);
}

static enum call_outcome create_topic(struct call *call, struct topic_creation *creation)
{
    struct waiting *waiting = kw_arena_alloc(call->arena, sizeof *waiting);
    if (waiting == NULL)
        return CALL_FAILED;
    *waiting = (struct waiting){.creation = creation, .waiter = {.resume = resume, .context = call}};
    call->state = waiting;
    (void)call_park(call, answer_with_new_image, forget);
    topic_creation_wait(creation, call->broker->controller, &waiting->waiter);
    return CALL_PARKED;
}

enum call_outcome handle_find_coordinator(struct call *call, const request_type *request, response_type *response)
{
    (void)response;
    if (!needs_topic(call, request))
        return answer(call);
    return create_topic(call, creation_of(call->broker, request->key_type));
}
