/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/error.h>

#include "../metadata/decide_configs.h"
#include "handlers.h"

/* The request in the form that decisions have; call->state. */
struct altering {
    struct resource_changes *resources;
    size_t count;
};

static size_t length(int32_t len)
{
    return len > 0 ? (size_t)len : 0;
}

static bool take_resource(kw_arena *arena, const kw_incremental_alter_configs_request_alter_configs_resource *asked,
                          struct resource_changes *out)
{
    out->type = asked->resource_type;
    out->name = asked->resource_name;
    out->count = length(asked->configs.len);
    out->replaces = false;
    out->changes = kw_arena_array(arena, out->count, sizeof *out->changes);
    for (size_t i = 0; out->changes != NULL && i < out->count; i++)
        out->changes[i] = (struct config_change){asked->configs.items[i].name, asked->configs.items[i].value,
                                                 asked->configs.items[i].config_operation};
    return out->changes != NULL;
}

static void decide(struct call *call, struct decision *decision)
{
    struct altering *a = call->state;
    const kw_incremental_alter_configs_request *request = call->request;
    if (!decide_configs(decision, call->broker->config.file, a->resources, a->count, request->validate_only,
                        call->arena))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

static enum call_outcome finish(struct call *call)
{
    const struct altering *a = call->state;
    kw_incremental_alter_configs_response *response = call->response;
    response->responses.len = (int32_t)a->count;
    response->responses.items = kw_arena_array(call->arena, a->count, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return CALL_FAILED;
    for (size_t i = 0; i < a->count; i++) {
        kw_incremental_alter_configs_response_alter_configs_resource_response *out = &response->responses.items[i];
        bool decided = call->decided == KW_ERROR_NONE;
        kw_incremental_alter_configs_response_alter_configs_resource_response_init(out);
        out->resource_type = a->resources[i].type;
        out->resource_name = a->resources[i].name;
        out->error_code = decided ? a->resources[i].refusal.error : call->decided;
        out->error_message = decided ? a->resources[i].refusal.message : call_undecided_reason(call);
    }
    return CALL_ANSWERED;
}

enum call_outcome handle_incremental_alter_configs(struct call *call,
                                                   const kw_incremental_alter_configs_request *request,
                                                   kw_incremental_alter_configs_response *response)
{
    (void)response;
    struct altering *a = kw_arena_alloc(call->arena, sizeof *a);
    if (a == NULL)
        return CALL_FAILED;
    a->count = length(request->resources.len);
    a->resources = kw_arena_array(call->arena, a->count, sizeof *a->resources);
    if (a->resources == NULL)
        return CALL_FAILED;
    for (size_t i = 0; i < a->count; i++)
        if (!take_resource(call->arena, &request->resources.items[i], &a->resources[i]))
            return CALL_FAILED;
    call->state = a;
    return call_decide(call, decide, finish);
}
