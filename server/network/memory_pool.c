/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_pool.h"

#include <errno.h>
#include <poll.h>

enum { LOOK_AGAIN_MS = 20 };

bool memory_pool_init(struct memory_pool *memory, int64_t limit)
{
    memory->limit = limit;
    memory->taken = 0;
    return pthread_mutex_init(&memory->lock, NULL) == 0;
}

void memory_pool_finish(struct memory_pool *memory)
{
    (void)pthread_mutex_destroy(&memory->lock);
}

static bool try_to_take(struct memory_pool *memory, size_t size)
{
    (void)pthread_mutex_lock(&memory->lock);
    bool has_room = memory->taken < memory->limit;
    if (has_room)
        memory->taken += (int64_t)size;
    (void)pthread_mutex_unlock(&memory->lock);
    return has_room;
}

/* Who waits is not woken but looks again, and so sees as well when the connection is over. */
bool memory_pool_take(struct memory_pool *memory, size_t size, int fd)
{
    struct pollfd peer = {.fd = fd};
    while (!try_to_take(memory, size)) {
        int n = poll(&peer, 1, LOOK_AGAIN_MS);
        if (n > 0 || (n < 0 && errno != EINTR))
            return false;
    }
    return true;
}

void memory_pool_give(struct memory_pool *memory, size_t size)
{
    (void)pthread_mutex_lock(&memory->lock);
    memory->taken -= (int64_t)size;
    (void)pthread_mutex_unlock(&memory->lock);
}
