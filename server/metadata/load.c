/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/storage/checkpoint.h>
#include <kwire/storage/file.h>
#include <kwire/topic_name.h>

#include "../observe/console.h"

/* Bounds for what one topic and one small file may take. */
enum { ARENA_LIMIT = 1024 * 1024 * 1024, EPOCHS_LIMIT = 64 * 1024 * 1024 };

struct loading {
    const struct log_manager *logs;
    int32_t self;
    kw_arena arena; /* for one topic at a time */
    struct metadata_topic **topics;
    size_t topic_count;
};

/* The node that the directory is of, as far as the metadata shows; -1 if it does not. */
static int32_t owner_of(const struct log_manager *logs)
{
    const kw_metadata_image *image = &logs->dir.metadata.image;
    if (image->broker_count == 1)
        return image->brokers[0].id;
    for (size_t i = 0; i < image->topic_count && image->broker_count == 0; i++)
        for (int32_t p = 0; p < image->topics[i].partition_count; p++)
            if (image->topics[i].partitions[p].replicas.len > 0)
                return image->topics[i].partitions[p].replicas.items[0];
    return -1;
}

/* ---- partitions ---- */

static bool has(kw_int32_array ids, int32_t id)
{
    for (int32_t i = 0; i < ids.len; i++)
        if (ids.items[i] == id)
            return true;
    return false;
}

/* Whether Kafka would make this node the leader when it came up alone: it is in sync, or was when it stopped last. */
static bool may_lead(const kw_metadata_partition *from, int32_t self)
{
    return from->leader == self || has(from->isr, self) || has(from->elr, self) || has(from->last_known_elr, self) ||
           (from->replicas.len == 1 && from->replicas.items[0] == self);
}

static bool fill_from_metadata(struct loading *l, const kw_metadata_partition *from, struct metadata_partition *to)
{
    int32_t *ids = kw_arena_array(&l->arena, (size_t)from->replicas.len + 1, sizeof *ids);
    if (ids == NULL)
        return false;
    bool leads = may_lead(from, l->self);
    to->index = from->id;
    to->leader_id = leads ? l->self : -1;
    to->leader_epoch = from->leader_epoch;
    to->partition_epoch = from->partition_epoch;
    to->leader_recovery_state = from->leader_recovery_state;
    to->replicas = from->replicas;
    to->isr = from->isr;
    to->elr = from->elr;
    to->last_known_elr = from->last_known_elr;
    to->removing = from->removing;
    to->adding = from->adding;
    to->directories = from->directories;

    to->offline.items = ids;
    for (int32_t i = 0; i < from->replicas.len; i++)
        if (from->replicas.items[i] != l->self)
            ids[to->offline.len++] = from->replicas.items[i];
    if (leads && !has(from->isr, l->self)) { /* who leads is in sync, and no more eligible only */
        int32_t *self = &ids[to->offline.len];
        *self = l->self;
        to->isr = (kw_int32_array){self, 1};
        to->elr.len = to->last_known_elr.len = 0;
    }
    return true;
}

/* The last epoch in the folder's leader-epoch-checkpoint: what clients are told must not be older than what is in the
 * records. */
static int32_t epoch_of(struct loading *l, const kw_data_partition *place)
{
    char path[KW_PATH_SIZE];
    kw_bytes text;
    kw_leader_epochs epochs = {NULL, 0};
    size_t at;
    int n = snprintf(path, sizeof path, "%s/leader-epoch-checkpoint", place->folder);
    if (n < 0 || (size_t)n >= sizeof path || kw_file_load(path, EPOCHS_LIMIT, &l->arena, &text) != KW_OK)
        return 0;
    (void)!kw_leader_epochs_parse(&epochs, kw_string_of_bytes(text), &l->arena, &at);
    return epochs.len > 0 ? epochs.items[epochs.len - 1].epoch : 0;
}

static void fill_from_folder(struct loading *l, const kw_data_partition *place, struct metadata_partition *to)
{
    to->index = place->partition;
    to->leader_id = l->self;
    to->leader_epoch = epoch_of(l, place);
    to->replicas = to->isr = (kw_int32_array){&l->self, 1};
}

static bool fill_partitions(struct loading *l, const kw_data_topic *from, struct metadata_topic *to)
{
    int32_t count = from->metadata != NULL ? from->metadata->partition_count : (int32_t)from->folder_count;
    struct metadata_partition *partitions = kw_arena_array(&l->arena, (size_t)count, sizeof *partitions);
    if (partitions == NULL)
        return false;
    memset(partitions, 0, (size_t)count * sizeof *partitions);
    for (int32_t i = 0; i < count; i++) {
        if (from->metadata == NULL)
            fill_from_folder(l, &from->folders[i], &partitions[i]);
        else if (!fill_from_metadata(l, &from->metadata->partitions[i], &partitions[i]))
            return false;
    }
    to->partitions = partitions;
    to->partition_count = count;
    return true;
}

/* ---- topics ---- */

static bool add_topic(struct loading *l, const kw_data_topic *from)
{
    struct metadata_topic topic = {
        .name = from->name, .id = from->id, .is_internal = kw_topic_name_is_internal(from->name)};
    kw_arena_reset(&l->arena);
    if (!fill_partitions(l, from, &topic))
        return false;
    struct metadata_topic *copy = metadata_topic_create(&topic);
    if (copy != NULL)
        l->topics[l->topic_count++] = copy;
    return copy != NULL;
}

/* By id, then by name. */
static int compare_ids(const void *a, const void *b)
{
    const kw_data_topic *x = *(const kw_data_topic *const *)a, *y = *(const kw_data_topic *const *)b;
    int order = kw_uuid_compare(x->id, y->id);
    return order != 0 ? order : kw_string_compare(x->name, y->name);
}

/* Why the topic is left out; NULL: it is not. `before` is the one before it in the order of ids. */
static const char *why_not(const kw_data_topic *topic, const kw_data_topic *before)
{
    if (!kw_topic_name_is_valid(topic->name))
        return "not a valid name";
    if (before != NULL && !kw_uuid_is_zero(topic->id) && kw_uuid_equal(topic->id, before->id))
        return "another topic has the same id";
    return NULL;
}

static bool add_topics(struct loading *l, const kw_data_topic **sorted, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sorted[i] = &l->logs->dir.topics[i];
    if (count > 1)
        qsort(sorted, count, sizeof(kw_data_topic *), compare_ids);
    for (size_t i = 0; i < count; i++) {
        const char *why = why_not(sorted[i], i > 0 ? sorted[i - 1] : NULL);
        if (why != NULL)
            console_line("%s: topic %.*s is left out: %s", l->logs->dir.path, KW_FMT(sorted[i]->name), why);
        else if (!add_topic(l, sorted[i]))
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return kw_string_compare((*(struct metadata_topic *const *)a)->name, (*(struct metadata_topic *const *)b)->name);
}

/* Of topics with one name the first one stays. */
static void drop_repeated_names(struct loading *l)
{
    size_t kept = 0;
    if (l->topic_count > 1)
        qsort(l->topics, l->topic_count, sizeof(struct metadata_topic *), compare_names);
    for (size_t i = 0; i < l->topic_count; i++) {
        struct metadata_topic *topic = l->topics[i];
        if (kept != 0 && kw_string_equal(l->topics[kept - 1]->name, topic->name)) {
            console_line("%s: topic %.*s is left out: another topic has the same name", l->logs->dir.path,
                         KW_FMT(topic->name));
            metadata_topic_release(topic);
        } else {
            l->topics[kept++] = topic;
        }
    }
    l->topic_count = kept;
}

/* ---- the image ---- */

static bool convert_brokers(struct loading *l, struct metadata_parts *parts)
{
    const kw_metadata_image *from = &l->logs->dir.metadata.image;
    struct metadata_broker *brokers = kw_arena_array(&l->arena, from->broker_count, sizeof *brokers);
    if (brokers == NULL)
        return false;
    for (size_t i = 0; i < from->broker_count; i++) {
        const kw_metadata_broker *b = &from->brokers[i];
        brokers[i] = (struct metadata_broker){.id = b->id,
                                              .epoch = b->epoch,
                                              .incarnation_id = b->incarnation_id,
                                              .rack = b->rack,
                                              .directories = b->directories,
                                              .fenced = b->fenced,
                                              .in_controlled_shutdown = b->in_controlled_shutdown};
    }
    parts->brokers = brokers;
    parts->broker_count = from->broker_count;
    return true;
}

static struct metadata_image *make_image(struct loading *l)
{
    const kw_cluster_metadata *from = &l->logs->dir.metadata;
    struct metadata_parts parts = {.topics = l->topics,
                                   .topic_count = l->topic_count,
                                   .next_producer_id = from->image.next_producer_id,
                                   .offset = from->end_offset,
                                   .epoch = from->epoch};
    kw_arena_reset(&l->arena);
    return convert_brokers(l, &parts) ? metadata_image_create(&parts) : NULL;
}

static bool load(const struct log_manager *logs, int32_t self, struct metadata_cell *cell)
{
    struct loading l = {.logs = logs, .self = self};
    size_t count = logs->dir.topic_count;
    struct metadata_image *image = NULL;
    kw_arena_init_growing(&l.arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    const kw_data_topic **sorted = calloc(count + 1, sizeof(kw_data_topic *));
    l.topics = calloc(count + 1, sizeof(struct metadata_topic *));
    if (sorted != NULL && l.topics != NULL && add_topics(&l, sorted, count)) {
        drop_repeated_names(&l);
        image = make_image(&l);
    }
    if (image != NULL)
        metadata_image_publish(cell, image);
    else
        complain("out of memory");
    for (size_t i = 0; image == NULL && i < l.topic_count; i++)
        metadata_topic_release(l.topics[i]);
    free(l.topics);
    free(sorted);
    kw_arena_finish(&l.arena);
    return image != NULL;
}

bool metadata_load(const struct log_manager *logs, int32_t node_id, struct identity *identity,
                   struct metadata_cell *cell)
{
    if (node_id < 0 && !log_manager_is_new(logs))
        node_id = owner_of(logs);
    if (identity->node_id < 0 && !log_dir_create_identity(logs->dir.path, node_id, logs, identity))
        return false;
    return load(logs, identity->node_id, cell);
}
