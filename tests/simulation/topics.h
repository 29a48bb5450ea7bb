/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_TOPICS_H
#define TESTS_SIMULATION_TOPICS_H

/* The topics, as far as clients know them. */

#include <kwire/view.h>

#include "judge.h"

struct topic {
    char name[16];
    kw_uuid id;
    int32_t partitions;
    int32_t most; /* that somebody has asked for: where the broker ended before it answered, it may have them */
};

struct topics {
    struct topic all[TOPICS];
    size_t count;
};

extern struct topics topics;

/* TOPICS: there is none. */
size_t topic_by_name(kw_string name);
size_t topic_by_id(kw_uuid id);

/* All partitions of a set of topics, which are bits; and those that the broker may have of them. */
uint64_t partitions_of_topics(unsigned set);
uint64_t possible_partitions_of_topics(unsigned set);

/* A partition of a topic that exists, or broken(). */
int partition_of(size_t topic, int32_t index);

/* Of a topic, or of a partition in all. */
static inline size_t topic_of(int partition)
{
    return (size_t)partition / PARTITIONS;
}

static inline int32_t index_of(int partition)
{
    return partition % PARTITIONS;
}

/* Walks over the partitions of a set by topic: *topic is the next topic that has some, indexes get their numbers, the
 * result how many there are; 0 at the end. *topic is 0 at the start; it is one more than the topic afterwards. */
int32_t next_topic(uint64_t set, size_t *topic, int32_t indexes[PARTITIONS]);

#endif
