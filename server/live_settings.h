/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LIVE_SETTINGS_H
#define SERVER_LIVE_SETTINGS_H

/* Settings of brokers that act at once when they are altered: what the image says of them goes to those who obey. Those
 * that topics follow are not here: metadata/publisher.h configures the logs. */

#include "api/broker.h"
#include "log/cleaner/cleaners.h"
#include "log/log_upkeep.h"

struct log_upkeep_live live_settings_of_logs(const struct broker *broker, const struct metadata_image *image);

struct cleaners_live live_settings_of_cleaners(const struct broker *broker, const struct metadata_image *image);

/* To be called with each new image, on the thread that creates and deletes logs. */
void live_settings_apply(struct broker *broker, const struct metadata_image *image);

#endif
