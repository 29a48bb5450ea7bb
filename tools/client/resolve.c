/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../command/buffer.h"
#include "resolve.h"

/* Shared by the waiting thread and the one that resolves. The last of them to use it frees it. */
typedef struct lookup {
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    address asked;
    struct addrinfo *found;
    int error;  /* of getaddrinfo() */
    int number; /* errno, for EAI_SYSTEM */
    bool done;
    bool abandoned;
} lookup;

static int look_up(const address *a, int flags, struct addrinfo **found)
{
    struct addrinfo hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    *found = NULL;
    return getaddrinfo(a->host, a->port, &hints, found);
}

static bool refuse(report *r, int error, int number)
{
    return error == EAI_SYSTEM ? report_errno(r, number) : report_set(r, CODE_CONNECTION, 0, "%s", gai_strerror(error));
}

static lookup *create(const address *a)
{
    lookup *l = zeroed_memory(sizeof *l);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_cond_init(&l->ended, &clock);
    pthread_condattr_destroy(&clock);
    l->asked = *a;
    return l;
}

static void destroy(lookup *l)
{
    if (l->found != NULL)
        freeaddrinfo(l->found);
    pthread_cond_destroy(&l->ended);
    pthread_mutex_destroy(&l->mutex);
    free(l);
}

static void *run(void *context)
{
    lookup *l = context;
    struct addrinfo *found;
    int error = look_up(&l->asked, 0, &found);
    int number = errno;
    pthread_mutex_lock(&l->mutex);
    l->found = found;
    l->error = error;
    l->number = number;
    l->done = true;
    bool mine = l->abandoned;
    pthread_cond_signal(&l->ended);
    pthread_mutex_unlock(&l->mutex);
    if (mine)
        destroy(l);
    return NULL;
}

static bool start(lookup *l)
{
    pthread_t thread;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &detached, run, l);
    pthread_attr_destroy(&detached);
    return error == 0;
}

/* False after a timeout; the thread owns the lookup then. */
static bool await(lookup *l, deadline until)
{
    struct timespec last = deadline_timespec(until);
    pthread_mutex_lock(&l->mutex);
    int error = 0;
    while (!l->done && error != ETIMEDOUT)
        error = pthread_cond_timedwait(&l->ended, &l->mutex, &last);
    bool done = l->done;
    l->abandoned = !done;
    pthread_mutex_unlock(&l->mutex);
    return done;
}

static struct addrinfo *resolve_name(const address *a, deadline until, report *r)
{
    lookup *l = create(a);
    if (!start(l))
        die("no thread could be started to look up %s", a->host);
    if (!await(l, until)) {
        report_late(r);
        report_while(r, "looking up %s", a->host);
        return NULL;
    }
    struct addrinfo *found = l->found;
    l->found = NULL;
    if (l->error != 0)
        refuse(r, l->error, l->number);
    destroy(l);
    return found;
}

struct addrinfo *resolve(const address *a, deadline until, report *r)
{
    struct addrinfo *found;
    int error = look_up(a, AI_NUMERICHOST, &found);
    if (error == 0)
        return found;
    if (error == EAI_NONAME)
        return resolve_name(a, until, r);
    refuse(r, error, errno);
    return NULL;
}
