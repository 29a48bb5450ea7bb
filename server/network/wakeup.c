/* SPDX-License-Identifier: Apache-2.0 */
#include "wakeup.h"

#include <stdint.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/eventfd.h>

bool wakeup_init(struct wakeup *wakeup)
{
    wakeup->read_fd = wakeup->write_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return wakeup->read_fd >= 0;
}

void wakeup_finish(struct wakeup *wakeup)
{
    (void)close(wakeup->read_fd);
}
#else
#include "socket.h"

bool wakeup_init(struct wakeup *wakeup)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    wakeup->read_fd = ends[0];
    wakeup->write_fd = ends[1];
    if (socket_set_flags(ends[0]) && socket_set_flags(ends[1]))
        return true;
    wakeup_finish(wakeup);
    return false;
}

void wakeup_finish(struct wakeup *wakeup)
{
    (void)close(wakeup->read_fd);
    (void)close(wakeup->write_fd);
}
#endif

/* A pipe that is full is readable, which is all that matters. */
void wakeup_signal(struct wakeup *wakeup)
{
    uint64_t one = 1;
    ssize_t written = write(wakeup->write_fd, &one, sizeof one);
    (void)written;
}

void wakeup_clear(struct wakeup *wakeup)
{
    uint64_t taken[8];
    ssize_t n;
    do
        n = read(wakeup->read_fd, taken, sizeof taken);
    while (n == (ssize_t)sizeof taken);
}
