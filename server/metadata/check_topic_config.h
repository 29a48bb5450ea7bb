/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CHECK_TOPIC_CONFIG_H
#define SERVER_METADATA_CHECK_TOPIC_CONFIG_H

/* Whether a topic may have these configs. */

#include "effective_config.h"
#include "refusal.h"

struct config_list {
    struct metadata_config *items;
    size_t count;
};

/* Sorts the configs by name; of those with the same name the last one stays. False: the arena is full. */
bool config_list_make_distinct(struct config_list *list, kw_arena *arena);

/* NULL, or a null value: it is not in the list, which must be distinct. */
const struct metadata_config *config_list_get(const struct config_list *list, kw_string name);
kw_string config_list_find(const struct config_list *list, kw_string name);

/* Whether a topic may have these configs, none of which is null, and no others; false after a refusal. With lists that
 * are distinct. */
bool check_topic_config(const struct config_place *place, const struct config_list *configs, kw_arena *arena,
                        struct refusal *refusal);

#endif
