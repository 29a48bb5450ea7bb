/* SPDX-License-Identifier: Apache-2.0 */
#include "dead_letter_topic.h"

#include <string.h>
#include <strings.h>

static kw_string of_group(const struct metadata_image *image, kw_string group, const char *name)
{
    return metadata_find_config(image, RESOURCE_GROUP, group, kw_string_of(name));
}

/* All of Kafka's forms have been checked when it was set. */
static bool is_true(kw_string value)
{
    return value.len == 4 && strncasecmp(value.data, "true", 4) == 0;
}

static kw_string of_broker(const struct config_place *place, const char *name)
{
    struct config_value value;
    effective_broker_config(place, setting_find(SETTING_BROKER, name), &value);
    return value.text;
}

bool dead_letters_are_wanted(const struct metadata_image *image, kw_string group)
{
    return metadata_feature_level(image, kw_string_of("share.version")) >= 2 &&
           of_group(image, group, "errors.deadletterqueue.topic.name").len > 0;
}

static bool has_prefix(kw_string name, kw_string prefix)
{
    return prefix.len <= 0 || (name.len >= prefix.len && memcmp(name.data, prefix.data, (size_t)prefix.len) == 0);
}

/* In the order of Kafka's checks. */
static const char *find_fault(const struct config_place *place, const struct dead_letter_topic *t)
{
    if (t->name.len <= 0)
        return "the group has no topic for them";
    if (has_prefix(t->name, kw_string_of("__")))
        return "the name of their topic starts with __";
    if (t->topic != NULL && !is_true(metadata_find_config(place->image, RESOURCE_TOPIC, t->name,
                                                          kw_string_of("errors.deadletterqueue.group.enable"))))
        return "their topic has no errors.deadletterqueue.group.enable";
    if (t->topic == NULL && !is_true(of_broker(place, "errors.deadletterqueue.auto.create.topics.enable")))
        return "their topic does not exist";
    if (!has_prefix(t->name, of_broker(place, "errors.deadletterqueue.topic.name.prefix")))
        return "the name of their topic does not start with errors.deadletterqueue.topic.name.prefix";
    return NULL;
}

enum dead_letter_place dead_letter_topic_find(const struct config_place *place, kw_string group, int32_t partition,
                                              struct dead_letter_topic *out)
{
    *out = (struct dead_letter_topic){.name = of_group(place->image, group, "errors.deadletterqueue.topic.name")};
    if (out->name.len > 0)
        out->topic = metadata_topic_by_name(place->image, out->name);
    out->why = find_fault(place, out);
    if (out->why != NULL)
        return DEAD_LETTER_REFUSED;
    if (out->topic == NULL)
        return DEAD_LETTER_MISSING;
    if (out->topic->partition_count > 0)
        out->to = metadata_topic_partition(out->topic, partition % out->topic->partition_count);
    out->has_records = is_true(of_group(place->image, group, "errors.deadletterqueue.copy.record.enable"));
    return DEAD_LETTER_READY;
}

bool dead_letter_topic_describe(kw_string name, kw_arena *arena, kw_create_topics_request_creatable_topic *out)
{
    enum { CONFIGS = 2 };
    static const char *const wanted[CONFIGS][2] = {{"errors.deadletterqueue.group.enable", "true"},
                                                   {"message.timestamp.type", "CreateTime"}};
    kw_create_topics_request_creatable_topic_init(out);
    out->name = name;
    out->num_partitions = -1;
    out->replication_factor = -1;
    out->configs.items = kw_arena_array(arena, CONFIGS, sizeof *out->configs.items);
    if (out->configs.items == NULL)
        return false;
    for (size_t i = 0; i < CONFIGS; i++) {
        kw_create_topics_request_creatable_topic_config *config = &out->configs.items[out->configs.len++];
        kw_create_topics_request_creatable_topic_config_init(config);
        config->name = kw_string_of(wanted[i][0]);
        config->value = kw_string_of(wanted[i][1]);
    }
    return true;
}
