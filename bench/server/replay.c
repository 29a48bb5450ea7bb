/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-replay [TOPICS]: replays the records of TOPICS topics (100,000), each with a partition and five configs: their
 * creation, their removal, and one ClearElrRecord for each topic. Prints the time of each in ms, and the time to apply
 * the records to an image.
 *
 *   created  222.1 ms replayed  52.5 ms applied
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/messages/clear_elr_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/persisted.h>

#include "../load/clock.h"
#include "metadata/delta.h"

enum { TOPICS = 100000, LIMIT = INT32_MAX };

static _Noreturn void die(const char *what, kw_status status)
{
    fprintf(stderr, "kwire-replay: %s: %s\n", what, kw_status_text(status));
    exit(1);
}

/* ---- records, made before the measurement ---- */

struct records {
    kw_writer bytes;
    size_t *ends;
    size_t count;
    size_t capacity;
};

static void add(struct records *r, const kw_message *message, int16_t version, const void *value)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity * 2 + 1024;
        r->ends = realloc(r->ends, r->capacity * sizeof *r->ends);
        if (r->ends == NULL)
            die("records", KW_ERR_NO_MEMORY);
    }
    kw_persisted_encode_header(&r->bytes, message, version);
    kw_status status = kw_message_encode(message, version, value, &r->bytes);
    if (status != KW_OK)
        die("records", status);
    r->ends[r->count++] = kw_writer_data(&r->bytes).size;
}

static kw_uuid id_of(uint32_t n)
{
    kw_uuid id = {{0}};
    id.bytes[0] = 1;
    memcpy(id.bytes + 8, &n, sizeof n);
    return id;
}

static void add_creation(struct records *r, uint32_t n)
{
    static const char *const names[] = {"retention.ms", "segment.bytes", "cleanup.policy", "min.insync.replicas", "x"};
    static int32_t replicas[] = {1};
    char name[32];
    kw_topic_record topic;
    kw_partition_record partition;
    (void)snprintf(name, sizeof name, "topic-%u", n);
    kw_topic_record_init(&topic);
    topic.name = kw_string_of(name);
    topic.topic_id = id_of(n);
    add(r, &kw_topic_record_message, 0, &topic);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        kw_config_record config;
        kw_config_record_init(&config);
        config.resource_type = RESOURCE_TOPIC;
        config.resource_name = topic.name;
        config.name = kw_string_of(names[i]);
        config.value = kw_string_of("1000");
        add(r, &kw_config_record_message, 0, &config);
    }
    kw_partition_record_init(&partition);
    partition.topic_id = topic.topic_id;
    partition.partition_id = 0;
    partition.replicas = partition.isr = partition.eligible_leader_replicas = (kw_int32_array){replicas, 1};
    partition.leader = 1;
    add(r, &kw_partition_record_message, 2, &partition);
}

static void add_clear(struct records *r)
{
    kw_clear_elr_record clear;
    kw_clear_elr_record_init(&clear);
    add(r, &kw_clear_elr_record_message, 0, &clear);
}

static void add_removal(struct records *r, uint32_t n)
{
    kw_remove_topic_record removal;
    kw_remove_topic_record_init(&removal);
    removal.topic_id = id_of(n);
    add(r, &kw_remove_topic_record_message, 0, &removal);
}

/* ---- the measurement ---- */

static double ms_since(uint64_t start)
{
    return (double)(clock_now() - start) / 1e6;
}

static double replay(struct metadata_delta *delta, const struct records *r)
{
    const uint8_t *bytes = kw_writer_data(&r->bytes).data;
    uint64_t start = clock_now();
    for (size_t i = 0, from = 0; i < r->count; from = r->ends[i++]) {
        const kw_bytes value = {bytes + from, (int32_t)(r->ends[i] - from)};
        kw_status status = metadata_delta_replay(delta, value);
        if (status != KW_OK)
            die("replay", status);
    }
    return ms_since(start);
}

static void measure(const char *name, struct metadata_delta *delta, const struct records *r, size_t topics)
{
    double replayed = replay(delta, r);
    uint64_t start = clock_now();
    struct metadata_image *image = metadata_delta_apply(delta, 1, 1);
    double applied = ms_since(start);
    if (image == NULL || metadata_topic_count(image) != topics)
        die("the image", KW_ERR_NO_MEMORY);
    printf("%-8s %8.1f ms replayed %8.1f ms applied\n", name, replayed, applied);
    metadata_image_release(image);
}

static void records_reset(struct records *r)
{
    kw_writer_reset(&r->bytes);
    r->count = 0;
}

int main(int argc, char **argv)
{
    uint32_t topics = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : TOPICS;
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta delta;
    struct records r = {.count = 0};
    kw_writer_init_growing(&r.bytes, kw_allocator_libc(), LIMIT);
    if (empty == NULL || metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT) != KW_OK)
        die("start", KW_ERR_NO_MEMORY);
    for (uint32_t n = 0; n < topics; n++)
        add_creation(&r, n);
    measure("created", &delta, &r, topics);
    records_reset(&r);
    for (uint32_t n = 0; n < topics; n++)
        add_clear(&r);
    measure("cleared", &delta, &r, topics);
    records_reset(&r);
    for (uint32_t n = 0; n < topics; n++)
        add_removal(&r, n);
    measure("removed", &delta, &r, 0);
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    kw_writer_finish(&r.bytes);
    free(r.ends);
    return 0;
}
