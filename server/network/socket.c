/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4() */
#endif
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool socket_set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static int accept_connection(int listener)
{
#ifdef SOCK_NONBLOCK
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 || socket_set_flags(fd))
        return fd;
    int reason = errno;
    (void)close(fd);
    errno = reason;
    return -1;
#endif
}

int socket_accept(int listener)
{
    int on = 1;
    int fd = accept_connection(listener);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return fd;
}

static void describe(const struct sockaddr_storage *address, socklen_t size, bool known, struct endpoint *out)
{
    out->host[0] = '\0';
    out->port = 0;
    if (known)
        endpoint_of_address((const struct sockaddr *)address, size, out);
}

void socket_peer(int fd, struct endpoint *out)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;
    bool known = getpeername(fd, (struct sockaddr *)&address, &size) == 0;
    describe(&address, size, known, out);
}

void socket_name(int fd, struct endpoint *out)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;
    bool known = getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    describe(&address, size, known, out);
}
