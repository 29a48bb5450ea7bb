/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_GROUP_SETTINGS_H
#define SERVER_COORDINATOR_GROUP_GROUP_SETTINGS_H

/* The broker's settings that groups and offsets follow, as numbers. Read when a shard starts to load, and again with
 * each image. */

#include <stdint.h>

#include "../../metadata/effective_config.h"
#include "consumer/consumer_settings.h"
#include "share/share_settings.h"

/* The names in brackets are those of the settings. Times are in milliseconds. */
struct group_settings {
    int32_t offset_metadata_max;        /* UTF-16 units [offset.metadata.max.bytes] */
    int64_t offsets_retention_ms;       /* [offsets.retention.minutes] */
    int64_t offsets_retention_check_ms; /* [offsets.retention.check.interval.ms] */
    int64_t classic_initial_delay_ms;   /* [group.initial.rebalance.delay.ms] */
    int32_t classic_max_size;           /* members [group.max.size] */
    struct consumer_settings consumer;
    struct share_settings share;
};

void group_settings_read(struct group_settings *out, const struct config_place *place);

#endif
