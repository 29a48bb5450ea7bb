/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CHECK_GROUP_CONFIG_H
#define SERVER_METADATA_CHECK_GROUP_CONFIG_H

/* Whether all configs of a group together are ones that Kafka accepts: each by itself, and within the limits that the
 * broker has for groups. */

#include "check_topic_config.h"

/* False: *refusal says why. */
bool check_group_config(const struct config_place *place, const struct config_list *configs, kw_arena *arena,
                        struct refusal *refusal);

#endif
