/* SPDX-License-Identifier: Apache-2.0 */
#include "client_partitions.h"

#include <kwire/writer.h>

/* ---- from names to ids ---- */

/* Partitions that come topic by topic. */
struct collecting {
    const struct metadata_image *image;
    struct set_partition *items;
    size_t count;
};

static size_t size_of(const kw_int32_array *partitions)
{
    return partitions->len > 0 ? (size_t)partitions->len : 0;
}

static bool start(struct collecting *c, size_t most, kw_arena *arena)
{
    c->items = kw_arena_array(arena, most + 1, sizeof *c->items);
    return c->items != NULL;
}

static void collect(struct collecting *c, kw_string name, const kw_int32_array *partitions)
{
    const struct metadata_topic *topic = metadata_topic_by_name(c->image, name);
    for (size_t i = 0; topic != NULL && i < size_of(partitions); i++)
        c->items[c->count++] = (struct set_partition){topic->id, partitions->items[i], 0};
}

bool client_partitions_owned(const struct metadata_image *image, const kw_consumer_protocol_subscription *subscription,
                             kw_arena *arena, struct partition_set *out)
{
    const kw_consumer_protocol_subscription_topic_partition_array *topics = &subscription->owned_partitions;
    struct collecting c = {.image = image};
    size_t most = 0;
    for (int32_t i = 0; i < topics->len; i++)
        most += size_of(&topics->items[i].partitions);
    if (!start(&c, most, arena))
        return false;
    for (int32_t i = 0; i < topics->len; i++)
        collect(&c, topics->items[i].topic, &topics->items[i].partitions);
    *out = partition_set_of(c.items, c.count);
    return true;
}

bool client_partitions_assigned(const struct metadata_image *image, const kw_consumer_protocol_assignment *assignment,
                                kw_arena *arena, struct partition_set *out)
{
    const kw_consumer_protocol_assignment_topic_partition_array *topics = &assignment->assigned_partitions;
    struct collecting c = {.image = image};
    size_t most = 0;
    for (int32_t i = 0; i < topics->len; i++)
        most += size_of(&topics->items[i].partitions);
    if (!start(&c, most, arena))
        return false;
    for (int32_t i = 0; i < topics->len; i++)
        collect(&c, topics->items[i].topic, &topics->items[i].partitions);
    *out = partition_set_of(c.items, c.count);
    return true;
}

/* ---- from ids to names ---- */

static int16_t version_like(kw_bytes subscription)
{
    kw_reader in;
    kw_reader_init_bytes(&in, subscription);
    int16_t version = kw_read_int16(&in);
    if (!kw_reader_ok(&in) || version < 0)
        return 0;
    return version < KW_CONSUMER_PROTOCOL_ASSIGNMENT_MAX_VERSION ? version
                                                                 : KW_CONSUMER_PROTOCOL_ASSIGNMENT_MAX_VERSION;
}

static kw_status write_assignment(kw_writer *w, int16_t version, const kw_consumer_protocol_assignment *assignment)
{
    kw_write_int16(w, version);
    return kw_consumer_protocol_assignment_encode(assignment, version, w);
}

static kw_status encode(kw_arena *arena, int16_t version, const kw_consumer_protocol_assignment *assignment,
                        kw_bytes *out)
{
    kw_writer w;
    kw_writer_init_counting(&w);
    kw_status status = write_assignment(&w, version, assignment);
    size_t size = kw_writer_needed(&w);
    if (status != KW_OK || size > INT32_MAX)
        return status != KW_OK ? status : KW_ERR_LENGTH;
    uint8_t *bytes = kw_arena_alloc(arena, size);
    if (bytes == NULL)
        return kw_arena_status(arena);
    *out = (kw_bytes){bytes, (int32_t)size};
    kw_writer_init(&w, bytes, size);
    return write_assignment(&w, version, assignment);
}

kw_status client_partitions_encode(const struct metadata_image *image, struct partition_set set, kw_bytes subscription,
                                   kw_arena *arena, kw_bytes *out)
{
    kw_consumer_protocol_assignment a;
    kw_consumer_protocol_assignment_init(&a);
    size_t topics = partition_set_topics(set);
    kw_consumer_protocol_assignment_topic_partition *items = kw_arena_array(arena, topics + 1, sizeof *items);
    int32_t *indexes = partition_set_indexes(set, arena);
    if (items == NULL || indexes == NULL)
        return kw_arena_status(arena);
    a.assigned_partitions.items = items;
    for (size_t i = 0, end; i < set.count; i = end) {
        end = partition_set_topic_end(set, i);
        const struct metadata_topic *topic = metadata_topic_by_id(image, set.items[i].topic);
        if (topic == NULL)
            continue;
        items[a.assigned_partitions.len++] = (kw_consumer_protocol_assignment_topic_partition){
            .topic = topic->name, .partitions = {indexes + i, (int32_t)(end - i)}};
    }
    return encode(arena, version_like(subscription), &a, out);
}
