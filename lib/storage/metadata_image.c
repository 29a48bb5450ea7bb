/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_image.h"

#include <stdlib.h>

#include "order.h"

static int order_ids(kw_uuid a, kw_uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

static int compare_topics(const void *a, const void *b)
{
    return kwi_string_order(((const kw_metadata_topic *)a)->name, ((const kw_metadata_topic *)b)->name);
}

static int compare_ids(const void *a, const void *b)
{
    return order_ids((*(kw_metadata_topic *const *)a)->id, (*(kw_metadata_topic *const *)b)->id);
}

static int compare_brokers(const void *a, const void *b)
{
    int32_t x = ((const kw_metadata_broker *)a)->id;
    int32_t y = ((const kw_metadata_broker *)b)->id;
    return (x > y) - (x < y);
}

static int order_configs(const kw_metadata_config *x, const kw_metadata_config *y)
{
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    int order = kwi_string_order(x->resource, y->resource);
    return order != 0 ? order : kwi_string_order(x->name, y->name);
}

static int compare_configs(const void *a, const void *b)
{
    return order_configs(a, b);
}

static int compare_features(const void *a, const void *b)
{
    return kwi_string_order(((const kw_metadata_feature *)a)->name, ((const kw_metadata_feature *)b)->name);
}

static void sort(void *items, size_t len, size_t size, int (*compare)(const void *, const void *))
{
    if (len > 1)
        qsort(items, len, size, compare);
}

static void drop_removed(kw_metadata_image *image)
{
    size_t kept = 0;
    for (size_t i = 0; i < image->topic_count; i++)
        if (!image->topics[i].removed)
            image->topics[kept++] = image->topics[i];
    image->topic_count = kept;
    kept = 0;
    for (size_t i = 0; i < image->broker_count; i++)
        if (!image->brokers[i].removed)
            image->brokers[kept++] = image->brokers[i];
    image->broker_count = kept;
    kept = 0;
    for (size_t i = 0; i < image->config_count; i++)
        if (image->configs[i].value.len >= 0)
            image->configs[kept++] = image->configs[i];
    image->config_count = kept;
    kept = 0;
    for (size_t i = 0; i < image->feature_count; i++)
        if (image->features[i].level != 0)
            image->features[kept++] = image->features[i];
    image->feature_count = kept;
}

kw_status kwi_image_sort(kw_metadata_image *image, kw_arena *arena)
{
    drop_removed(image);
    sort(image->topics, image->topic_count, sizeof *image->topics, compare_topics);
    sort(image->brokers, image->broker_count, sizeof *image->brokers, compare_brokers);
    sort(image->configs, image->config_count, sizeof *image->configs, compare_configs);
    sort(image->features, image->feature_count, sizeof *image->features, compare_features);
    image->by_id = kw_arena_array(arena, image->topic_count, sizeof *image->by_id);
    if (image->by_id == NULL) {
        image->topic_count = 0;
        return kw_arena_status(arena);
    }
    for (size_t i = 0; i < image->topic_count; i++)
        image->by_id[i] = &image->topics[i];
    sort(image->by_id, image->topic_count, sizeof *image->by_id, compare_ids);
    return KW_OK;
}

const kw_metadata_topic *kw_metadata_topic_by_name(const kw_metadata_image *image, kw_string name)
{
    const kw_metadata_topic key = {.name = name};
    if (name.len < 0 || image->topic_count == 0)
        return NULL;
    return bsearch(&key, image->topics, image->topic_count, sizeof key, compare_topics);
}

const kw_metadata_topic *kw_metadata_topic_by_id(const kw_metadata_image *image, kw_uuid id)
{
    size_t low = 0;
    size_t high = image->topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = order_ids(image->by_id[middle]->id, id);
        if (order == 0)
            return image->by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int32_t kwi_partition_place(const kw_metadata_topic *topic, int32_t partition)
{
    int32_t low = 0; /* those before it are below */
    int32_t high = topic->partition_count;
    if (high > 0 && topic->partitions[high - 1].id < partition)
        return high;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (topic->partitions[middle].id < partition)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const kw_metadata_partition *kw_metadata_topic_partition(const kw_metadata_topic *topic, int32_t partition)
{
    int32_t at = kwi_partition_place(topic, partition);
    return at < topic->partition_count && topic->partitions[at].id == partition ? &topic->partitions[at] : NULL;
}

const kw_metadata_broker *kw_metadata_find_broker(const kw_metadata_image *image, int32_t id)
{
    for (size_t i = 0; i < image->broker_count; i++)
        if (image->brokers[i].id == id && !image->brokers[i].removed)
            return &image->brokers[i];
    return NULL;
}

kw_string kw_metadata_find_config(const kw_metadata_image *image, int8_t type, kw_string resource, kw_string name)
{
    const kw_metadata_config key = {.type = type, .resource = resource, .name = name};
    const kw_string none = {NULL, -1};
    if (image->config_count == 0)
        return none;
    const kw_metadata_config *found = bsearch(&key, image->configs, image->config_count, sizeof key, compare_configs);
    return found != NULL ? found->value : none;
}

int16_t kw_metadata_feature_level(const kw_metadata_image *image, kw_string name)
{
    for (size_t i = 0; i < image->feature_count; i++)
        if (kw_string_equal(image->features[i].name, name))
            return image->features[i].level;
    return 0;
}
