/* SPDX-License-Identifier: Apache-2.0 */
#include "config_changes.h"

#include <kwire/error.h>

static size_t length(int32_t len)
{
    return len > 0 ? (size_t)len : 0;
}

struct config_changes *config_changes_create(struct call *call, int32_t resources, bool validate_only)
{
    struct config_changes *changes = kw_arena_alloc(call->arena, sizeof *changes);
    if (changes == NULL)
        return NULL;
    changes->resources = kw_arena_array(call->arena, length(resources), sizeof *changes->resources);
    changes->count = 0;
    changes->validate_only = validate_only;
    return changes->resources != NULL ? changes : NULL;
}

bool config_changes_add(struct call *call, struct config_changes *changes, int8_t type, kw_string name, int32_t count)
{
    struct resource_changes *out = &changes->resources[changes->count++];
    *out = (struct resource_changes){.type = type, .name = name, .count = length(count)};
    out->changes = kw_arena_array(call->arena, out->count, sizeof *out->changes);
    return out->changes != NULL;
}

static void decide(struct call *call, struct decision *decision)
{
    const struct config_changes *changes = call->state;
    if (!decide_configs(decision, call->broker->config.file, changes->resources, changes->count, changes->validate_only,
                        call->arena))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

enum call_outcome config_changes_decide(struct call *call, struct config_changes *changes, call_function *finish)
{
    call->state = changes;
    return call_decide(call, decide, finish);
}

struct refusal config_changes_refusal(const struct call *call, size_t resource)
{
    const struct config_changes *changes = call->state;
    if (call->decided == KW_ERROR_NONE)
        return changes->resources[resource].refusal;
    return (struct refusal){call->decided, call_undecided_reason(call)};
}
