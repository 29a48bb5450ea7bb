/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "blocks.h"

/* ---- topics ---- */

static size_t count_of(int32_t len)
{
    return len > 0 ? (size_t)len : 0;
}

static size_t size_of_topic(const struct metadata_topic *topic)
{
    size_t size = block_size(0, 1, sizeof *topic);
    size = block_size(size, (size_t)topic->partition_count, sizeof *topic->partitions);
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *p = &topic->partitions[i];
        size_t ids = count_of(p->replicas.len) + count_of(p->isr.len) + count_of(p->offline.len) +
                     count_of(p->elr.len) + count_of(p->last_known_elr.len) + count_of(p->removing.len) +
                     count_of(p->adding.len);
        size = block_size(size, ids, sizeof(int32_t));
        size = block_size(size, count_of(p->directories.len), sizeof(kw_uuid));
    }
    return block_size(size, count_of(topic->name.len), 1);
}

static void copy_partition(struct block *block, const struct metadata_partition *from, struct metadata_partition *to)
{
    *to = *from;
    block_int32s(block, &to->replicas);
    block_int32s(block, &to->isr);
    block_int32s(block, &to->offline);
    block_int32s(block, &to->elr);
    block_int32s(block, &to->last_known_elr);
    block_int32s(block, &to->removing);
    block_int32s(block, &to->adding);
    block_uuids(block, &to->directories);
}

struct metadata_topic *metadata_topic_create(const struct metadata_topic *from)
{
    struct block block;
    if (!block_create(&block, size_of_topic(from)))
        return NULL;
    struct metadata_topic *topic = block_take(&block, 1, sizeof *topic);
    struct metadata_partition *partitions = block_take(&block, (size_t)from->partition_count, sizeof *partitions);
    topic->name = from->name;
    topic->id = from->id;
    topic->is_internal = from->is_internal;
    topic->partitions = partitions;
    topic->partition_count = from->partition_count;
    atomic_init(&topic->references, 1);
    for (int32_t i = 0; i < from->partition_count; i++)
        copy_partition(&block, &from->partitions[i], &partitions[i]);
    block_string(&block, &topic->name);
    return topic;
}

struct metadata_topic *metadata_topic_share(struct metadata_topic *topic)
{
    atomic_fetch_add_explicit(&topic->references, 1, memory_order_relaxed);
    return topic;
}

void metadata_topic_release(struct metadata_topic *topic)
{
    if (atomic_fetch_sub_explicit(&topic->references, 1, memory_order_acq_rel) == 1)
        free(topic);
}

/* ---- resources ---- */

struct metadata_resource *metadata_resource_create(const struct metadata_resource *from)
{
    struct block block;
    size_t size = block_size(0, 1, sizeof *from);
    size = block_size(size, from->config_count, sizeof *from->configs);
    size = block_size(size, count_of(from->name.len), 1);
    for (size_t i = 0; i < from->config_count; i++)
        size += count_of(from->configs[i].name.len) + count_of(from->configs[i].value.len);
    if (!block_create(&block, size))
        return NULL;
    struct metadata_resource *resource = block_take(&block, 1, sizeof *resource);
    struct metadata_config *configs = block_take(&block, from->config_count, sizeof *configs);
    resource->type = from->type;
    resource->name = from->name;
    resource->configs = configs;
    resource->config_count = from->config_count;
    atomic_init(&resource->references, 1);
    block_string(&block, &resource->name);
    for (size_t i = 0; i < from->config_count; i++) {
        configs[i] = from->configs[i];
        block_string(&block, &configs[i].name);
        block_string(&block, &configs[i].value);
    }
    return resource;
}

struct metadata_resource *metadata_resource_share(struct metadata_resource *resource)
{
    atomic_fetch_add_explicit(&resource->references, 1, memory_order_relaxed);
    return resource;
}

void metadata_resource_release(struct metadata_resource *resource)
{
    if (atomic_fetch_sub_explicit(&resource->references, 1, memory_order_acq_rel) == 1)
        free(resource);
}

/* ---- kept records ---- */

static int compare_kept(const void *a, const void *b)
{
    const struct metadata_kept *x = a, *y = b;
    if (x->type != y->type)
        return x->type - y->type;
    int32_t shared = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = shared > 0 ? memcmp(x->key.data, y->key.data, (size_t)shared) : 0;
    return order != 0 ? order : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

struct metadata_kept_set *metadata_kept_create(const struct metadata_kept *items, size_t count)
{
    struct block block;
    struct metadata_kept_set *kept;
    size_t size = block_size(block_size(0, 1, sizeof *kept), count, sizeof *items);
    for (size_t i = 0; i < count; i++)
        size += count_of(items[i].key.len) + count_of(items[i].value.len);
    if (!block_create(&block, size))
        return NULL;
    kept = block_take(&block, 1, sizeof *kept);
    struct metadata_kept *copies = block_take(&block, count, sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        copies[i] = items[i];
        block_bytes(&block, &copies[i].key);
        block_bytes(&block, &copies[i].value);
    }
    if (count > 1)
        qsort(copies, count, sizeof *copies, compare_kept);
    kept->items = copies;
    kept->count = count;
    atomic_init(&kept->references, 1);
    return kept;
}

struct metadata_kept_set *metadata_kept_share(struct metadata_kept_set *kept)
{
    if (kept != NULL)
        atomic_fetch_add_explicit(&kept->references, 1, memory_order_relaxed);
    return kept;
}

void metadata_kept_release(struct metadata_kept_set *kept)
{
    if (kept != NULL && atomic_fetch_sub_explicit(&kept->references, 1, memory_order_acq_rel) == 1)
        free(kept);
}

/* ---- images ---- */

static int compare_topics(const void *a, const void *b)
{
    return kw_string_compare((*(struct metadata_topic *const *)a)->name, (*(struct metadata_topic *const *)b)->name);
}

static int compare_topic_ids(const void *a, const void *b)
{
    return kw_uuid_compare((*(struct metadata_topic *const *)a)->id, (*(struct metadata_topic *const *)b)->id);
}

static int compare_resources(const void *a, const void *b)
{
    const struct metadata_resource *x = *(struct metadata_resource *const *)a;
    const struct metadata_resource *y = *(struct metadata_resource *const *)b;
    return x->type != y->type ? x->type - y->type : kw_string_compare(x->name, y->name);
}

static int compare_brokers(const void *a, const void *b)
{
    int32_t x = ((const struct metadata_broker *)a)->id, y = ((const struct metadata_broker *)b)->id;
    return (x > y) - (x < y);
}

static int compare_features(const void *a, const void *b)
{
    return kw_string_compare(((const struct metadata_feature *)a)->name, ((const struct metadata_feature *)b)->name);
}

/* What was sorted before costs one pass. */
static void sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    const char *item = items;
    for (size_t i = 1; i < count; i++)
        if (compare(item + (i - 1) * size, item + i * size) > 0) {
            qsort(items, count, size, compare);
            return;
        }
}

static size_t size_of_image(const struct metadata_parts *parts)
{
    size_t size = block_size(0, 1, sizeof(struct metadata_image));
    size = block_size(size, 2 * parts->topic_count + parts->resource_count, sizeof(void *));
    size = block_size(size, parts->broker_count, sizeof *parts->brokers);
    size = block_size(size, parts->feature_count, sizeof *parts->features);
    for (size_t i = 0; i < parts->broker_count; i++) {
        const struct metadata_broker *b = &parts->brokers[i];
        size = block_size(size, (size_t)b->endpoint_count, sizeof *b->endpoints);
        size = block_size(size, count_of(b->directories.len), sizeof(kw_uuid));
        size = block_size(size, count_of(b->rack.len), 1);
        for (int32_t e = 0; e < b->endpoint_count; e++)
            size += count_of(b->endpoints[e].name.len) + count_of(b->endpoints[e].host.len);
    }
    for (size_t i = 0; i < parts->feature_count; i++)
        size += count_of(parts->features[i].name.len);
    return size;
}

static void *copy_items(struct block *block, const void *items, size_t count, size_t size)
{
    void *copy = block_take(block, count, size);
    if (count != 0)
        memcpy(copy, items, count * size);
    return copy;
}

static void copy_brokers(struct block *block, struct metadata_parts *parts)
{
    struct metadata_broker *brokers = copy_items(block, parts->brokers, parts->broker_count, sizeof *parts->brokers);
    for (size_t i = 0; i < parts->broker_count; i++) {
        struct metadata_endpoint *endpoints =
            copy_items(block, brokers[i].endpoints, (size_t)brokers[i].endpoint_count, sizeof *brokers[i].endpoints);
        block_uuids(block, &brokers[i].directories);
        block_string(block, &brokers[i].rack);
        for (int32_t e = 0; e < brokers[i].endpoint_count; e++) {
            block_string(block, &endpoints[e].name);
            block_string(block, &endpoints[e].host);
        }
        brokers[i].endpoints = endpoints;
    }
    sort(brokers, parts->broker_count, sizeof *brokers, compare_brokers);
    parts->brokers = brokers;
}

static void copy_features(struct block *block, struct metadata_parts *parts)
{
    struct metadata_feature *features =
        copy_items(block, parts->features, parts->feature_count, sizeof *parts->features);
    for (size_t i = 0; i < parts->feature_count; i++)
        block_string(block, &features[i].name);
    sort(features, parts->feature_count, sizeof *features, compare_features);
    parts->features = features;
}

/* Where the first `new_count` pointers belong among the others, which are sorted: each is found by halving, and what is
 * before it moves down by as many as are still to come. */
static void merge(void **items, size_t count, size_t new_count, int (*compare)(const void *, const void *))
{
    void **fresh = new_count != 0 && new_count < count ? malloc(new_count * sizeof *fresh) : NULL;
    sort(items, fresh != NULL ? new_count : count, sizeof *items, compare);
    if (fresh == NULL)
        return;
    memcpy(fresh, items, new_count * sizeof *fresh);
    void **to = items;
    void **from = items + new_count, **end = items + count;
    for (size_t i = 0; i < new_count; i++) {
        size_t low = 0, high = (size_t)(end - from);
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (compare(&from[middle], &fresh[i]) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        memmove(to, from, low * sizeof *to);
        from += low;
        to += low;
        *to++ = fresh[i];
    }
    free(fresh);
}

struct metadata_image *metadata_image_create_in_order(const struct metadata_parts *parts,
                                                      const struct metadata_order *order)
{
    struct block block;
    if (!block_create(&block, size_of_image(parts)))
        return NULL;
    struct metadata_image *image = block_take(&block, 1, sizeof *image);
    atomic_init(&image->references, 1);
    image->version = 0;
    image->parts = *parts;
    struct metadata_parts *own = &image->parts;
    own->topics = copy_items(&block, parts->topics, parts->topic_count, sizeof *parts->topics);
    image->topics_by_id = copy_items(&block, order->topics_by_id, parts->topic_count, sizeof *parts->topics);
    own->resources = copy_items(&block, parts->resources, parts->resource_count, sizeof *parts->resources);
    merge((void **)own->topics, own->topic_count, order->new_topics, compare_topics);
    merge((void **)image->topics_by_id, own->topic_count, order->new_topics, compare_topic_ids);
    merge((void **)own->resources, own->resource_count, order->new_resources, compare_resources);
    copy_features(&block, own);
    copy_brokers(&block, own);
    return image;
}

struct metadata_image *metadata_image_create(const struct metadata_parts *parts)
{
    const struct metadata_order none = {parts->topics, parts->topic_count, parts->resource_count};
    return metadata_image_create_in_order(parts, &none);
}

const struct metadata_image *metadata_image_share(const struct metadata_image *image)
{
    struct metadata_image *counted = (struct metadata_image *)(uintptr_t)image; /* only the count is not constant */
    atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return image;
}

void metadata_image_release(const struct metadata_image *image)
{
    struct metadata_image *counted = (struct metadata_image *)(uintptr_t)image;
    if (image == NULL || atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < image->parts.topic_count; i++)
        metadata_topic_release(image->parts.topics[i]);
    for (size_t i = 0; i < image->parts.resource_count; i++)
        metadata_resource_release(image->parts.resources[i]);
    metadata_kept_release(image->parts.kept);
    free(counted);
}

/* ---- searches ---- */

const struct metadata_topic *metadata_topic_by_name(const struct metadata_image *image, kw_string name)
{
    size_t low = 0, high = image->parts.topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kw_string_compare(image->parts.topics[middle]->name, name);
        if (order == 0)
            return image->parts.topics[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct metadata_topic *metadata_topic_by_id(const struct metadata_image *image, kw_uuid id)
{
    size_t low = 0, high = kw_uuid_is_zero(id) ? 0 : image->parts.topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kw_uuid_compare(image->topics_by_id[middle]->id, id);
        if (order == 0)
            return image->topics_by_id[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct metadata_broker *metadata_find_broker(const struct metadata_image *image, int32_t id)
{
    const struct metadata_broker key = {.id = id};
    return bsearch(&key, image->parts.brokers, image->parts.broker_count, sizeof key, compare_brokers);
}

kw_string metadata_broker_rack(const struct metadata_image *image, int32_t id)
{
    const struct metadata_broker *broker = metadata_find_broker(image, id);
    return broker != NULL ? broker->rack : kw_string_of(NULL);
}

const struct metadata_resource *metadata_find_resource(const struct metadata_image *image, int8_t type, kw_string name)
{
    struct metadata_resource key = {.type = type, .name = name};
    struct metadata_resource *pointer = &key;
    struct metadata_resource *const *found =
        bsearch(&pointer, image->parts.resources, image->parts.resource_count, sizeof pointer, compare_resources);
    return found != NULL ? *found : NULL;
}

size_t metadata_topic_count(const struct metadata_image *image)
{
    return image->parts.topic_count;
}

const struct metadata_topic *metadata_topic_at(const struct metadata_image *image, size_t index)
{
    return image->parts.topics[index];
}

kw_string metadata_find_config(const struct metadata_image *image, int8_t type, kw_string resource, kw_string name)
{
    const struct metadata_resource *found = metadata_find_resource(image, type, resource);
    size_t low = 0, high = found != NULL ? found->config_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = kw_string_compare(found->configs[middle].name, name);
        if (order == 0)
            return found->configs[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return kw_string_of(NULL);
}

int16_t metadata_feature_level(const struct metadata_image *image, kw_string name)
{
    const struct metadata_feature key = {.name = name};
    const struct metadata_feature *found =
        bsearch(&key, image->parts.features, image->parts.feature_count, sizeof key, compare_features);
    return found != NULL ? found->level : 0;
}

int32_t metadata_partitions_before(const struct metadata_topic *topic, int32_t index)
{
    int32_t low = 0, high = topic->partition_count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (topic->partitions[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct metadata_partition *metadata_topic_partition(const struct metadata_topic *topic, int32_t index)
{
    int32_t at = metadata_partitions_before(topic, index);
    return at < topic->partition_count && topic->partitions[at].index == index ? &topic->partitions[at] : NULL;
}
