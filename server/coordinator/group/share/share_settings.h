/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_SHARE_SHARE_SETTINGS_H
#define SERVER_COORDINATOR_GROUP_SHARE_SHARE_SETTINGS_H

/* What share groups follow: settings of the broker, and of a group. */

#include "../consumer/consumer_settings.h"

struct share_settings {
    struct limited_setting session_timeout;     /* group.share.session.timeout.ms, and .min, .max */
    struct limited_setting heartbeat_interval;  /* group.share.heartbeat.interval.ms */
    struct limited_setting assignment_interval; /* group.share.assignment.interval.ms */
    int32_t max_size;                           /* group.share.max.size */
    int32_t initialize_retry_ms;                /* group.share.initialize.retry.interval.ms */
};

void share_settings_read(struct share_settings *out, const struct config_place *place);

/* Of the moment, in milliseconds. */
int32_t share_session_timeout(const struct group_machine *m, kw_string group);
int32_t share_heartbeat_interval(const struct group_machine *m, kw_string group);
int32_t share_assignment_interval(const struct group_machine *m, kw_string group);

#endif
