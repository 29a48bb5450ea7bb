/* SPDX-License-Identifier: Apache-2.0 */
#include "image_records.h"

#include <string.h>

#include <kwire/messages/access_control_entry_record.h>
#include <kwire/messages/client_quota_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/delegation_token_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/register_controller_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/messages/user_scram_credential_record.h>

#include "broker_record.h"
#include "versions.h"

/* As much as is handed over at once; it becomes a batch, of which Kafka cannot read more than 8 MiB. */
enum { TOGETHER = 1000, BYTES_TOGETHER = 1024 * 1024 };

struct walk {
    const struct metadata_image *image;
    struct record_versions versions;
    bool has_elr;
    struct record_list records;
    kw_arena *arena;
    records_function *take;
    void *context;
    kw_status status;
};

static void hand_over(struct walk *w)
{
    if (w->status == KW_OK)
        w->status = w->records.status;
    if (w->status == KW_OK && w->records.count != 0)
        w->status = w->take(w->context, &w->records);
    kw_arena_reset(w->arena);
    record_list_init(&w->records, w->arena);
}

static void hand_over_many(struct walk *w)
{
    if (w->records.count >= TOGETHER || w->records.bytes >= BYTES_TOGETHER)
        hand_over(w);
}

static void add(struct walk *w, const kw_message *message, int16_t version, const void *record)
{
    record_list_add(&w->records, message, version, record);
    hand_over_many(w);
}

/* ---- features, with metadata.version first, because it says how to read the others ---- */

static void add_feature(struct walk *w, const struct metadata_feature *feature)
{
    kw_feature_level_record record;
    kw_feature_level_record_init(&record);
    record.name = feature->name;
    record.feature_level = feature->level;
    add(w, &kw_feature_level_record_message, 0, &record);
}

static bool is_metadata_version(const struct metadata_feature *feature)
{
    return kw_string_equal(feature->name, kw_string_of("metadata.version"));
}

static void add_features(struct walk *w)
{
    const struct metadata_parts *parts = &w->image->parts;
    for (size_t i = 0; i < parts->feature_count; i++)
        if (is_metadata_version(&parts->features[i]))
            add_feature(w, &parts->features[i]);
    for (size_t i = 0; i < parts->feature_count; i++)
        if (!is_metadata_version(&parts->features[i]))
            add_feature(w, &parts->features[i]);
}

/* ---- topics ---- */

static void add_partition(struct walk *w, const struct metadata_topic *topic, const struct metadata_partition *p)
{
    kw_partition_record record;
    kw_partition_record_init(&record);
    record.topic_id = topic->id;
    record.partition_id = p->index;
    record.replicas = p->replicas;
    record.isr = p->isr;
    record.removing_replicas = p->removing;
    record.adding_replicas = p->adding;
    record.leader = p->leader_id;
    record.leader_recovery_state = p->leader_recovery_state;
    record.leader_epoch = p->leader_epoch;
    record.partition_epoch = p->partition_epoch;
    if (w->has_elr && p->elr.len > 0)
        record.eligible_leader_replicas = p->elr;
    if (w->has_elr && p->last_known_elr.len > 0)
        record.last_known_elr = p->last_known_elr;
    if (w->versions.directories)
        record.directories = p->directories;
    add(w, &kw_partition_record_message, w->versions.partition, &record);
}

static void add_topics(struct walk *w)
{
    const struct metadata_parts *parts = &w->image->parts;
    for (size_t i = 0; i < parts->topic_count; i++) {
        const struct metadata_topic *topic = parts->topics[i];
        kw_topic_record record;
        kw_topic_record_init(&record);
        record.name = topic->name;
        record.topic_id = topic->id;
        add(w, &kw_topic_record_message, 0, &record);
        for (int32_t p = 0; p < topic->partition_count; p++)
            add_partition(w, topic, &topic->partitions[p]);
    }
}

/* ---- the rest ---- */

static void add_brokers(struct walk *w)
{
    for (size_t i = 0; i < w->image->parts.broker_count; i++) {
        broker_record_add(&w->records, &w->image->parts.brokers[i], w->versions);
        hand_over_many(w);
    }
}

static void add_configs(struct walk *w)
{
    const struct metadata_parts *parts = &w->image->parts;
    for (size_t i = 0; i < parts->resource_count; i++)
        for (size_t c = 0; c < parts->resources[i]->config_count; c++) {
            kw_config_record record;
            kw_config_record_init(&record);
            record.resource_type = parts->resources[i]->type;
            record.resource_name = parts->resources[i]->name;
            record.name = parts->resources[i]->configs[c].name;
            record.value = parts->resources[i]->configs[c].value;
            add(w, &kw_config_record_message, 0, &record);
        }
}

static void add_producer_ids(struct walk *w)
{
    kw_producer_ids_record record;
    kw_producer_ids_record_init(&record);
    if (w->image->parts.next_producer_id <= 0)
        return;
    record.broker_id = -1;
    record.broker_epoch = -1;
    record.next_producer_id = w->image->parts.next_producer_id;
    add(w, &kw_producer_ids_record_message, 0, &record);
}

static void add_kept(struct walk *w, int16_t type)
{
    const struct metadata_kept_set *kept = w->image->parts.kept;
    for (size_t i = 0; kept != NULL && i < kept->count; i++) {
        if (kept->items[i].type != type)
            continue;
        record_list_add_value(&w->records, kept->items[i].value);
        hand_over_many(w);
    }
}

kw_status image_records(const struct metadata_image *image, kw_arena *arena, records_function *take, void *context)
{
    struct walk w = {.image = image,
                     .versions = record_versions_of(image),
                     .has_elr = metadata_has_elr(image),
                     .arena = arena,
                     .take = take,
                     .context = context,
                     .status = KW_OK};
    kw_arena_reset(arena);
    record_list_init(&w.records, arena);
    add_features(&w);
    add_brokers(&w);
    add_kept(&w, KW_REGISTER_CONTROLLER_RECORD_TYPE);
    add_topics(&w);
    add_configs(&w);
    add_kept(&w, KW_CLIENT_QUOTA_RECORD_TYPE);
    add_producer_ids(&w);
    add_kept(&w, KW_ACCESS_CONTROL_ENTRY_RECORD_TYPE);
    add_kept(&w, KW_USER_SCRAM_CREDENTIAL_RECORD_TYPE);
    add_kept(&w, KW_DELEGATION_TOKEN_RECORD_TYPE);
    hand_over(&w);
    return w.status;
}
