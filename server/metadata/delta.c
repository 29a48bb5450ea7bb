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

static void share_topics(struct metadata_delta *delta, struct metadata_parts *parts)
{
    const struct metadata_parts *base = &delta->base->parts;
    for (size_t i = 0; i < base->topic_count; i++)
        if (!delta_has_topic(delta, base->topics[i]->id))
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

static struct metadata_image *make_image(struct metadata_delta *delta, struct metadata_parts *parts)
{
    if (delta_touch_cleared(delta) != KW_OK || !delta_add_topics(delta, parts) || !delta_add_resources(delta, parts) ||
        !delta_add_kept(delta, parts))
        return NULL;
    share_topics(delta, parts);
    share_resources(delta, parts);
    drop_removed_features(delta);
    parts->brokers = delta->brokers;
    parts->broker_count = delta->broker_count;
    parts->features = delta->features;
    parts->feature_count = delta->feature_count;
    return metadata_image_create(parts);
}

struct metadata_image *metadata_delta_apply(struct metadata_delta *delta, int64_t offset, int32_t epoch)
{
    const struct metadata_parts *base = &delta->base->parts;
    struct metadata_parts parts = {.next_producer_id = delta->next_producer_id, .offset = offset, .epoch = epoch};
    struct metadata_image *image = NULL;
    parts.topics = calloc(base->topic_count + delta->topic_count + 1, sizeof(struct metadata_topic *));
    parts.resources = calloc(base->resource_count + delta->resource_count + 1, sizeof(struct metadata_resource *));
    if (parts.topics != NULL && parts.resources != NULL)
        image = make_image(delta, &parts);
    for (size_t i = 0; image == NULL && i < parts.topic_count; i++)
        metadata_topic_release(parts.topics[i]);
    for (size_t i = 0; image == NULL && i < parts.resource_count; i++)
        metadata_resource_release(parts.resources[i]);
    if (image == NULL)
        metadata_kept_release(parts.kept);
    free(parts.topics);
    free(parts.resources);
    return image;
}
