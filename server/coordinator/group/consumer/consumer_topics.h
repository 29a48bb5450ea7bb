/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_TOPICS_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_TOPICS_H

/* What a consumer group and its members are subscribed to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>

#include "../../../metadata/image.h"
#include "consumer_group.h"

/* A pattern that is going to be resolved to other topics; NULL: to none any more. */
struct pattern_result {
    const struct consumer_pattern *pattern;
    const struct resolved_topics *resolved;
};

/* How the subscriptions of a group are going to differ from what records say so far. Any may be NULL. */
struct subscription_change {
    const struct consumer_member *without;
    const struct consumer_member *with;
    const struct pattern_result *results;
    size_t result_count;
    const struct consumer_slot *const *left; /* those who leave */
    size_t left_count;
};

/* The hash of all topics that the group is subscribed to then. False: the arena is full. */
bool consumer_topics_hash(const struct coordinator_decision *d, const struct consumer_group *group,
                          const struct subscription_change *change, kw_arena *arena, int64_t *hash);

/* The topics of the image that a member is subscribed to, sorted by id; `last` is the same of another member, or
 * without names, and is given again if that has the same subscription. False: the arena is full. */
struct topic_list {
    const struct metadata_topic **items;
    size_t count;
    const struct consumer_member *member; /* of whom it is */
};

bool consumer_topics_of(const struct metadata_image *image, const struct consumer_group *group,
                        const struct consumer_member *member, kw_arena *arena, struct topic_list *list);

/* Whether the sorted names have this one. */
bool names_have(kw_string_array names, kw_string name);

#endif
