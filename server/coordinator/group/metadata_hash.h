/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_METADATA_HASH_H
#define SERVER_COORDINATOR_GROUP_METADATA_HASH_H

/* The hashes by which a group notices that topics have changed: XXH3 with 64 bits over what Kafka's Utils of the group
 * coordinator puts together, so that both agree on what is in the log. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "../../metadata/image.h"

/* Of one topic: id, name, number of partitions, and the racks of their replicas. False: the arena is full. */
bool metadata_hash_topic(const struct metadata_image *image, const struct metadata_topic *topic, kw_arena *arena,
                         int64_t *hash);

enum { METADATA_HASHES = 16 };

/* Hashes of topics of one image, so that a group whose members join one after the other computes them once. Zero bytes
 * are none. */
struct metadata_hashes {
    const struct metadata_image *image; /* to compare; who has the cache empties it when the image is given up */
    struct {
        const struct metadata_topic *topic;
        int64_t hash;
    } items[METADATA_HASHES];
    size_t next;
};

/* Of all topics that have one of these names; 0: of none. The names are distinct and in any order, and are sorted in
 * place. The cache may be NULL. */
bool metadata_hash_group(const struct metadata_image *image, kw_string *names, size_t count,
                         struct metadata_hashes *cache, kw_arena *arena, int64_t *hash);

#endif
