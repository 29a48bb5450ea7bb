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

bool admission_init(struct admission *admission, int32_t limit, int32_t limit_per_host)
{
    memset(admission, 0, sizeof *admission);
    admission->limit = limit;
    admission->limit_per_host = limit_per_host;
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

static const char *enter_host(struct admission *admission, const char *name)
{
    if (admission->host_count >= admission->capacity && !grow(admission))
        return "out of memory";
    struct admission_host **place = place_of(admission, name);
    if (*place == NULL) {
        size_t size = strlen(name) + 1;
        struct admission_host *host = malloc(sizeof *host + size);
        if (host == NULL)
            return "out of memory";
        host->next = NULL;
        host->count = 0;
        memcpy(host->name, name, size);
        *place = host;
        admission->host_count++;
    }
    (*place)->count++;
    return NULL;
}

static void leave_host(struct admission *admission, const char *name)
{
    struct admission_host **place = place_of(admission, name);
    struct admission_host *host = *place;
    if (--host->count > 0)
        return;
    *place = host->next;
    admission->host_count--;
    free(host);
}

static bool is_full_for(struct admission *admission, const char *name)
{
    const struct admission_host *host = admission->capacity != 0 ? *place_of(admission, name) : NULL;
    return (host != NULL ? host->count : 0) >= admission->limit_per_host;
}

const char *admission_enter(struct admission *admission, const char *host)
{
    const char *reason = NULL;
    (void)pthread_mutex_lock(&admission->lock);
    if (admission->count >= admission->limit)
        reason = "max.connections is reached";
    else if (admission_needs_host(admission) && is_full_for(admission, host))
        reason = "max.connections.per.ip is reached";
    else if (admission_needs_host(admission))
        reason = enter_host(admission, host);
    if (reason == NULL)
        admission->count++;
    (void)pthread_mutex_unlock(&admission->lock);
    return reason;
}

void admission_leave(struct admission *admission, const char *host)
{
    (void)pthread_mutex_lock(&admission->lock);
    admission->count--;
    if (admission_needs_host(admission))
        leave_host(admission, host);
    (void)pthread_mutex_unlock(&admission->lock);
}
