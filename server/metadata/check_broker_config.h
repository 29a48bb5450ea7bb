/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CHECK_BROKER_CONFIG_H
#define SERVER_METADATA_CHECK_BROKER_CONFIG_H

/* Whether a broker would take the configs that come of a change: Kafka's rules about values that belong together, and
 * about the ones that are in effect, such as those of pools of threads, which at most double and are at least half as
 * large. Kafka applies them to whatever the change has as its effect, also where it removes configs. */

#include "check_topic_config.h"

/* `configs` are all that the resource has after the change: those of this broker (is_own), or of all brokers. Each is
 * valid by itself. False: *refusal says why, in
 * Kafka's words. */
bool check_broker_config(const struct config_place *place, const struct config_list *configs, bool is_own,
                         kw_arena *arena, struct refusal *refusal);

#endif
