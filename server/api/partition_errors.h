/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_PARTITION_ERRORS_H
#define SERVER_API_PARTITION_ERRORS_H

/* One error for each partition that a request names, in groups by topic, as the answers of OffsetCommit and
 * OffsetDelete have them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

struct partition_error {
    size_t topic; /* its index in the request */
    int32_t partition;
    int16_t error;
    bool is_none; /* a topic without partitions */
};

/* Zero bytes are an empty list. */
struct partition_errors {
    struct partition_error *items;
    size_t count;
    size_t capacity;
};

/* False: the arena is full. So with the next ones. */
bool partition_errors_add(struct partition_errors *list, size_t topic, int32_t partition, int16_t error,
                          kw_arena *arena);
bool partition_errors_add_topic(struct partition_errors *list, size_t topic, kw_arena *arena);

struct topic_errors {
    size_t topic;
    const struct partition_error *items;
    size_t count;
};

struct topics_errors {
    struct topic_errors *items;
    size_t count;
};

/* The errors by topic, both in the order in which they were added. With names, topics of the same name are one; NULL:
 * each is one of its own. `topics` is the number of topics in the request. */
bool partition_errors_by_topic(const struct partition_errors *list, const kw_bytes *names, size_t topics,
                               kw_arena *arena, struct topics_errors *out);

#endif
