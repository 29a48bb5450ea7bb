/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_SHARE_KEY_H
#define SERVER_COORDINATOR_SHARE_KEY_H

/* The key of what a share group has of a partition: GROUP:TOPIC ID:PARTITION. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

struct share_key {
    kw_string group; /* may contain colons */
    kw_uuid topic_id;
    int32_t partition;
};

/* False: it is not one that Kafka accepts. The group refers to the text. */
bool share_key_parse(kw_string text, struct share_key *out);

/* The one text of a key, by which it is distributed; data is NULL if the arena is full. */
kw_string share_key_format(const struct share_key *key, kw_arena *arena);

#endif
