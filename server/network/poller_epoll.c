/* SPDX-License-Identifier: Apache-2.0 */
#include "poller.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { MOST_EVENTS = 256 };

struct poller {
    int fd;
    struct epoll_event ready[MOST_EVENTS];
};

const unsigned poller_looks = 300;

struct poller *poller_create(void)
{
    struct poller *poller = malloc(sizeof *poller);
    if (poller == NULL)
        return NULL;
    poller->fd = epoll_create1(EPOLL_CLOEXEC);
    if (poller->fd >= 0)
        return poller;
    free(poller);
    return NULL;
}

void poller_destroy(struct poller *poller)
{
    if (poller != NULL)
        (void)close(poller->fd);
    free(poller);
}

static bool control(struct poller *poller, int operation, int fd, unsigned events, void *source)
{
    struct epoll_event wanted = {.data.ptr = source};
    wanted.events = ((events & POLLER_READ) != 0 ? (uint32_t)EPOLLIN : 0) |
                    ((events & POLLER_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0) |
                    ((events & POLLER_PEER_DONE) != 0 ? (uint32_t)EPOLLRDHUP : 0);
    return epoll_ctl(poller->fd, operation, fd, &wanted) == 0;
}

bool poller_add(struct poller *poller, int fd, unsigned events, void *source)
{
    return control(poller, EPOLL_CTL_ADD, fd, events, source);
}

bool poller_change(struct poller *poller, int fd, unsigned events, void *source)
{
    return control(poller, EPOLL_CTL_MOD, fd, events, source);
}

void poller_remove(struct poller *poller, int fd)
{
    (void)control(poller, EPOLL_CTL_DEL, fd, 0, NULL);
}

size_t poller_wait(struct poller *poller, struct poller_event *events, size_t max, int timeout_ms)
{
    int most = max < MOST_EVENTS ? (int)max : MOST_EVENTS;
    int count = epoll_wait(poller->fd, poller->ready, most, timeout_ms);
    for (int i = 0; i < count; i++) {
        uint32_t ready = poller->ready[i].events;
        events[i].source = poller->ready[i].data.ptr;
        events[i].events = ((ready & EPOLLIN) != 0 ? (unsigned)POLLER_READ : 0) |
                           ((ready & EPOLLOUT) != 0 ? (unsigned)POLLER_WRITE : 0) |
                           ((ready & EPOLLRDHUP) != 0 ? (unsigned)POLLER_PEER_DONE : 0) |
                           ((ready & (EPOLLERR | EPOLLHUP)) != 0 ? (unsigned)POLLER_BROKEN : 0);
    }
    return count > 0 ? (size_t)count : 0;
}
