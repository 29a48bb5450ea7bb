/* SPDX-License-Identifier: Apache-2.0 */
#include "acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../observe/console.h"

enum { BACKLOG = 1024, PAUSE_MS = 100 };

static bool set_flags(int fd, bool blocking)
{
    int flags = fcntl(fd, F_GETFL);
    flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    return fcntl(fd, F_SETFL, flags) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

/* -1 and errno if it cannot be done. Sockets for IPv6 leave IPv4 to others, except where one serves every interface. */
static int listen_on(struct addrinfo *address, uint16_t port, bool both_families)
{
    int on = 1, only = both_families ? 0 : 1;
    if (address->ai_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address->ai_addr)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)(void *)address->ai_addr)->sin_port = htons(port);
    int fd = socket(address->ai_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    bool fine =
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (address->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0) &&
        set_flags(fd, false) && bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    if (fine)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static void name_of(int fd, struct endpoint *out)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
        endpoint_of_address((struct sockaddr *)&address, size, out);
}

/* An address that this machine does not have is no problem as long as there is another: "localhost" may stand for ::1
 * where there is no IPv6. */
static int open_sockets(struct acceptor *a, struct addrinfo *found, const struct endpoint *at, int family)
{
    int reason = 0;
    for (struct addrinfo *i = found; i != NULL && a->count < ACCEPTOR_SOCKETS; i = i->ai_next) {
        if (i->ai_family != family && (family != AF_UNSPEC || (i->ai_family != AF_INET && i->ai_family != AF_INET6)))
            continue;
        int fd = listen_on(i, a->port, at->host[0] == '\0');
        if (fd < 0) {
            reason = errno;
            if (reason == EADDRINUSE && at->port != 0)
                return reason;
            continue;
        }
        struct endpoint name = {"", 0};
        name_of(fd, &name);
        a->port = name.port;
        a->sockets[a->count++] = fd;
        if (at->host[0] == '\0')
            break;
    }
    return a->count != 0 ? 0 : reason;
}

static int open_all(struct acceptor *a, struct addrinfo *found, const struct endpoint *at)
{
    if (at->host[0] != '\0')
        return open_sockets(a, found, at, AF_UNSPEC);
    int reason = open_sockets(a, found, at, AF_INET6);
    return a->count != 0 || reason == EADDRINUSE ? reason : open_sockets(a, found, at, AF_INET);
}

bool acceptor_open(struct acceptor *a, struct endpoint *at)
{
    char text[ENDPOINT_TEXT_SIZE];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    memset(a, 0, sizeof *a);
    a->wake[0] = a->wake[1] = -1;
    a->port = at->port;
    int error = getaddrinfo(at->host[0] != '\0' ? at->host : NULL, "0", &hints, &found);
    if (error != 0) {
        complain("cannot listen on %s: %s", endpoint_format(at, text), gai_strerror(error));
        return false;
    }
    int reason = open_all(a, found, at);
    freeaddrinfo(found);
    if (reason == 0 && a->count != 0 && pipe(a->wake) == 0 && set_flags(a->wake[0], false) &&
        set_flags(a->wake[1], true)) {
        at->port = a->port;
        if (at->host[0] == '\0')
            name_of(a->sockets[0], at);
        return true;
    }
    complain("cannot listen on %s: %s", endpoint_format(at, text), strerror(reason != 0 ? reason : errno));
    acceptor_close(a);
    return false;
}

static bool is_passing(int reason)
{
    return reason == EINTR || reason == EAGAIN || reason == EWOULDBLOCK || reason == ECONNABORTED || reason == EPROTO ||
           reason == ENETDOWN || reason == EHOSTUNREACH || reason == ENETUNREACH;
}

/* False if accepting fails in a way that would only repeat itself, as when there are no descriptors left. */
static bool accept_one(struct acceptor *a, int listener)
{
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return is_passing(errno);
    if (!set_flags(fd, true)) {
        close(fd);
        return true;
    }
    connections_add(a->connections, fd, a->port);
    return true;
}

static void *run(void *argument)
{
    struct acceptor *a = argument;
    struct pollfd watched[ACCEPTOR_SOCKETS + 1];
    bool complained = false;
    for (size_t i = 0; i <= a->count; i++) {
        watched[i].fd = i == 0 ? a->wake[0] : a->sockets[i - 1];
        watched[i].events = POLLIN;
    }
    while (poll(watched, (nfds_t)(a->count + 1), -1) >= 0 || errno == EINTR) {
        if (watched[0].revents != 0)
            break;
        bool fine = true;
        for (size_t i = 1; i <= a->count; i++)
            if (watched[i].revents != 0)
                fine = accept_one(a, watched[i].fd) && fine;
        if (!fine) {
            if (!complained)
                console_line("cannot accept connections: %s", strerror(errno));
            (void)poll(watched, 1, PAUSE_MS);
        }
        complained = !fine;
    }
    return NULL;
}

bool acceptor_start(struct acceptor *a, struct connections *connections)
{
    a->connections = connections;
    int error = pthread_create(&a->thread, NULL, run, a);
    if (error != 0)
        complain("no thread: %s", strerror(error));
    return error == 0;
}

void acceptor_stop(struct acceptor *a)
{
    ssize_t written = write(a->wake[1], "", 1);
    if (written == 1)
        pthread_join(a->thread, NULL);
}

void acceptor_close(struct acceptor *a)
{
    for (size_t i = 0; i < a->count; i++)
        close(a->sockets[i]);
    for (size_t i = 0; i < 2; i++)
        if (a->wake[i] >= 0)
            close(a->wake[i]);
}
