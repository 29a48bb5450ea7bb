/* SPDX-License-Identifier: Apache-2.0 */
#include "config_changes.h"
#include "handlers.h"

typedef kw_alter_configs_request_resource request_resource;
typedef kw_alter_configs_response_resource_response response_resource;

static bool take_resource(struct call *call, const request_resource *asked, struct config_changes *changes)
{
    if (!config_changes_add(call, changes, asked->resource_type, asked->resource_name, asked->configs.len))
        return false;
    struct resource_changes *out = &changes->resources[changes->count - 1];
    out->replaces = true;
    for (size_t i = 0; i < out->count; i++)
        out->changes[i] =
            (struct config_change){asked->configs.items[i].name, asked->configs.items[i].value, CONFIG_SET};
    return true;
}

static enum call_outcome finish(struct call *call)
{
    const struct config_changes *changes = call->state;
    kw_alter_configs_response *response = call->response;
    response->responses.len = (int32_t)changes->count;
    response->responses.items = kw_arena_array(call->arena, changes->count, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return CALL_FAILED;
    for (size_t i = 0; i < changes->count; i++) {
        response_resource *out = &response->responses.items[i];
        struct refusal refusal = config_changes_refusal(call, i);
        kw_alter_configs_response_resource_response_init(out);
        out->resource_type = changes->resources[i].type;
        out->resource_name = changes->resources[i].name;
        out->error_code = refusal.error;
        out->error_message = refusal.message;
    }
    return CALL_ANSWERED;
}

enum call_outcome handle_alter_configs(struct call *call, const kw_alter_configs_request *request,
                                       kw_alter_configs_response *response)
{
    (void)response;
    struct config_changes *changes = config_changes_create(call, request->resources.len, request->validate_only);
    if (changes == NULL)
        return CALL_FAILED;
    for (int32_t i = 0; i < request->resources.len; i++)
        if (!take_resource(call, &request->resources.items[i], changes))
            return CALL_FAILED;
    return config_changes_decide(call, changes, finish);
}
