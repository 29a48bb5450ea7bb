/* SPDX-License-Identifier: Apache-2.0 */
#include "listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../observe/console.h"
#include "socket.h"

enum {
    BACKLOG = 1024,
    PAUSE_MS = 100,
    AT_ONCE = 64 /* connections that are accepted before others get their turn */
};

/* ---- accepting ---- */

static bool is_passing(int reason)
{
    return reason == EINTR || reason == ECONNABORTED || reason == EPROTO || reason == ENETDOWN ||
           reason == EHOSTUNREACH || reason == ENETUNREACH;
}

static void watch(struct listener *l, unsigned events)
{
    for (size_t i = 0; i < l->count; i++)
        (void)poller_change(l->reactor->poller, l->sockets[i].source.fd, events, &l->sockets[i].source);
}

static void resume(struct timer *timer)
{
    struct listener *l = (struct listener *)(void *)((char *)timer - offsetof(struct listener, pause));
    watch(l, POLLER_READ);
}

/* Accepting fails in a way that would only repeat itself, as when there are no descriptors left. */
static void pause_accepting(struct listener *l)
{
    if (!l->complained)
        console_line("cannot accept connections: %s", strerror(errno));
    l->complained = true;
    watch(l, 0);
    executor_start_timer(&l->reactor->executor, &l->pause, PAUSE_MS);
}

static void ready(struct event_source *source, unsigned events)
{
    struct listener *l = ((struct listening *)(void *)source)->listener; /* its first member */
    (void)events;
    for (int i = 0; i < AT_ONCE && l->reactor != NULL && !timer_is_running(&l->pause); i++) {
        int fd = socket_accept(source->fd);
        if (fd >= 0) {
            l->complained = false;
            l->accepted(l->context, fd);
        } else if (socket_would_block(errno)) {
            return;
        } else if (!is_passing(errno)) {
            pause_accepting(l);
        }
    }
}

bool listener_start(struct listener *l, struct reactor *reactor, void (*accepted)(void *context, int fd), void *context)
{
    l->reactor = reactor;
    l->accepted = accepted;
    l->context = context;
    l->pause.fire = resume;
    for (size_t i = 0; i < l->count; i++)
        if (!poller_add(reactor->poller, l->sockets[i].source.fd, POLLER_READ, &l->sockets[i].source))
            return false;
    return true;
}

void listener_stop(struct listener *l)
{
    if (l->reactor == NULL)
        return;
    executor_stop_timer(&l->reactor->executor, &l->pause);
    for (size_t i = 0; i < l->count; i++)
        poller_remove(l->reactor->poller, l->sockets[i].source.fd);
    l->reactor = NULL;
}

/* ---- listening ---- */

/* -1 and errno if it cannot be done. Sockets for IPv6 leave IPv4 to others, except where one serves every interface. */
static int listen_on(struct addrinfo *address, uint16_t port, bool both_families)
{
    int on = 1, only = !both_families;
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
        socket_set_flags(fd) && bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    if (fine)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* An address that this machine does not have is no problem as long as there is another: "localhost" may stand for ::1
 * where there is no IPv6. */
static int open_sockets(struct listener *l, struct addrinfo *found, const struct endpoint *at, int family)
{
    int reason = EADDRNOTAVAIL;
    for (struct addrinfo *i = found; i != NULL && l->count < LISTENER_SOCKETS; i = i->ai_next) {
        if (i->ai_family != family && (family != AF_UNSPEC || (i->ai_family != AF_INET && i->ai_family != AF_INET6)))
            continue;
        int fd = listen_on(i, l->port, at->host[0] == '\0');
        if (fd < 0) {
            reason = errno;
            if (reason == EADDRINUSE && at->port != 0)
                return reason;
            continue;
        }
        struct endpoint name = {"", 0};
        socket_name(fd, &name);
        l->port = name.port;
        l->sockets[l->count].listener = l;
        l->sockets[l->count++].source = (struct event_source){.ready = ready, .fd = fd};
        if (at->host[0] == '\0')
            break;
    }
    return l->count != 0 ? 0 : reason;
}

static int open_all(struct listener *l, struct addrinfo *found, const struct endpoint *at)
{
    if (at->host[0] != '\0')
        return open_sockets(l, found, at, AF_UNSPEC);
    int reason = open_sockets(l, found, at, AF_INET6);
    return reason == 0 || reason == EADDRINUSE ? reason : open_sockets(l, found, at, AF_INET);
}

bool listener_open(struct listener *l, struct endpoint *at)
{
    char text[ENDPOINT_TEXT_SIZE];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    memset(l, 0, sizeof *l);
    l->port = at->port;
    int error = getaddrinfo(at->host[0] != '\0' ? at->host : NULL, "0", &hints, &found);
    if (error != 0) {
        complain("cannot listen on %s: %s", endpoint_format(at, text), gai_strerror(error));
        return false;
    }
    int reason = open_all(l, found, at);
    freeaddrinfo(found);
    if (reason == 0) {
        at->port = l->port;
        if (at->host[0] == '\0')
            socket_name(l->sockets[0].source.fd, at);
        return true;
    }
    complain("cannot listen on %s: %s%s", endpoint_format(at, text), strerror(reason),
             reason == EADDRINUSE ? ": stop who does, or choose another address with --listen" : "");
    listener_close(l);
    return false;
}

/* Accepted sockets have them from the one that listens. The system may allow less, which is no reason to complain. */
void listener_set_buffers(const struct listener *l, int send, int receive)
{
    for (size_t i = 0; i < l->count; i++) {
        int fd = l->sockets[i].source.fd;
        if (send > 0)
            (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
        if (receive > 0)
            (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    }
}

void listener_close(struct listener *l)
{
    for (size_t i = 0; i < l->count; i++)
        (void)close(l->sockets[i].source.fd);
    l->count = 0;
}
