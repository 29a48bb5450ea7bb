/* SPDX-License-Identifier: Apache-2.0 */
#include "internal_topic.h"

#include <inttypes.h>
#include <stdio.h>

#include "../base/growth.h"

enum { MOST_CONFIGS = 6 };

/* The names of its settings, and its policy. */
struct kind {
    const char *partitions;
    const char *replication_factor;
    const char *segment_bytes;
    const char *min_isr; /* NULL: as any topic */
    const char *cleanup_policy;
    const char *compression_type;
    const char *retention_ms;     /* NULL: as any topic */
    const char *unclean_election; /* likewise */
};

static const struct kind *kind_of(kw_internal_topic topic)
{
    static const struct kind offsets = {
        .partitions = "offsets.topic.num.partitions",
        .replication_factor = "offsets.topic.replication.factor",
        .segment_bytes = "offsets.topic.segment.bytes",
        .cleanup_policy = "compact",
        .compression_type = "producer",
    };
    static const struct kind transactions = {
        .partitions = "transaction.state.log.num.partitions",
        .replication_factor = "transaction.state.log.replication.factor",
        .segment_bytes = "transaction.state.log.segment.bytes",
        .min_isr = "transaction.state.log.min.isr",
        .cleanup_policy = "compact",
        .compression_type = "uncompressed",
        .unclean_election = "false",
    };
    static const struct kind share_state = {
        .partitions = "share.coordinator.state.topic.num.partitions",
        .replication_factor = "share.coordinator.state.topic.replication.factor",
        .segment_bytes = "share.coordinator.state.topic.segment.bytes",
        .min_isr = "share.coordinator.state.topic.min.isr",
        .cleanup_policy = "delete",
        .compression_type = "producer",
        .retention_ms = "-1",
    };
    if (topic == KW_INTERNAL_TOPIC_TRANSACTION_STATE)
        return &transactions;
    return topic == KW_INTERNAL_TOPIC_SHARE_GROUP_STATE ? &share_state : &offsets;
}

int32_t internal_topic_partitions(const struct config_place *place, kw_internal_topic topic)
{
    kw_string name = kw_string_of(kw_internal_topic_name(topic));
    const struct metadata_topic *existing = metadata_topic_by_name(place->image, name);
    return existing != NULL ? existing->partition_count
                            : (int32_t)effective_broker_number(place, kind_of(topic)->partitions);
}

/* ---- creation ---- */

static bool is_alone(const struct metadata_image *image)
{
    size_t others = 0;
    for (size_t i = 0; i < image->parts.broker_count; i++)
        others += !image->parts.brokers[i].fenced;
    return others <= 1;
}

/* 1 where the default would ask for brokers that are not there. */
static int64_t number_of_replicas(const struct config_place *place, const char *setting)
{
    struct config_value value;
    effective_broker_config(place, setting_find(SETTING_BROKER, setting), &value);
    bool is_default = value.source == SOURCE_DEFAULT;
    return is_default && is_alone(place->image) ? 1 : effective_broker_number(place, setting);
}

static void add_text(kw_create_topics_request_creatable_topic *out, const char *name, kw_string value)
{
    kw_create_topics_request_creatable_topic_config *config = &out->configs.items[out->configs.len++];
    kw_create_topics_request_creatable_topic_config_init(config);
    config->name = kw_string_of(name);
    config->value = value;
}

static bool add_number(kw_create_topics_request_creatable_topic *out, const char *name, int64_t value, kw_arena *arena)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%" PRId64, value);
    kw_string copy = arena_copy_string(arena, kw_string_of(text));
    add_text(out, name, copy);
    return copy.data != NULL;
}

bool internal_topic_describe(const struct config_place *place, kw_internal_topic topic, kw_arena *arena,
                             kw_create_topics_request_creatable_topic *out)
{
    const struct kind *kind = kind_of(topic);
    kw_create_topics_request_creatable_topic_init(out);
    out->name = kw_string_of(kw_internal_topic_name(topic));
    out->num_partitions = (int32_t)effective_broker_number(place, kind->partitions);
    out->replication_factor = (int16_t)number_of_replicas(place, kind->replication_factor);
    out->configs.items = kw_arena_array(arena, MOST_CONFIGS, sizeof *out->configs.items);
    if (out->configs.items == NULL)
        return false;
    add_text(out, "cleanup.policy", kw_string_of(kind->cleanup_policy));
    add_text(out, "compression.type", kw_string_of(kind->compression_type));
    if (!add_number(out, "segment.bytes", effective_broker_number(place, kind->segment_bytes), arena))
        return false;
    if (kind->retention_ms != NULL)
        add_text(out, "retention.ms", kw_string_of(kind->retention_ms));
    if (kind->unclean_election != NULL)
        add_text(out, "unclean.leader.election.enable", kw_string_of(kind->unclean_election));
    return kind->min_isr == NULL ||
           add_number(out, "min.insync.replicas", number_of_replicas(place, kind->min_isr), arena);
}
