/* SPDX-License-Identifier: Apache-2.0 */
#include "topics.h"

#include "world.h"

struct topics topics;

size_t topic_by_name(kw_string name)
{
    for (size_t t = 0; t < topics.count; t++)
        if (kw_string_equal(name, kw_string_of(topics.all[t].name)))
            return t;
    return TOPICS;
}

size_t topic_by_id(kw_uuid id)
{
    for (size_t t = 0; t < topics.count; t++)
        if (kw_uuid_equal(id, topics.all[t].id))
            return t;
    return TOPICS;
}

static uint64_t partitions_of(unsigned set, bool all_possible)
{
    uint64_t partitions = 0;
    for (size_t t = 0; t < topics.count; t++) {
        int32_t count = all_possible ? topics.all[t].most : topics.all[t].partitions;
        for (int32_t i = 0; (set >> t & 1) != 0 && i < count; i++)
            partitions |= bit((int)(t * PARTITIONS) + i);
    }
    return partitions;
}

uint64_t partitions_of_topics(unsigned set)
{
    return partitions_of(set, false);
}

uint64_t possible_partitions_of_topics(unsigned set)
{
    return partitions_of(set, true);
}

int partition_of(size_t topic, int32_t index)
{
    CHECK(topic < topics.count && index >= 0 && index < PARTITIONS, "a partition that is not one: %zu-%d", topic,
          index);
    return (int)(topic * PARTITIONS) + index;
}

int32_t next_topic(uint64_t set, size_t *topic, int32_t indexes[PARTITIONS])
{
    int32_t count = 0;
    while (*topic < TOPICS && count == 0) {
        for (int32_t i = 0; i < PARTITIONS; i++)
            if ((set & bit((int)(*topic * PARTITIONS) + i)) != 0)
                indexes[count++] = i;
        ++*topic;
    }
    return count;
}
