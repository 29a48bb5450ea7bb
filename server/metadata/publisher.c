/* SPDX-License-Identifier: Apache-2.0 */
#include "publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../log/log_creation.h"
#include "directories.h"
#include "topic_config.h"

/* ---- where logs are ---- */

/* Without memory the partition is left out until it is looked at again. */
static void add_assignment(struct assignment_list *list, const struct directory_assignment *one)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct directory_assignment *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL)
            return;
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *one;
}

void assignment_list_drop(struct assignment_list *list, size_t count)
{
    list->count -= count;
    if (list->count != 0)
        memmove(list->items, list->items + count, list->count * sizeof *list->items);
}

void assignment_list_finish(struct assignment_list *list)
{
    free(list->items);
    memset(list, 0, sizeof *list);
}

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

static void assign(const struct publisher *p, const struct metadata_topic *topic,
                   const struct metadata_partition *partition)
{
    kw_uuid said = metadata_directory_of(partition, p->node_id);
    const struct directory_assignment one = {topic->id, partition->index,
                                             log_manager_directory(p->logs, topic->name, partition->index)};
    if (!kw_uuid_is_zero(one.directory) && !kw_uuid_equal(one.directory, said))
        add_assignment(p->assignments, &one);
}

static void create(struct publisher *p, const struct metadata_topic *topic, const struct metadata_partition *partition,
                   bool is_new, const struct log_config *config)
{
    int32_t place = place_of(partition, p->node_id);
    struct log_wanted wanted = {
        .topic = topic->name, .topic_id = topic->id, .partition = partition->index, .is_new = is_new};
    if (place < partition->directories.len)
        wanted.directory = partition->directories.items[place];
    kw_status status = log_manager_create(p->logs, &wanted, config);
    if (status == KW_OK && p->assignments != NULL)
        assign(p, topic, partition);
    if (status == KW_ERR_NO_MEMORY)
        p->is_incomplete = true;
}

/* ---- topics ---- */

static void read_config(const struct publisher *p, const struct metadata_image *image, kw_string topic,
                        struct log_config *config)
{
    topic_config_read(config, image, topic, p->node_id, p->file);
    if (p->sync)
        config->flush_messages = 1;
}

/* All partitions, or with `before` those that it does not have on this node. They are new if no image had them. */
static void create_partitions(struct publisher *p, const struct metadata_image *image,
                              const struct metadata_topic *topic, const struct metadata_topic *before, bool are_new)
{
    struct log_config config;
    bool has_config = false;
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *partition = &topic->partitions[i];
        if (!is_here(p, partition) ||
            (before != NULL && is_here(p, metadata_topic_partition(before, partition->index))))
            continue;
        if (!has_config)
            read_config(p, image, topic->name, &config);
        has_config = true;
        create(p, topic, partition, are_new, &config);
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

/* What has become of a topic; one of both may be NULL. One that has another id is another one. */
static void change_topic(struct publisher *p, const struct metadata_image *image, const struct metadata_topic *before,
                         const struct metadata_topic *after)
{
    bool same = before != NULL && after != NULL && kw_uuid_equal(before->id, after->id);
    if (before != NULL)
        delete_partitions(p, before, same ? after : NULL);
    if (after != NULL)
        create_partitions(p, image, after, same ? before : NULL, true);
}

/* Topics are in the order of their names in both, and shared where they have not changed. */
static void change_topics(struct publisher *p, const struct metadata_image *before, const struct metadata_image *after)
{
    size_t i = 0, k = 0;
    while (i < metadata_topic_count(before) || k < metadata_topic_count(after)) {
        const struct metadata_topic *old = i < metadata_topic_count(before) ? metadata_topic_at(before, i) : NULL;
        const struct metadata_topic *new = k < metadata_topic_count(after) ? metadata_topic_at(after, k) : NULL;
        int order = old == new ? 0 : old == NULL ? 1 : new == NULL ? -1 : kw_string_compare(old->name, new->name);
        i += order <= 0;
        k += order >= 0;
        if (old != new)
            change_topic(p, after, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
    }
}

/* ---- settings ---- */

static void configure_all(struct publisher *p, const struct metadata_image *image)
{
    for (size_t i = 0; i < metadata_topic_count(image); i++)
        create_partitions(p, image, metadata_topic_at(image, i), NULL, false);
}

/* Whether all logs follow this resource. */
static bool is_of_broker(const struct publisher *p, const struct metadata_resource *resource)
{
    char id[16];
    (void)snprintf(id, sizeof id, "%ld", (long)p->node_id);
    return resource->type == RESOURCE_BROKER &&
           (resource->name.len == 0 || kw_string_equal(resource->name, kw_string_of(id)));
}

/* One that is in one of two images only, or has changed. */
static bool change_resource(struct publisher *p, const struct metadata_image *image,
                            const struct metadata_resource *resource)
{
    const struct metadata_topic *topic =
        resource->type == RESOURCE_TOPIC ? metadata_topic_by_name(image, resource->name) : NULL;
    if (topic != NULL)
        create_partitions(p, image, topic, NULL, false);
    return is_of_broker(p, resource);
}

static int compare_resources(const struct metadata_resource *a, const struct metadata_resource *b)
{
    return a->type != b->type ? a->type - b->type : kw_string_compare(a->name, b->name);
}

/* True: all logs have to be configured. */
static bool change_resources(struct publisher *p, const struct metadata_image *before,
                             const struct metadata_image *after)
{
    const struct metadata_parts *x = &before->parts, *y = &after->parts;
    bool all = false;
    for (size_t i = 0, k = 0; i < x->resource_count || k < y->resource_count;) {
        const struct metadata_resource *old = i < x->resource_count ? x->resources[i] : NULL;
        const struct metadata_resource *new = k < y->resource_count ? y->resources[k] : NULL;
        int order = old == new ? 0 : old == NULL ? 1 : new == NULL ? -1 : compare_resources(old, new);
        i += order <= 0;
        k += order >= 0;
        if (old != new &&change_resource(p, after, order >= 0 ? new : old))
            all = true;
    }
    return all;
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

bool publisher_prepare(struct publisher *p, const struct metadata_image *before, const struct metadata_image *after)
{
    p->is_incomplete = false;
    if (before != NULL)
        change_topics(p, before, after);
    if (before == NULL || change_resources(p, before, after))
        configure_all(p, after);
    if (!log_manager_sync_names(p->logs))
        p->is_incomplete = true;
    return !p->is_incomplete;
}
