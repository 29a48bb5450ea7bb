/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_METADATA_IMAGE_TEXT_H
#define TESTS_SERVER_METADATA_IMAGE_TEXT_H

/* All of an image as text: two images are the same if their texts are. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/image.h"

static inline void print_ids(FILE *out, const char *name, kw_int32_array ids)
{
    fprintf(out, " %s", name);
    for (int32_t i = 0; i < ids.len; i++)
        fprintf(out, ",%d", ids.items[i]);
}

static inline void print_uuid(FILE *out, kw_uuid id)
{
    char text[64];
    kw_uuid_format(id, text);
    fprintf(out, " %s", text);
}

static inline void print_uuids(FILE *out, kw_uuid_array ids)
{
    for (int32_t i = 0; i < ids.len; i++)
        print_uuid(out, ids.items[i]);
}

static inline void print_topic(FILE *out, const struct metadata_topic *topic)
{
    fprintf(out, "topic %.*s internal %d", KW_FMT(topic->name), topic->is_internal);
    print_uuid(out, topic->id);
    fprintf(out, "\n");
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *p = &topic->partitions[i];
        fprintf(out, "  %d leader %d epoch %d partition epoch %d recovery %d", p->index, p->leader_id, p->leader_epoch,
                p->partition_epoch, p->leader_recovery_state);
        print_ids(out, "replicas", p->replicas);
        print_ids(out, "isr", p->isr);
        print_ids(out, "elr", p->elr);
        print_ids(out, "last known elr", p->last_known_elr);
        print_ids(out, "removing", p->removing);
        print_ids(out, "adding", p->adding);
        print_uuids(out, p->directories);
        fprintf(out, "\n");
    }
}

static inline void print_resource(FILE *out, const struct metadata_resource *resource)
{
    fprintf(out, "configs of %d %.*s\n", resource->type, KW_FMT(resource->name));
    for (size_t i = 0; i < resource->config_count; i++)
        fprintf(out, "  %.*s=%.*s\n", KW_FMT(resource->configs[i].name), KW_FMT(resource->configs[i].value));
}

static inline void print_broker(FILE *out, const struct metadata_broker *broker)
{
    fprintf(out, "broker %d epoch %lld fenced %d leaving %d rack %.*s", broker->id, (long long)broker->epoch,
            broker->fenced, broker->in_controlled_shutdown, KW_FMT(broker->rack));
    print_uuid(out, broker->incarnation_id);
    print_uuids(out, broker->directories);
    for (int32_t i = 0; i < broker->endpoint_count; i++)
        fprintf(out, " %.*s://%.*s:%u/%d", KW_FMT(broker->endpoints[i].name), KW_FMT(broker->endpoints[i].host),
                broker->endpoints[i].port, broker->endpoints[i].security_protocol);
    fprintf(out, "\n");
}

static inline void print_kept(FILE *out, const struct metadata_kept *kept)
{
    fprintf(out, "kept %d ", kept->type);
    for (int32_t i = 0; i < kept->key.len; i++)
        fprintf(out, "%02x", kept->key.data[i]);
    fprintf(out, " ");
    for (int32_t i = 0; i < kept->value.len; i++)
        fprintf(out, "%02x", kept->value.data[i]);
    fprintf(out, "\n");
}

static inline void print_image(FILE *out, const struct metadata_image *image)
{
    const struct metadata_parts *parts = &image->parts;
    fprintf(out, "offset %lld epoch %d next producer id %lld\n", (long long)parts->offset, parts->epoch,
            (long long)parts->next_producer_id);
    for (size_t i = 0; i < parts->feature_count; i++)
        fprintf(out, "feature %.*s %d\n", KW_FMT(parts->features[i].name), parts->features[i].level);
    for (size_t i = 0; i < parts->broker_count; i++)
        print_broker(out, &parts->brokers[i]);
    for (size_t i = 0; i < parts->topic_count; i++)
        print_topic(out, parts->topics[i]);
    for (size_t i = 0; i < parts->resource_count; i++)
        if (parts->resources[i]->config_count != 0)
            print_resource(out, parts->resources[i]);
    for (size_t i = 0; parts->kept != NULL && i < parts->kept->count; i++)
        print_kept(out, &parts->kept->items[i]);
}

/* To be freed. */
static inline char *image_text(const struct metadata_image *image)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print_image(out, image);
    assert_int_equal(fclose(out), 0);
    return text;
}

static inline void assert_same_image(const struct metadata_image *a, const struct metadata_image *b)
{
    char *x = image_text(a), *y = image_text(b);
    assert_string_equal(x, y);
    free(x);
    free(y);
}

#endif
