/* SPDX-License-Identifier: Apache-2.0 */
#include "decide_directories.h"

#include <kwire/messages/broker_registration_change_record.h>

#include "broker_ids.h"
#include "directories.h"
#include "partition_change.h"
#include "versions.h"

/* ---- one partition ---- */

static bool has(const struct metadata_broker *broker, kw_uuid directory)
{
    for (int32_t i = 0; i < broker->directories.len; i++)
        if (kw_uuid_equal(broker->directories.items[i], directory))
            return true;
    return false;
}

/* Nobody leads what this node cannot reach. */
static void leave(struct decision *decision, const struct static_config *file, const struct metadata_topic *topic,
                  const struct metadata_partition *partition)
{
    struct partition_change change = {.image = decision->image,
                                      .topic = topic,
                                      .partition = partition,
                                      .leaving = decision->node_id,
                                      .electable = NO_BROKER,
                                      .assigned = NO_BROKER};
    partition_change_read_settings(&change, decision->node_id, file);
    partition_change_add(&decision->records, &change);
}

/* ---- assignments ---- */

void decide_directory_assignments(struct decision *decision, const struct static_config *file,
                                  const struct directory_assignment *items, size_t count)
{
    struct partition_change change = {
        .image = decision->image, .leaving = NO_BROKER, .electable = decision->node_id, .assigned = decision->node_id};
    const struct metadata_broker *self = metadata_find_broker(decision->image, decision->node_id);
    if (!record_versions_of(decision->image).directories || self == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        change.topic = metadata_topic_by_id(decision->image, items[i].topic_id);
        change.partition = change.topic != NULL ? metadata_topic_partition(change.topic, items[i].partition) : NULL;
        if (change.partition == NULL || !broker_ids_have(change.partition->replicas, decision->node_id))
            continue;
        change.directory = items[i].directory;
        partition_change_read_settings(&change, decision->node_id, file);
        change.may_lose = false;
        partition_change_add(&decision->records, &change);
        if (!has(self, items[i].directory))
            leave(decision, file, change.topic, change.partition);
    }
}

/* ---- a failure ---- */

static void leave_partitions(struct decision *decision, const struct static_config *file, kw_uuid directory,
                             const struct metadata_topic *topic)
{
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *p = &topic->partitions[i];
        if (broker_ids_have(p->replicas, decision->node_id) &&
            kw_uuid_equal(metadata_directory_of(p, decision->node_id), directory))
            leave(decision, file, topic, p);
    }
}

static void register_without(struct decision *decision, const struct metadata_broker *self, kw_uuid directory)
{
    kw_broker_registration_change_record change;
    kw_broker_registration_change_record_init(&change);
    kw_uuid *ids = kw_arena_array(decision->records.arena, (size_t)self->directories.len, sizeof *ids);
    if (ids == NULL) {
        record_list_fail(&decision->records, kw_arena_status(decision->records.arena));
        return;
    }
    change.broker_id = self->id;
    change.broker_epoch = self->epoch;
    change.log_dirs = (kw_uuid_array){ids, 0};
    for (int32_t i = 0; i < self->directories.len; i++)
        if (!kw_uuid_equal(self->directories.items[i], directory))
            ids[change.log_dirs.len++] = self->directories.items[i];
    record_list_add(&decision->records, &kw_broker_registration_change_record_message, 2, &change);
}

void decide_directory_failure(struct decision *decision, const struct static_config *file, kw_uuid directory)
{
    const struct metadata_broker *self = metadata_find_broker(decision->image, decision->node_id);
    if (!record_versions_of(decision->image).directories || self == NULL || !has(self, directory))
        return;
    for (size_t i = 0; i < metadata_topic_count(decision->image); i++)
        leave_partitions(decision, file, directory, metadata_topic_at(decision->image, i));
    register_without(decision, self, directory);
}
