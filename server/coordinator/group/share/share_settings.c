/* SPDX-License-Identifier: Apache-2.0 */
#include "share_settings.h"

#include "../group_machine.h"

void share_settings_read(struct share_settings *out, const struct config_place *place)
{
    out->session_timeout = limited_setting_read(place, "share", "session.timeout.ms");
    out->heartbeat_interval = limited_setting_read(place, "share", "heartbeat.interval.ms");
    out->assignment_interval = limited_setting_read(place, "share", "assignment.interval.ms");
    out->max_size = (int32_t)effective_broker_number(place, "group.share.max.size");
    out->initialize_retry_ms = (int32_t)effective_broker_number(place, "group.share.initialize.retry.interval.ms");
}

int32_t share_session_timeout(const struct group_machine *m, kw_string group)
{
    return limited_setting_of_group(m, group, "share.session.timeout.ms", &m->settings.share.session_timeout);
}

int32_t share_heartbeat_interval(const struct group_machine *m, kw_string group)
{
    return limited_setting_of_group(m, group, "share.heartbeat.interval.ms", &m->settings.share.heartbeat_interval);
}

int32_t share_assignment_interval(const struct group_machine *m, kw_string group)
{
    return limited_setting_of_group(m, group, "share.assignment.interval.ms", &m->settings.share.assignment_interval);
}
