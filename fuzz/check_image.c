/* SPDX-License-Identifier: Apache-2.0 */
#include "check_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/topic_name.h>

#include "config/settings.h"
#include "fuzz.h"
#include "metadata/delta.h"
#include "metadata/image_records.h"
#include "metadata/versions.h"

#define assert_non_null(x) FUZZ_REQUIRE((x) != NULL)
#define assert_int_equal(a, b) FUZZ_REQUIRE((a) == (b))
#define assert_string_equal(a, b) FUZZ_REQUIRE(strcmp(a, b) == 0)
#include "../tests/server/metadata/image_text.h"

enum { LIMIT = 256 << 20 };

static int compare(kw_string a, kw_string b)
{
    int32_t size = a.len < b.len ? a.len : b.len;
    int order = size > 0 ? memcmp(a.data, b.data, (size_t)size) : 0;
    return order != 0 ? order : a.len - b.len;
}

static bool contains(kw_int32_array all, int32_t id)
{
    for (int32_t i = 0; i < all.len; i++)
        if (all.items[i] == id)
            return true;
    return false;
}

/* ---- every image ---- */

static void check_topic(const struct metadata_image *image, const struct metadata_topic *topic)
{
    FUZZ_REQUIRE(metadata_topic_by_name(image, topic->name) == topic);
    if (!kw_uuid_is_zero(topic->id))
        FUZZ_REQUIRE(metadata_topic_by_id(image, topic->id) == topic);
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *p = &topic->partitions[i];
        FUZZ_REQUIRE(i == 0 || topic->partitions[i - 1].index < p->index);
        FUZZ_REQUIRE(metadata_topic_partition(topic, p->index) == p);
        FUZZ_REQUIRE(metadata_partitions_before(topic, p->index) == i);
    }
}

static void check_resources(const struct metadata_parts *parts)
{
    for (size_t i = 0; i < parts->resource_count; i++) {
        const struct metadata_resource *r = parts->resources[i], *last = i != 0 ? parts->resources[i - 1] : NULL;
        FUZZ_REQUIRE(last == NULL || last->type < r->type ||
                     (last->type == r->type && compare(last->name, r->name) < 0));
        for (size_t k = 1; k < r->config_count; k++)
            FUZZ_REQUIRE(compare(r->configs[k - 1].name, r->configs[k].name) < 0);
    }
}

void check_image(const struct metadata_image *image)
{
    const struct metadata_parts *parts = &image->parts;
    for (size_t i = 0; i < parts->topic_count; i++) {
        FUZZ_REQUIRE(i == 0 || compare(parts->topics[i - 1]->name, parts->topics[i]->name) < 0);
        check_topic(image, parts->topics[i]);
    }
    check_resources(parts);
    for (size_t i = 1; i < parts->feature_count; i++)
        FUZZ_REQUIRE(compare(parts->features[i - 1].name, parts->features[i].name) < 0);
    for (size_t i = 0; i < parts->broker_count; i++)
        FUZZ_REQUIRE(metadata_find_broker(image, parts->brokers[i].id) == &parts->brokers[i]);
}

/* ---- images of the controller ---- */

static void check_partition(const struct metadata_partition *p, int32_t node_id)
{
    FUZZ_REQUIRE(p->replicas.len == 1 && p->replicas.items[0] == node_id && p->directories.len == 1);
    FUZZ_REQUIRE(p->isr.len + p->elr.len + p->last_known_elr.len <= 1);
    FUZZ_REQUIRE(p->leader_id == node_id && contains(p->isr, node_id));
    FUZZ_REQUIRE(p->adding.len <= 0 && p->removing.len <= 0);
    FUZZ_REQUIRE(p->leader_epoch >= 0 && p->partition_epoch >= 0);
}

static void check_log(struct log_manager *logs, const struct metadata_topic *topic, int32_t partition)
{
    struct partition_log *log = log_manager_find(logs, topic->name, topic->id, partition);
    FUZZ_REQUIRE(log != NULL && kw_uuid_equal(log->topic_id, topic->id));
    log_release(log);
}

static void check_configs(const struct metadata_image *image, const struct metadata_resource *r)
{
    char name[256];
    if (r->type != RESOURCE_TOPIC)
        return;
    FUZZ_REQUIRE(metadata_topic_by_name(image, r->name) != NULL);
    for (size_t i = 0; i < r->config_count; i++) {
        (void)snprintf(name, sizeof name, "%.*s", KW_FMT(r->configs[i].name));
        FUZZ_REQUIRE(setting_find(SETTING_TOPIC, name) != NULL);
    }
}

void check_decided_image(const struct metadata_image *image, int32_t node_id, struct log_manager *logs)
{
    size_t partitions = 0;
    check_image(image);
    for (size_t i = 0; i < image->parts.topic_count; i++) {
        const struct metadata_topic *topic = image->parts.topics[i];
        FUZZ_REQUIRE(kw_topic_name_is_valid(topic->name) && !kw_uuid_is_zero(topic->id) && topic->partition_count > 0);
        for (int32_t k = 0; k < topic->partition_count; k++, partitions++) {
            FUZZ_REQUIRE(topic->partitions[k].index == k);
            check_partition(&topic->partitions[k], node_id);
            check_log(logs, topic, k);
        }
    }
    FUZZ_REQUIRE(log_manager_count(logs) == partitions);
    for (size_t i = 0; i < image->parts.resource_count; i++)
        check_configs(image, image->parts.resources[i]);
    FUZZ_REQUIRE(image->parts.broker_count == 1 && image->parts.brokers[0].id == node_id);
}

/* ---- two images ---- */

/* To be freed. */
static char *lasting_text(const struct metadata_image *image)
{
    const struct metadata_parts *parts = &image->parts;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    FUZZ_REQUIRE(out != NULL);
    for (size_t i = 0; i < parts->topic_count; i++) {
        fprintf(out, "topic %.*s partitions %d", KW_FMT(parts->topics[i]->name), parts->topics[i]->partition_count);
        print_uuid(out, parts->topics[i]->id);
        fprintf(out, "\n");
    }
    for (size_t i = 0; i < parts->resource_count; i++)
        if (parts->resources[i]->config_count != 0)
            print_resource(out, parts->resources[i]);
    for (size_t i = 0; i < parts->feature_count; i++)
        fprintf(out, "feature %.*s %d\n", KW_FMT(parts->features[i].name), parts->features[i].level);
    FUZZ_REQUIRE(fclose(out) == 0);
    return text;
}

void check_same_image(const struct metadata_image *a, const struct metadata_image *b, bool lasting)
{
    char *x = lasting ? lasting_text(a) : image_text(a), *y = lasting ? lasting_text(b) : image_text(b);
    if (strcmp(x, y) != 0)
        fprintf(stderr, "%s---- and\n%s", x, y);
    FUZZ_REQUIRE(strcmp(x, y) == 0);
    free(x);
    free(y);
}

static kw_status replay(void *context, const struct record_list *records)
{
    struct metadata_delta *delta = context;
    for (size_t i = 0; i < records->count; i++) {
        kw_status status = metadata_delta_replay(delta, records->values[i]);
        if (status != KW_OK)
            fprintf(stderr, "a record of type %d: %s\n", records->values[i].data[1], kw_status_text(status));
        FUZZ_REQUIRE(status == KW_OK);
    }
    return KW_OK;
}

/* To be released. */
static struct metadata_image *image_of_records(const struct metadata_image *image)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_delta delta;
    kw_arena arena;
    struct metadata_image *empty = metadata_image_create(&nothing);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    FUZZ_REQUIRE(empty != NULL && metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT) == KW_OK);
    kw_status status = image_records(image, &arena, replay, &delta);
    if (status != KW_OK)
        fprintf(stderr, "the records of an image: %s\n", kw_status_text(status));
    FUZZ_REQUIRE(status == KW_OK);
    struct metadata_image *again = metadata_delta_apply(&delta, image->parts.offset, image->parts.epoch);
    FUZZ_REQUIRE(again != NULL);
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    kw_arena_finish(&arena);
    return again;
}

/* Records of an older metadata.version lose what it does not have. */
void check_image_records(const struct metadata_image *image)
{
    bool keeps_all = metadata_has_elr(image);
    struct metadata_image *first = image_of_records(image), *second = image_of_records(first);
    check_same_image(first, second, false);
    if (keeps_all)
        check_same_image(image, first, false);
    metadata_image_release(first);
    metadata_image_release(second);
}
