/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_errors.h"

#include <string.h>

#include "../base/growth.h"
#include "../base/hash.h"

static bool add(struct partition_errors *list, const struct partition_error *item, kw_arena *arena)
{
    void *items = arena_grow(arena, list->items, list->count, &list->capacity, sizeof *list->items);
    if (items == NULL)
        return false;
    list->items = items;
    list->items[list->count++] = *item;
    return true;
}

bool partition_errors_add(struct partition_errors *list, size_t topic, int32_t partition, int16_t error,
                          kw_arena *arena)
{
    const struct partition_error item = {topic, partition, error, false};
    return add(list, &item, arena);
}

bool partition_errors_add_topic(struct partition_errors *list, size_t topic, kw_arena *arena)
{
    const struct partition_error item = {topic, 0, 0, true};
    return add(list, &item, arena);
}

static bool is_same(const void *items, size_t index, const void *key)
{
    const kw_bytes *names = items, *name = key;
    return names[index].len == name->len &&
           (name->len <= 0 || memcmp(names[index].data, name->data, (size_t)name->len) == 0);
}

/* For each topic the first one that has its name. */
static bool find_first(const kw_bytes *names, size_t topics, kw_arena *arena, size_t *first)
{
    struct hash by_name = {NULL, 0, 0};
    uint64_t steps = 0;
    for (size_t i = 0; i < topics; i++) {
        first[i] = i;
        if (names == NULL)
            continue;
        uint32_t hash = hash_bytes(HASH_START, names[i].data, names[i].len > 0 ? (size_t)names[i].len : 0);
        size_t found = hash_find(&by_name, hash, is_same, names, &names[i], &steps);
        if (found != HASH_NOT_FOUND)
            first[i] = found;
        else if (!hash_add(&by_name, hash, i, arena))
            return false;
    }
    return true;
}

/* Lists the topics as they appear, with the number of their items. places[] gets the index of each in `out`. */
static void count_topics(const struct partition_errors *list, const size_t *first, size_t *places,
                         struct topics_errors *out)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t topic = first[list->items[i].topic];
        if (places[topic] == SIZE_MAX) {
            places[topic] = out->count;
            out->items[out->count++] = (struct topic_errors){topic, NULL, 0};
        }
        out->items[places[topic]].count += !list->items[i].is_none;
    }
}

/* Puts the items in the order of the topics. */
static void sort_items(const struct partition_errors *list, const size_t *first, const size_t *places,
                       struct topics_errors *out, struct partition_error *sorted)
{
    struct partition_error *at = sorted;
    for (size_t t = 0; t < out->count; t++) {
        out->items[t].items = at;
        at += out->items[t].count;
        out->items[t].count = 0;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct topic_errors *topic = &out->items[places[first[list->items[i].topic]]];
        if (!list->items[i].is_none)
            sorted[(size_t)(topic->items - sorted) + topic->count++] = list->items[i];
    }
}

bool partition_errors_by_topic(const struct partition_errors *list, const kw_bytes *names, size_t topics,
                               kw_arena *arena, struct topics_errors *out)
{
    size_t *first = kw_arena_array(arena, topics, sizeof *first);
    size_t *places = kw_arena_array(arena, topics, sizeof *places);
    struct partition_error *sorted = kw_arena_array(arena, list->count, sizeof *sorted);
    out->count = 0;
    out->items = kw_arena_array(arena, topics, sizeof *out->items);
    if (first == NULL || places == NULL || sorted == NULL || out->items == NULL ||
        !find_first(names, topics, arena, first))
        return false;
    for (size_t i = 0; i < topics; i++)
        places[i] = SIZE_MAX;
    count_topics(list, first, places, out);
    sort_items(list, first, places, out, sorted);
    return true;
}
