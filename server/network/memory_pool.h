/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_MEMORY_POOL_H
#define SERVER_NETWORK_MEMORY_POOL_H

/* What all connections together may hold of large requests that are not answered yet: queued.max.request.bytes. As in
 * Kafka, a request is let in as long as there is any room, however large it is; small ones do not count, as each
 * connection has a buffer for them anyway. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private fields. */
struct memory_pool {
    pthread_mutex_t lock;
    int64_t limit; /* -1: none */
    int64_t taken;
};

bool memory_pool_init(struct memory_pool *memory, int64_t limit);
void memory_pool_finish(struct memory_pool *memory);

static inline bool memory_pool_is_limited(const struct memory_pool *memory)
{
    return memory->limit > 0;
}

/* Waits until there is room and takes `size` bytes of it. False if the connection at `fd` ends before that. */
bool memory_pool_take(struct memory_pool *memory, size_t size, int fd);
void memory_pool_give(struct memory_pool *memory, size_t size);

#endif
