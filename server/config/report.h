/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_REPORT_H
#define SERVER_CONFIG_REPORT_H

#include "static_config.h"

/* Reports on the console, in as many lines as it takes, which settings of the file have no effect on this broker and
 * which names Kafka does not know. */
void report_without_effect(const struct static_config *file);

#endif
