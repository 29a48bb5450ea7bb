/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_set.h"

#include <stdlib.h>
#include <string.h>

int set_partition_compare(const struct set_partition *a, const struct set_partition *b)
{
    int order = memcmp(a->topic.bytes, b->topic.bytes, sizeof a->topic.bytes);
    return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

static int compare_items(const void *a, const void *b)
{
    return set_partition_compare(a, b);
}

static bool is_ordered(const struct set_partition *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (set_partition_compare(&items[i - 1], &items[i]) >= 0)
            return false;
    return true;
}

struct partition_set partition_set_of(struct set_partition *items, size_t count)
{
    size_t kept = 0;
    if (is_ordered(items, count))
        return (struct partition_set){items, count};
    qsort(items, count, sizeof *items, compare_items);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || set_partition_compare(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    }
    return (struct partition_set){items, kept};
}

const struct set_partition *partition_set_find(struct partition_set set, kw_uuid topic, int32_t index)
{
    struct set_partition wanted = {topic, index, 0};
    size_t low = 0, high = set.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = set_partition_compare(&wanted, &set.items[middle]);
        if (order == 0)
            return &set.items[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool partition_set_equal(struct partition_set a, struct partition_set b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (set_partition_compare(&a.items[i], &b.items[i]) != 0)
            return false;
    return true;
}

bool partition_set_same(struct partition_set a, struct partition_set b)
{
    if (!partition_set_equal(a, b))
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (a.items[i].epoch != b.items[i].epoch)
            return false;
    return true;
}

bool partition_set_has_all(struct partition_set whole, struct partition_set part)
{
    for (size_t i = 0; i < part.count; i++)
        if (partition_set_find(whole, part.items[i].topic, part.items[i].index) == NULL)
            return false;
    return true;
}

bool partition_set_has_any(struct partition_set whole, struct partition_set part)
{
    for (size_t i = 0; i < part.count; i++)
        if (partition_set_find(whole, part.items[i].topic, part.items[i].index) != NULL)
            return true;
    return false;
}

size_t partition_set_topics(struct partition_set set)
{
    size_t count = 0;
    for (size_t i = 0; i < set.count; i = partition_set_topic_end(set, i))
        count++;
    return count;
}

size_t partition_set_topic_end(struct partition_set set, size_t start)
{
    size_t end = start + 1;
    while (end < set.count && kw_uuid_equal(set.items[end].topic, set.items[start].topic))
        end++;
    return end;
}

int32_t *partition_set_indexes(struct partition_set set, kw_arena *arena)
{
    int32_t *indexes = kw_arena_array(arena, set.count + 1, sizeof *indexes);
    for (size_t i = 0; i < set.count && indexes != NULL; i++)
        indexes[i] = set.items[i].index;
    return indexes;
}
