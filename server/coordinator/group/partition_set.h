/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_PARTITION_SET_H
#define SERVER_COORDINATOR_GROUP_PARTITION_SET_H

/* Sets of partitions: arrays in the order of topic id and index, without duplicates. Sets are views; who owns the
 * memory says so. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

struct set_partition {
    kw_uuid topic;
    int32_t index;
    int32_t epoch; /* in which it was assigned; does not count when partitions are compared */
};

struct partition_set {
    const struct set_partition *items;
    size_t count;
};

/* Below, equal to or above zero. */
int set_partition_compare(const struct set_partition *a, const struct set_partition *b);

/* Makes a set of partitions in any order, in place; of equal ones one stays, any. */
struct partition_set partition_set_of(struct set_partition *items, size_t count);

/* The partition in the set; NULL: it is not there. */
const struct set_partition *partition_set_find(struct partition_set set, kw_uuid topic, int32_t index);

/* Whether the same partitions are in both. And with the same epochs. */
bool partition_set_equal(struct partition_set a, struct partition_set b);
bool partition_set_same(struct partition_set a, struct partition_set b);

/* Whether all of `part` are in `whole`, and whether any is. */
bool partition_set_has_all(struct partition_set whole, struct partition_set part);
bool partition_set_has_any(struct partition_set whole, struct partition_set part);

/* How many topics are in the set. */
size_t partition_set_topics(struct partition_set set);

/* The indexes of all partitions, in the order of the set, so that those of a topic are together. NULL: the arena is
 * full.
 */
int32_t *partition_set_indexes(struct partition_set set, kw_arena *arena);

/* The end of the partitions of the topic that starts at `start`, which is below set.count. */
size_t partition_set_topic_end(struct partition_set set, size_t start);

#endif
