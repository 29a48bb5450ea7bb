/* SPDX-License-Identifier: Apache-2.0 */
#include "publisher.h"

#include <stdio.h>

#include "../log/log_creation.h"
#include "topic_config.h"

/* ---- one partition ---- */

/* Where this node is among the replicas; -1: it is not. */
static int32_t place_of(const struct metadata_partition *partition, int32_t node_id)
{
    for (int32_t i = 0; partition != NULL && i < partition->replicas.len; i++)
        if (partition->replicas.items[i] == node_id)
            return i;
    return -1;
}

static bool is_here(const struct publisher *p, const struct metadata_partition *partition)
{
    return place_of(partition, p->node_id) >= 0;
}

static void create(const struct publisher *p, const struct metadata_topic *topic,
                   const struct metadata_partition *partition, const struct log_config *config)
{
    int32_t place = place_of(partition, p->node_id);
    struct log_wanted wanted = {.topic = topic->name, .topic_id = topic->id, .partition = partition->index};
    if (place < partition->directories.len)
        wanted.directory = partition->directories.items[place];
    (void)log_manager_create(p->logs, &wanted, config);
}

/* ---- topics ---- */

/* All partitions, or with `before` those that it does not have on this node. */
static void create_partitions(const struct publisher *p, const struct metadata_image *image,
                              const struct metadata_topic *topic, const struct metadata_topic *before)
{
    struct log_config config;
    bool has_config = false;
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *partition = &topic->partitions[i];
        if (!is_here(p, partition) ||
            (before != NULL && is_here(p, metadata_topic_partition(before, partition->index))))
            continue;
        if (!has_config)
            topic_config_read(&config, image, topic->name, p->node_id, p->file);
        has_config = true;
        create(p, topic, partition, &config);
    }
}

/* Those that `after`, NULL if the topic is gone, does not have on this node. */
static void delete_partitions(const struct publisher *p, const struct metadata_topic *topic,
                              const struct metadata_topic *after)
{
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *partition = &topic->partitions[i];
        if (is_here(p, partition) && (after == NULL || !is_here(p, metadata_topic_partition(after, partition->index))))
            (void)log_manager_delete(p->logs, topic->name, topic->id, partition->index);
    }
}

/* The topic in the other image, if it is the same one. */
static const struct metadata_topic *same_topic(const struct metadata_image *image, const struct metadata_topic *topic)
{
    const struct metadata_topic *found = image != NULL ? metadata_topic_by_name(image, topic->name) : NULL;
    return found != NULL && kw_uuid_equal(found->id, topic->id) ? found : NULL;
}

/* ---- settings ---- */

/* Resources that have not changed are shared by both images. */
static bool has_changed(const struct metadata_image *before, const struct metadata_image *after, int8_t type,
                        kw_string name)
{
    return metadata_find_resource(before, type, name) != metadata_find_resource(after, type, name);
}

static bool broker_has_changed(const struct publisher *p, const struct metadata_image *before,
                               const struct metadata_image *after)
{
    char id[16];
    (void)snprintf(id, sizeof id, "%ld", (long)p->node_id);
    return has_changed(before, after, RESOURCE_BROKER, kw_string_of("")) ||
           has_changed(before, after, RESOURCE_BROKER, kw_string_of(id));
}

/* ---- images ---- */

struct keeping {
    const struct publisher *publisher;
    const struct metadata_image *image;
};

static bool find(void *context, kw_string topic, int32_t partition, kw_uuid *topic_id)
{
    const struct keeping *k = context;
    const struct metadata_topic *found = metadata_topic_by_name(k->image, topic);
    if (found == NULL || !is_here(k->publisher, metadata_topic_partition(found, partition)))
        return false;
    *topic_id = found->id;
    return true;
}

void publisher_keep(const struct publisher *p, const struct metadata_image *image)
{
    struct keeping keeping = {p, image};
    log_manager_keep(p->logs, find, &keeping);
}

void publisher_prepare(const struct publisher *p, const struct metadata_image *before,
                       const struct metadata_image *after)
{
    bool all = before == NULL || broker_has_changed(p, before, after);
    for (size_t i = 0; before != NULL && i < metadata_topic_count(before); i++) {
        const struct metadata_topic *topic = metadata_topic_at(before, i);
        const struct metadata_topic *next = same_topic(after, topic);
        if (next != topic)
            delete_partitions(p, topic, next);
    }
    for (size_t i = 0; i < metadata_topic_count(after); i++) {
        const struct metadata_topic *topic = metadata_topic_at(after, i);
        const struct metadata_topic *old = same_topic(before, topic);
        if (all || has_changed(before, after, RESOURCE_TOPIC, topic->name))
            create_partitions(p, after, topic, NULL);
        else if (old != topic)
            create_partitions(p, after, topic, old);
    }
}
