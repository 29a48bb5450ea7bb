/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_GROUP_LIMITS_H
#define SERVER_CONFIG_GROUP_LIMITS_H

/* How the settings of consumer groups must fit together, as Kafka's GroupCoordinatorConfig has it. */

#include <stdbool.h>

#include "static_config.h"

enum { GROUP_LIMITS_REASON_SIZE = 256 };

/* False: the broker must not start with these, for the reason, which has Kafka's words. Assignors other than Kafka's
 * own are Java classes, and are refused. */
bool group_limits_check(const struct static_config *file, char reason[GROUP_LIMITS_REASON_SIZE]);

#endif
