/* SPDX-License-Identifier: Apache-2.0 */
#include "delta.h"

#include <stdlib.h>
#include <string.h>

#include "replay.h"

static kw_status copy_base(struct metadata_delta *delta)
{
    const struct metadata_parts *base = &delta->base->parts;
    delta->brokers = kw_arena_array(&delta->arena, base->broker_count, sizeof *delta->brokers);
    delta->features = kw_arena_array(&delta->arena, base->feature_count, sizeof *delta->features);
    if (delta->brokers == NULL || delta->features == NULL)
        return delta_full(delta);
    if (base->broker_count != 0)
        memcpy(delta->brokers, base->brokers, base->broker_count * sizeof *delta->brokers);
    if (base->feature_count != 0)
        memcpy(delta->features, base->features, base->feature_count * sizeof *delta->features);
    delta->broker_count = delta->broker_capacity = base->broker_count;
    delta->feature_count = delta->feature_capacity = base->feature_count;
    delta->next_producer_id = base->next_producer_id;
    return KW_OK;
}

kw_status metadata_delta_init(struct metadata_delta *delta, const struct metadata_image *base,
                              const kw_allocator *allocator, size_t limit)
{
    memset(delta, 0, sizeof *delta);
    delta->base = metadata_image_share(base);
    kw_arena_init_growing(&delta->arena, NULL, 0, allocator, limit);
    kw_arena_init_growing(&delta->scratch, NULL, 0, allocator, limit);
    kw_arena_init_growing(&delta->pending, NULL, 0, allocator, limit);
    return copy_base(delta);
}

void metadata_delta_finish(struct metadata_delta *delta)
{
    kw_arena_finish(&delta->arena);
    kw_arena_finish(&delta->scratch);
    kw_arena_finish(&delta->pending);
    metadata_image_release(delta->base);
}

/* ---- the next image ---- */

/* Which topics of the base have been touched, by their places in its two lists. */
struct touched {
    bool *by_name;
    bool *by_id;
};

static size_t place_by_name(const struct metadata_image *image, const struct metadata_topic *topic)
{
    size_t low = 0, high = image->parts.topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kw_string_compare(image->parts.topics[middle]->name, topic->name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t place_by_id(const struct metadata_image *image, const struct metadata_topic *topic)
{
    size_t low = 0, high = image->parts.topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kw_uuid_compare(image->topics_by_id[middle]->id, topic->id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void mark_touched(const struct metadata_delta *delta, const struct touched *touched)
{
    for (size_t i = 0; i < delta->topic_count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_id(delta->base, delta->topics[i].id);
        if (topic == NULL)
            continue;
        touched->by_name[place_by_name(delta->base, topic)] = true;
        touched->by_id[place_by_id(delta->base, topic)] = true;
    }
}

/* The new ones are in front of both lists. */
static void share_topics(const struct metadata_delta *delta, const struct touched *touched,
                         struct metadata_parts *parts, struct metadata_topic **by_id)
{
    const struct metadata_parts *base = &delta->base->parts;
    size_t count = parts->topic_count;
    if (count != 0)
        memcpy(by_id, parts->topics, count * sizeof *by_id);
    for (size_t i = 0; i < base->topic_count; i++)
        if (!touched->by_id[i])
            by_id[count++] = delta->base->topics_by_id[i];
    for (size_t i = 0; i < base->topic_count; i++)
        if (!touched->by_name[i])
            parts->topics[parts->topic_count++] = metadata_topic_share(base->topics[i]);
}

static void share_resources(struct metadata_delta *delta, struct metadata_parts *parts)
{
    const struct metadata_parts *base = &delta->base->parts;
    for (size_t i = 0; i < base->resource_count; i++)
        if (!delta_has_resource(delta, base->resources[i]->type, base->resources[i]->name))
            parts->resources[parts->resource_count++] = metadata_resource_share(base->resources[i]);
}

static void drop_removed_features(struct metadata_delta *delta)
{
    size_t kept = 0;
    for (size_t i = 0; i < delta->feature_count; i++)
        if (delta->features[i].level != 0)
            delta->features[kept++] = delta->features[i];
    delta->feature_count = kept;
}

static struct metadata_image *make_image(struct metadata_delta *delta, struct metadata_parts *parts,
                                         const struct touched *touched, struct metadata_topic **by_id)
{
    if (delta_touch_cleared(delta) != KW_OK || !delta_add_topics(delta, parts) || !delta_add_resources(delta, parts) ||
        !delta_add_kept(delta, parts))
        return NULL;
    const struct metadata_order order = {by_id, parts->topic_count, parts->resource_count};
    mark_touched(delta, touched);
    share_topics(delta, touched, parts, by_id);
    share_resources(delta, parts);
    drop_removed_features(delta);
    parts->brokers = delta->brokers;
    parts->broker_count = delta->broker_count;
    parts->features = delta->features;
    parts->feature_count = delta->feature_count;
    return metadata_image_create_in_order(parts, &order);
}

struct metadata_image *metadata_delta_apply(struct metadata_delta *delta, int64_t offset, int32_t epoch)
{
    const struct metadata_parts *base = &delta->base->parts;
    struct metadata_parts parts = {.next_producer_id = delta->next_producer_id, .offset = offset, .epoch = epoch};
    struct metadata_image *image = NULL;
    size_t topics = base->topic_count + delta->topic_count + 1;
    struct metadata_topic **by_id = calloc(topics, sizeof(struct metadata_topic *));
    bool *flags = calloc(2 * base->topic_count + 1, sizeof *flags);
    const struct touched touched = {flags, flags != NULL ? flags + base->topic_count : NULL};
    parts.topics = calloc(topics, sizeof(struct metadata_topic *));
    parts.resources = calloc(base->resource_count + delta->resource_count + 1, sizeof(struct metadata_resource *));
    if (parts.topics != NULL && parts.resources != NULL && by_id != NULL && flags != NULL)
        image = make_image(delta, &parts, &touched, by_id);
    for (size_t i = 0; image == NULL && i < parts.topic_count; i++)
        metadata_topic_release(parts.topics[i]);
    for (size_t i = 0; image == NULL && i < parts.resource_count; i++)
        metadata_resource_release(parts.resources[i]);
    if (image == NULL)
        metadata_kept_release(parts.kept);
    free(parts.topics);
    free(parts.resources);
    free(by_id);
    free(flags);
    return image;
}
