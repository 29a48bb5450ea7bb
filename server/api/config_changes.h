/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_CONFIG_CHANGES_H
#define SERVER_API_CONFIG_CHANGES_H

/* What AlterConfigs and IncrementalAlterConfigs have in common: the request in the form that decisions have. */

#include "../metadata/decide_configs.h"
#include "call.h"

/* In the call's arena. */
struct config_changes {
    struct resource_changes *resources;
    size_t count;
    bool validate_only;
};

/* For so many resources (below 0: none), to be filled in by config_changes_add(). NULL: memory is short. */
struct config_changes *config_changes_create(struct call *call, int32_t resources, bool validate_only);

/* The changes of a resource, to be filled in. False: memory is short. */
bool config_changes_add(struct call *call, struct config_changes *changes, int8_t type, kw_string name, int32_t count);

/* Has the controller decide; `finish` gets call->state, and the refusal of each resource. */
enum call_outcome config_changes_decide(struct call *call, struct config_changes *changes, call_function *finish);
struct refusal config_changes_refusal(const struct call *call, size_t resource);

#endif
