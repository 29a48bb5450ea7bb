/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* POLLRDHUP */
#endif
#include "poller.h"

#include <poll.h>
#include <stdlib.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

struct poller {
    struct pollfd *watched;
    void **sources;
    size_t count;
    size_t capacity;
};

const unsigned poller_looks = 0;

struct poller *poller_create(void)
{
    return calloc(1, sizeof(struct poller));
}

void poller_destroy(struct poller *poller)
{
    if (poller != NULL) {
        free(poller->watched);
        free(poller->sources);
    }
    free(poller);
}

static bool grow(struct poller *poller)
{
    size_t capacity = poller->capacity != 0 ? 2 * poller->capacity : 16;
    struct pollfd *watched = realloc(poller->watched, capacity * sizeof *watched);
    if (watched != NULL)
        poller->watched = watched;
    void **sources = realloc(poller->sources, capacity * sizeof *sources);
    if (sources != NULL)
        poller->sources = sources;
    if (watched == NULL || sources == NULL)
        return false;
    poller->capacity = capacity;
    return true;
}

static size_t find(const struct poller *poller, int fd)
{
    size_t i = 0;
    while (i < poller->count && poller->watched[i].fd != fd)
        i++;
    return i;
}

static void set(struct poller *poller, size_t i, int fd, unsigned events, void *source)
{
    int wanted = ((events & POLLER_READ) != 0 ? POLLIN : 0) | ((events & POLLER_WRITE) != 0 ? POLLOUT : 0) |
                 ((events & POLLER_PEER_DONE) != 0 ? POLLRDHUP : 0);
    poller->watched[i] = (struct pollfd){.fd = fd, .events = (short)wanted};
    poller->sources[i] = source;
}

bool poller_add(struct poller *poller, int fd, unsigned events, void *source)
{
    if (poller->count == poller->capacity && !grow(poller))
        return false;
    set(poller, poller->count++, fd, events, source);
    return true;
}

bool poller_change(struct poller *poller, int fd, unsigned events, void *source)
{
    size_t i = find(poller, fd);
    if (i < poller->count)
        set(poller, i, fd, events, source);
    return i < poller->count;
}

void poller_remove(struct poller *poller, int fd)
{
    size_t i = find(poller, fd);
    if (i == poller->count)
        return;
    poller->count--;
    poller->watched[i] = poller->watched[poller->count];
    poller->sources[i] = poller->sources[poller->count];
}

size_t poller_wait(struct poller *poller, struct poller_event *events, size_t max, int timeout_ms)
{
    size_t count = 0;
    int ready = poll(poller->watched, (nfds_t)poller->count, timeout_ms);
    for (size_t i = 0; ready > 0 && i < poller->count && count < max; i++) {
        int seen = poller->watched[i].revents;
        if (seen == 0)
            continue;
        events[count].source = poller->sources[i];
        events[count++].events = ((seen & POLLIN) != 0 ? (unsigned)POLLER_READ : 0) |
                                 ((seen & POLLOUT) != 0 ? (unsigned)POLLER_WRITE : 0) |
                                 ((seen & POLLRDHUP) != 0 ? (unsigned)POLLER_PEER_DONE : 0) |
                                 ((seen & (POLLERR | POLLHUP | POLLNVAL)) != 0 ? (unsigned)POLLER_BROKEN : 0);
    }
    return count;
}
