/* SPDX-License-Identifier: Apache-2.0 */
#include "request_memory.h"

#include <errno.h>
#include <poll.h>

enum { LOOK_AGAIN_MS = 20 };

bool request_memory_init(struct request_memory *memory, int64_t limit)
{
    memory->limit = limit;
    memory->taken = 0;
    return pthread_mutex_init(&memory->lock, NULL) == 0;
}

void request_memory_finish(struct request_memory *memory)
{
    (void)pthread_mutex_destroy(&memory->lock);
}

static bool try_to_take(struct request_memory *memory, size_t size)
{
    (void)pthread_mutex_lock(&memory->lock);
    bool has_room = memory->taken < memory->limit;
    if (has_room)
        memory->taken += (int64_t)size;
    (void)pthread_mutex_unlock(&memory->lock);
    return has_room;
}

/* Who waits is not woken but looks again, and so sees as well when the connection is over. */
bool request_memory_take(struct request_memory *memory, size_t size, int fd)
{
    struct pollfd peer = {.fd = fd};
    while (!try_to_take(memory, size)) {
        int n = poll(&peer, 1, LOOK_AGAIN_MS);
        if (n > 0 || (n < 0 && errno != EINTR))
            return false;
    }
    return true;
}

void request_memory_give(struct request_memory *memory, size_t size)
{
    (void)pthread_mutex_lock(&memory->lock);
    memory->taken -= (int64_t)size;
    (void)pthread_mutex_unlock(&memory->lock);
}
