/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_TOPIC_CONFIG_H
#define SERVER_METADATA_TOPIC_CONFIG_H

#include <stdint.h>

#include "../config/log_config.h"
#include "image.h"

/* The settings of a topic's logs on the broker `node_id`: those of the image over the properties file (NULL: there is
 * none), see log_config_read(). */
void topic_config_read(struct log_config *config, const struct metadata_image *image, kw_string topic, int32_t node_id,
                       const struct static_config *file);

#endif
