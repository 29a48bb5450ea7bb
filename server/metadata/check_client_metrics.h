/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CHECK_CLIENT_METRICS_H
#define SERVER_METADATA_CHECK_CLIENT_METRICS_H

/* Whether the configs of a subscription of client metrics (KIP-714) are ones that Kafka accepts. */

#include "check_topic_config.h"

/* False: *refusal says why. */
bool check_client_metrics(const struct config_list *configs, kw_arena *arena, struct refusal *refusal);

#endif
