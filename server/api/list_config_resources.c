/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include <kwire/error.h>

#include "../base/growth.h"
#include "handlers.h"

enum { FIRST_WITH_TYPES = 1, ID_SIZE = 12 };

typedef kw_list_config_resources_response_config_resource response_resource;

/* In the order of Kafka. */
static const int8_t types[] = {RESOURCE_GROUP, RESOURCE_CLIENT_METRICS, RESOURCE_BROKER_LOGGER, RESOURCE_BROKER,
                               RESOURCE_TOPIC};
enum { TYPES = sizeof types / sizeof types[0] };

struct listing {
    struct call *call;
    kw_list_config_resources_response *response;
};

static bool is_known(int8_t type)
{
    for (size_t i = 0; i < TYPES; i++)
        if (types[i] == type)
            return true;
    return false;
}

static bool is_asked_for(const kw_list_config_resources_request *request, int16_t version, int8_t type)
{
    if (version < FIRST_WITH_TYPES)
        return type == RESOURCE_CLIENT_METRICS;
    for (int32_t i = 0; i < request->resource_types.len; i++)
        if (request->resource_types.items[i] == type)
            return true;
    return request->resource_types.len <= 0;
}

static void add(struct listing *l, int8_t type, kw_string name)
{
    response_resource *out = &l->response->config_resources.items[l->response->config_resources.len++];
    kw_list_config_resources_response_config_resource_init(out);
    out->resource_type = type;
    out->resource_name = name;
}

static bool add_brokers(struct listing *l, int8_t type)
{
    const struct metadata_parts *parts = &l->call->image->parts;
    for (size_t i = 0; i < parts->broker_count; i++) {
        char id[ID_SIZE];
        if (parts->brokers[i].fenced)
            continue;
        (void)snprintf(id, sizeof id, "%" PRId32, parts->brokers[i].id);
        kw_string name = arena_copy_string(l->call->arena, kw_string_of(id));
        if (name.data == NULL)
            return false;
        add(l, type, name);
    }
    return true;
}

static bool add_all(struct listing *l, int8_t type)
{
    const struct metadata_image *image = l->call->image;
    if (type == RESOURCE_BROKER || type == RESOURCE_BROKER_LOGGER)
        return add_brokers(l, type);
    for (size_t i = 0; type == RESOURCE_TOPIC && i < metadata_topic_count(image); i++)
        add(l, type, metadata_topic_at(image, i)->name);
    for (size_t i = 0; type != RESOURCE_TOPIC && i < image->parts.resource_count; i++)
        if (image->parts.resources[i]->type == type && image->parts.resources[i]->config_count != 0)
            add(l, type, image->parts.resources[i]->name);
    return true;
}

enum call_outcome handle_list_config_resources(struct call *call, const kw_list_config_resources_request *request,
                                               kw_list_config_resources_response *response)
{
    struct listing l = {call, response};
    const struct metadata_parts *parts = &call->image->parts;
    for (int32_t i = 0; i < request->resource_types.len && call->version >= FIRST_WITH_TYPES; i++)
        if (!is_known(request->resource_types.items[i])) {
            response->error_code = KW_ERROR_UNSUPPORTED_VERSION;
            return CALL_ANSWERED;
        }
    size_t most = parts->topic_count + 2 * parts->broker_count + parts->resource_count;
    response->config_resources.len = 0;
    response->config_resources.items = kw_arena_array(call->arena, most, sizeof *response->config_resources.items);
    if (response->config_resources.items == NULL)
        return CALL_FAILED;
    for (size_t i = 0; i < TYPES; i++)
        if (is_asked_for(request, call->version, types[i]) && !add_all(&l, types[i]))
            return CALL_FAILED;
    return CALL_ANSWERED;
}
