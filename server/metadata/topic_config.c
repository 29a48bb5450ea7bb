/* SPDX-License-Identifier: Apache-2.0 */
#include "topic_config.h"

#include <stdio.h>

/* The resources of an image that a log follows. */
struct resources {
    const struct metadata_image *image;
    kw_string topic;
    char broker[16];
};

static kw_string find(const void *context, enum setting_source source, const char *name)
{
    const struct resources *r = context;
    int8_t type = source == SOURCE_TOPIC ? RESOURCE_TOPIC : RESOURCE_BROKER;
    const char *broker = source == SOURCE_DYNAMIC_BROKER ? r->broker : "";
    kw_string resource = source == SOURCE_TOPIC ? r->topic : kw_string_of(broker);
    return metadata_find_config(r->image, type, resource, kw_string_of(name));
}

void topic_config_read(struct log_config *config, const struct metadata_image *image, kw_string topic, int32_t node_id,
                       const struct static_config *file)
{
    struct resources resources = {.image = image, .topic = topic};
    snprintf(resources.broker, sizeof resources.broker, "%ld", (long)node_id);
    const struct dynamic_config dynamic = {.find = find, .context = &resources};
    log_config_read(config, file, &dynamic);
}
