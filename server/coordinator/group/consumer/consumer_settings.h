/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_SETTINGS_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_SETTINGS_H

/* What consumer groups follow: settings of the broker, and of a group. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "../../../metadata/effective_config.h"
#include "../assignors/assignor.h"

struct group_machine;
struct consumer_slot;

enum { MOST_ASSIGNORS = 2 };

/* A setting of the broker that a group may set for itself, within limits; in milliseconds. */
struct limited_setting {
    int32_t value;
    int32_t min;
    int32_t max;
};

struct consumer_settings {
    struct limited_setting session_timeout;     /* group.consumer.session.timeout.ms, and .min, .max */
    struct limited_setting heartbeat_interval;  /* group.consumer.heartbeat.interval.ms */
    struct limited_setting assignment_interval; /* group.consumer.assignment.interval.ms */
    int32_t max_size;                           /* group.consumer.max.size */
    bool allows_upgrade;                        /* group.consumer.migration.policy */
    bool allows_downgrade;
    int32_t pattern_refresh_ms;               /* group.consumer.regex.refresh.interval.ms */
    kw_string assignor_names[MOST_ASSIGNORS]; /* group.consumer.assignors; the first one is the default */
    assignor *assignors[MOST_ASSIGNORS];
    size_t assignor_count; /* at least one */
};

/* That of the broker called group.KIND.NAME, with group.KIND.min.NAME and group.KIND.max.NAME. */
struct limited_setting limited_setting_read(const struct config_place *place, const char *kind, const char *name);

/* What the group sets, if it is a number, within the limits; else the broker's value. */
int32_t limited_setting_of_group(const struct group_machine *m, kw_string group, const char *name,
                                 const struct limited_setting *limits);

void consumer_settings_read(struct consumer_settings *out, const struct config_place *place);

/* Only the assignors. */
void consumer_settings_read_assignors(struct consumer_settings *out, const struct config_place *place);

/* Of the moment, in milliseconds. That of a member with the classic protocol is its own. */
int32_t consumer_session_timeout(const struct group_machine *m, const struct consumer_slot *slot);
int32_t consumer_group_session_timeout(const struct group_machine *m, kw_string group);
int32_t consumer_heartbeat_interval(const struct group_machine *m, kw_string group);
int32_t consumer_assignment_interval(const struct group_machine *m, kw_string group);

#endif
