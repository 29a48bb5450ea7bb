/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

struct admission_host {
    struct admission_host *next;
    int32_t count;
    char name[]; /* an address */
};

bool admission_init(struct admission *admission, const struct connection_limits *limits)
{
    memset(admission, 0, sizeof *admission);
    admission->limits = limits;
    return pthread_mutex_init(&admission->lock, NULL) == 0;
}

void admission_finish(struct admission *admission)
{
    free(admission->hosts);
    (void)pthread_mutex_destroy(&admission->lock);
}

static struct admission_host **place_of(struct admission *admission, const char *name)
{
    uint32_t hash = hash_bytes(HASH_START, name, strlen(name));
    struct admission_host **place = &admission->hosts[hash & (admission->capacity - 1)];
    while (*place != NULL && strcmp((*place)->name, name) != 0)
        place = &(*place)->next;
    return place;
}

static bool grow(struct admission *admission)
{
    size_t before = admission->capacity, capacity = before != 0 ? 2 * before : 64;
    struct admission_host **old = admission->hosts;
    struct admission_host **hosts = calloc(capacity, sizeof(struct admission_host *));
    if (hosts == NULL)
        return before != 0; /* longer chains do no harm */
    admission->hosts = hosts;
    admission->capacity = capacity;
    for (size_t i = 0; i < before; i++) {
        while (old[i] != NULL) {
            struct admission_host *host = old[i];
            old[i] = host->next;
            host->next = NULL;
            *place_of(admission, host->name) = host;
        }
    }
    free(old);
    return true;
}

/* The host of this name, a new one if there is none yet; NULL: there is no memory. */
static struct admission_host *find_host(struct admission *admission, const char *name)
{
    if (admission->host_count >= admission->capacity && !grow(admission))
        return NULL;
    struct admission_host **place = place_of(admission, name);
    if (*place == NULL) {
        size_t size = strlen(name) + 1;
        struct admission_host *host = malloc(sizeof *host + size);
        if (host == NULL)
            return NULL;
        host->next = NULL;
        host->count = 0;
        memcpy(host->name, name, size);
        *place = host;
        admission->host_count++;
    }
    return *place;
}

static void forget_host(struct admission *admission, struct admission_host *host)
{
    *place_of(admission, host->name) = host->next;
    admission->host_count--;
    free(host);
}

static bool is_full(const struct admission *admission)
{
    int32_t limit = atomic_load(&admission->limits->all);
    return admission->count >= limit || admission->count >= admission->limits->possible;
}

/* Hosts are counted without a limit, too, as it may come later. */
static const char *enter(struct admission *admission, const char *name, struct admission_host **host)
{
    if (is_full(admission))
        return "max.connections is reached";
    *host = find_host(admission, name);
    if (*host == NULL)
        return "out of memory";
    if ((*host)->count >= atomic_load(&admission->limits->per_host)) {
        if ((*host)->count == 0)
            forget_host(admission, *host);
        return "max.connections.per.ip is reached";
    }
    (*host)->count++;
    admission->count++;
    return NULL;
}

const char *admission_enter(struct admission *admission, const char *name, struct admission_host **host)
{
    (void)pthread_mutex_lock(&admission->lock);
    const char *reason = enter(admission, name, host);
    (void)pthread_mutex_unlock(&admission->lock);
    return reason;
}

const char *admission_host_name(const struct admission_host *host)
{
    return host->name;
}

void admission_leave(struct admission *admission, struct admission_host *host)
{
    (void)pthread_mutex_lock(&admission->lock);
    admission->count--;
    if (--host->count == 0)
        forget_host(admission, host);
    (void)pthread_mutex_unlock(&admission->lock);
}
