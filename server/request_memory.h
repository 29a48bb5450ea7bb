/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_REQUEST_MEMORY_H
#define SERVER_REQUEST_MEMORY_H

/* What all connections together may hold of large requests that are not answered yet: queued.max.request.bytes. As in
 * Kafka, a request is let in as long as there is any room, however large it is; small ones do not count, as each
 * connection has a buffer for them anyway. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private fields. */
struct request_memory {
    pthread_mutex_t lock;
    int64_t limit; /* -1: none */
    int64_t taken;
};

bool request_memory_init(struct request_memory *memory, int64_t limit);
void request_memory_finish(struct request_memory *memory);

static inline bool request_memory_is_limited(const struct request_memory *memory)
{
    return memory->limit > 0;
}

/* Waits until there is room and takes `size` bytes of it. False if the connection at `fd` ends before that. */
bool request_memory_take(struct request_memory *memory, size_t size, int fd);
void request_memory_give(struct request_memory *memory, size_t size);

#endif
