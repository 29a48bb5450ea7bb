/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata_hash.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../java_text.h"

enum { MAGIC = 0 };

/* What is hashed; numbers are little-endian. */
struct input {
    uint8_t *bytes;
    size_t size;
};

static void put_number(struct input *in, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        in->bytes[in->size++] = (uint8_t)(number >> (8 * i));
}

static uint64_t half_of(kw_uuid id, size_t half)
{
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++)
        number = number << 8 | id.bytes[8 * half + i];
    return number;
}

/* The UTF-16 units, then how many there are. */
static void put_text(struct input *in, kw_string text)
{
    uint32_t count = 0, c;
    uint16_t units[2];
    for (size_t at = 0, size = text.len > 0 ? (size_t)text.len : 0; at < size;) {
        at += java_character((const uint8_t *)text.data + at, size - at, &c);
        size_t n = java_units(c, units);
        for (size_t i = 0; i < n; i++)
            put_number(in, units[i], 2);
        count += (uint32_t)n;
    }
    put_number(in, count, 4);
}

static uint32_t units_of(kw_string text)
{
    uint32_t count = 0, c;
    uint16_t units[2];
    for (size_t at = 0, size = text.len > 0 ? (size_t)text.len : 0; at < size;) {
        at += java_character((const uint8_t *)text.data + at, size - at, &c);
        count += (uint32_t)java_units(c, units);
    }
    return count;
}

static int compare_texts(const void *a, const void *b)
{
    return java_compare(*(const kw_string *)a, *(const kw_string *)b);
}

/* At most `p->replicas.len`. */
static size_t racks_of(const struct metadata_image *image, const struct metadata_partition *p, kw_string *racks)
{
    size_t count = 0;
    for (int32_t i = 0; i < p->replicas.len; i++) {
        racks[count] = metadata_broker_rack(image, p->replicas.items[i]);
        if (racks[count].len >= 0)
            count++;
    }
    qsort(racks, count, sizeof *racks, compare_texts);
    return count;
}

static size_t size_of_text(kw_string text)
{
    size_t most_units = text.len > 0 ? (size_t)text.len : 0; /* a byte is one unit at most */
    return 4 + 2 * most_units;
}

/* At least what the topic takes, and its longest list of replicas. */
static size_t size_of_topic(const struct metadata_image *image, const struct metadata_topic *topic, size_t *replicas)
{
    size_t size = 1 + sizeof topic->id.bytes + size_of_text(topic->name) + 4;
    *replicas = 0;
    for (int32_t i = 0; i < topic->partition_count; i++) {
        kw_int32_array of = topic->partitions[i].replicas;
        size += 4;
        for (int32_t r = 0; r < of.len; r++)
            size += 4 + size_of_text(metadata_broker_rack(image, of.items[r]));
        if (of.len > 0 && (size_t)of.len > *replicas)
            *replicas = (size_t)of.len;
    }
    return size;
}

bool metadata_hash_topic(const struct metadata_image *image, const struct metadata_topic *topic, kw_arena *arena,
                         int64_t *hash)
{
    size_t most_replicas;
    struct input in = {kw_arena_alloc(arena, size_of_topic(image, topic, &most_replicas)), 0};
    kw_string *racks = kw_arena_array(arena, most_replicas + 1, sizeof *racks);
    if (in.bytes == NULL || racks == NULL)
        return false;
    put_number(&in, MAGIC, 1);
    put_number(&in, half_of(topic->id, 0), 8);
    put_number(&in, half_of(topic->id, 1), 8);
    put_text(&in, topic->name);
    put_number(&in, (uint32_t)topic->partition_count, 4);
    for (int32_t i = 0; i < topic->partition_count; i++) {
        const struct metadata_partition *p = metadata_topic_partition(topic, i);
        size_t count = p != NULL ? racks_of(image, p, racks) : 0;
        put_number(&in, (uint32_t)i, 4);
        for (size_t r = 0; r < count; r++) {
            put_number(&in, units_of(racks[r]), 4);
            put_text(&in, racks[r]);
        }
    }
    *hash = (int64_t)XXH3_64bits(in.bytes, in.size);
    return true;
}

static bool find_hash(struct metadata_hashes *cache, const struct metadata_image *image,
                      const struct metadata_topic *topic, kw_arena *arena, int64_t *hash)
{
    if (cache == NULL)
        return metadata_hash_topic(image, topic, arena, hash);
    if (cache->image != image)
        *cache = (struct metadata_hashes){.image = image};
    for (size_t i = 0; i < METADATA_HASHES; i++)
        if (cache->items[i].topic == topic) {
            *hash = cache->items[i].hash;
            return true;
        }
    if (!metadata_hash_topic(image, topic, arena, hash))
        return false;
    cache->items[cache->next].topic = topic;
    cache->items[cache->next].hash = *hash;
    cache->next = (cache->next + 1) % METADATA_HASHES;
    return true;
}

bool metadata_hash_group(const struct metadata_image *image, kw_string *names, size_t count,
                         struct metadata_hashes *cache, kw_arena *arena, int64_t *hash)
{
    struct input in = {kw_arena_array(arena, count + 1, sizeof *hash), 0};
    if (in.bytes == NULL)
        return false;
    if (count > 1)
        qsort(names, count, sizeof *names, compare_texts);
    for (size_t i = 0; i < count; i++) {
        const struct metadata_topic *topic = metadata_topic_by_name(image, names[i]);
        int64_t of_topic;
        if (topic == NULL)
            continue;
        if (!find_hash(cache, image, topic, arena, &of_topic))
            return false;
        put_number(&in, (uint64_t)of_topic, 8);
    }
    *hash = in.size != 0 ? (int64_t)XXH3_64bits(in.bytes, in.size) : 0;
    return true;
}
