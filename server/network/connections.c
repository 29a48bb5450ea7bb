/* SPDX-License-Identifier: Apache-2.0 */
#include "connections.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/malloc_tuning.h"
#include "../observe/console.h"
#include "connection.h"

enum {
    STACK_SIZE = 128 * 1024,
    CROWD = 16 /* connections that leave enough memory behind to care for */
};

struct member {
    struct connections *all;
    struct member *next;
    struct member *previous;
    int fd;
    struct endpoint endpoint;
    struct endpoint from;
    char peer[ENDPOINT_TEXT_SIZE]; /* the same, as text */
};

bool connections_init(struct connections *all, struct broker *broker)
{
    memset(all, 0, sizeof *all);
    all->broker = broker;
    return pthread_mutex_init(&all->lock, NULL) == 0 && pthread_cond_init(&all->none_left, NULL) == 0;
}

static void link_member(struct connections *all, struct member *m)
{
    m->next = all->first;
    if (all->first != NULL)
        all->first->previous = m;
    all->first = m;
    if (++all->count > all->most)
        all->most = all->count;
}

/* The socket is closed under the lock, so that connections_finish() never shuts down a number that is somebody else's
 * by then. */
static void unlink_member(struct connections *all, struct member *m)
{
    if (m->next != NULL)
        m->next->previous = m->previous;
    if (m->previous != NULL)
        m->previous->next = m->next;
    else
        all->first = m->next;
    close(m->fd);
    if (--all->count == 0)
        pthread_cond_signal(&all->none_left);
}

/* Whether half of a crowd has gone. */
static bool has_emptied(struct connections *all)
{
    if (all->most < CROWD || all->count > all->most / 2)
        return false;
    all->most = all->count;
    return true;
}

static void *run(void *argument)
{
    struct member *m = argument;
    struct connections *all = m->all;
    connection_serve(all->broker, m->fd, &m->endpoint, m->peer);

    /* Each thread joins the one that ended before it, so at most one waits to be joined. */
    pthread_mutex_lock(&all->lock);
    bool has_previous = all->has_ended;
    pthread_t previous = all->ended;
    all->has_ended = true;
    all->ended = pthread_self();
    unlink_member(all, m);
    bool emptied = has_emptied(all);
    pthread_mutex_unlock(&all->lock);
    free(m);
    if (has_previous)
        pthread_join(previous, NULL);
    if (emptied)
        malloc_tuning_trim();
    return NULL;
}

static void describe(struct member *m, const struct config *config, uint16_t port)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC}; /* zeros beyond what is written to it, too */
    socklen_t size = sizeof address;
    if (getpeername(m->fd, (struct sockaddr *)&address, &size) == 0)
        endpoint_of_address((struct sockaddr *)&address, size, &m->from);
    (void)endpoint_format(&m->from, m->peer);

    m->endpoint = config->advertised.host[0] != '\0' ? config->advertised : config->listen;
    if (m->endpoint.port == 0)
        m->endpoint.port = port;
    size = sizeof address;
    if (endpoint_is_wildcard(&m->endpoint) && getsockname(m->fd, (struct sockaddr *)&address, &size) == 0) {
        endpoint_of_address((struct sockaddr *)&address, size, &m->endpoint);
        m->endpoint.port = config->advertised.port != 0 ? config->advertised.port : port;
    }
}

static int start_thread(struct member *m)
{
    pthread_attr_t attributes;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);
    if (error != 0)
        return error;
    size_t stack = STACK_SIZE;
#ifdef PTHREAD_STACK_MIN
    if (stack < (size_t)PTHREAD_STACK_MIN)
        stack = (size_t)PTHREAD_STACK_MIN;
#endif
    (void)pthread_attr_setstacksize(&attributes, stack);
    error = pthread_create(&thread, &attributes, run, m);
    pthread_attr_destroy(&attributes);
    return error;
}

static bool is_one_too_many(const struct connections *all, const struct member *m)
{
    int32_t most = all->broker->config.max_connections_per_ip, count = 0;
    if (most == INT32_MAX)
        return false;
    for (const struct member *other = all->first; other != NULL; other = other->next)
        count += strcmp(other->from.host, m->from.host) == 0;
    return count >= most;
}

/* NULL if the connection may stay, else why not. */
static const char *admit(struct connections *all, struct member *m)
{
    const char *reason = NULL;
    pthread_mutex_lock(&all->lock);
    if (all->stopping)
        reason = "the broker stops";
    else if (all->count >= all->broker->config.max_connections)
        reason = "max.connections is reached";
    else if (is_one_too_many(all, m))
        reason = "max.connections.per.ip is reached";
    else
        link_member(all, m);
    pthread_mutex_unlock(&all->lock);
    return reason;
}

static void dismiss(struct connections *all, struct member *m)
{
    pthread_mutex_lock(&all->lock);
    unlink_member(all, m);
    pthread_mutex_unlock(&all->lock);
    free(m);
}

void connections_add(struct connections *all, int fd, uint16_t port)
{
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    struct member *m = calloc(1, sizeof *m);
    if (m == NULL) {
        console_peer("connection refused: out of memory");
        close(fd);
        return;
    }
    m->all = all;
    m->fd = fd;
    describe(m, &all->broker->config, port);
    const char *reason = admit(all, m);
    if (reason != NULL) {
        console_peer("%s: refused: %s", m->peer, reason);
        close(fd);
        free(m);
        return;
    }
    int error = start_thread(m);
    if (error != 0) {
        console_peer("%s: refused: no thread: %s", m->peer, strerror(error));
        dismiss(all, m);
    }
}

void connections_finish(struct connections *all)
{
    pthread_mutex_lock(&all->lock);
    all->stopping = true;
    for (struct member *m = all->first; m != NULL; m = m->next)
        (void)shutdown(m->fd, SHUT_RDWR);
    while (all->count != 0)
        pthread_cond_wait(&all->none_left, &all->lock);
    bool has_ended = all->has_ended;
    pthread_t ended = all->ended;
    pthread_mutex_unlock(&all->lock);
    if (has_ended)
        pthread_join(ended, NULL);
    pthread_cond_destroy(&all->none_left);
    pthread_mutex_destroy(&all->lock);
}
