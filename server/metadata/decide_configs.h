/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_DECIDE_CONFIGS_H
#define SERVER_METADATA_DECIDE_CONFIGS_H

/* Decisions about configs: AlterConfigs and IncrementalAlterConfigs, with Kafka's checks in Kafka's order. */

#include "../config/static_config.h"
#include "controller.h"
#include "refusal.h"

/* As IncrementalAlterConfigs has them on the wire. */
enum config_operation { CONFIG_SET, CONFIG_DELETE, CONFIG_APPEND, CONFIG_SUBTRACT };

struct config_change {
    kw_string name;
    kw_string value; /* null: none */
    int8_t operation;
};

/* What is asked for one resource. */
struct resource_changes {
    int8_t type;
    kw_string name;
    struct config_change *changes;
    size_t count;
    bool replaces; /* configs that are not named are removed */
    struct refusal refusal;
    bool changes_min_isr; /* private */
};

/* Adds the records of all resources that may be changed so, and refuses the others. False: memory is short. */
bool decide_configs(struct decision *decision, const struct static_config *file, struct resource_changes *resources,
                    size_t count, bool validate_only, kw_arena *arena);

#endif
