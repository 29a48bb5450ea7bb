/* SPDX-License-Identifier: Apache-2.0 */
#include "group_settings.h"

enum { MS_A_MINUTE = 60000 };

void group_settings_read(struct group_settings *out, const struct config_place *place)
{
    out->offset_metadata_max = (int32_t)effective_broker_number(place, "offset.metadata.max.bytes");
    out->offsets_retention_ms = effective_broker_number(place, "offsets.retention.minutes") * MS_A_MINUTE;
    out->offsets_retention_check_ms = effective_broker_number(place, "offsets.retention.check.interval.ms");
    out->classic_initial_delay_ms = effective_broker_number(place, "group.initial.rebalance.delay.ms");
    out->classic_max_size = (int32_t)effective_broker_number(place, "group.max.size");
    consumer_settings_read(&out->consumer, place);
    share_settings_read(&out->share, place);
}
