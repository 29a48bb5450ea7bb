/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolve.h"
#include "socket.h"

/* 0 once the descriptor is ready, or has an error that the next call on it returns; ETIMEDOUT. */
static int await(int fd, short events, deadline until)
{
    struct pollfd p = {fd, events, 0};
    for (;;) {
        int n = poll(&p, 1, deadline_left(until));
        if (n > 0)
            return 0;
        if (n == 0)
            return ETIMEDOUT;
        if (errno != EINTR)
            return errno;
    }
}

static int finish_connect(int fd, deadline until)
{
    int error = await(fd, POLLOUT, until);
    socklen_t size = sizeof error;
    if (error == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return errno;
    return error;
}

/* 0 and a descriptor, or an errno. */
static int connect_one(const struct addrinfo *to, deadline until, int *out)
{
    int fd = socket(to->ai_family, to->ai_socktype, to->ai_protocol);
    if (fd < 0)
        return errno;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* affects only speed */
    int error = 0;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
        error = errno;
    else if (connect(fd, to->ai_addr, to->ai_addrlen) != 0)
        error = errno == EINPROGRESS || errno == EINTR ? finish_connect(fd, until) : errno;
    if (error != 0)
        close(fd);
    *out = fd;
    return error;
}

/* Appends "ADDRESS: why" to the detail. */
static void add_failure(report *r, const struct addrinfo *to, int error)
{
    char text[64] = "?";
    getnameinfo(to->ai_addr, to->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    size_t size = strlen(r->detail);
    snprintf(r->detail + size, sizeof r->detail - size, "%s%s: %s", size != 0 ? "; " : "", text, strerror(error));
}

static int connect_any(const struct addrinfo *list, deadline until, report *r)
{
    int left = 0;
    for (const struct addrinfo *to = list; to != NULL; to = to->ai_next)
        left++;
    report_set(r, CODE_CONNECTION, 0, "%s", "");
    for (const struct addrinfo *to = list; to != NULL; to = to->ai_next) {
        int fd = -1;
        int error = connect_one(to, deadline_share(until, left--), &fd);
        if (error == 0)
            return fd;
        add_failure(r, to, error);
        if (error == ETIMEDOUT && deadline_left(until) == 0)
            r->code = CODE_TIMEOUT;
    }
    return -1;
}

int socket_connect(const address *a, deadline until, report *r)
{
    struct addrinfo *list = resolve(a, until, r);
    if (list == NULL)
        return -1;
    int fd = connect_any(list, until, r);
    freeaddrinfo(list);
    return fd;
}

static bool is_again(int number)
{
    return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

static bool await_or_report(int fd, short events, deadline until, report *r)
{
    int error = await(fd, events, until);
    return error == 0 || (error == ETIMEDOUT ? report_late(r) : report_errno(r, error));
}

bool socket_send(int fd, const void *data, size_t size, deadline until, report *r)
{
    const char *from = data;
    while (size != 0) {
        ssize_t n = send(fd, from, size, MSG_NOSIGNAL);
        if (n < 0 && !is_again(errno))
            return report_errno(r, errno);
        if (n < 0 && !await_or_report(fd, POLLOUT, until, r))
            return false;
        from += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool socket_receive(int fd, void *data, size_t size, size_t *got, deadline until, report *r)
{
    for (;;) {
        if (deadline_left(until) == 0)
            return report_late(r); /* even if data is available: a peer that never stops is late too */
        ssize_t n = recv(fd, data, size, 0);
        if (n >= 0) {
            *got = (size_t)n;
            return true;
        }
        if (!is_again(errno))
            return report_errno(r, errno);
        if (!await_or_report(fd, POLLIN, until, r))
            return false;
    }
}
