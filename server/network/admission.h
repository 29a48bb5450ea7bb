/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_ADMISSION_H
#define SERVER_NETWORK_ADMISSION_H

/* How many connections there may be: max.connections and max.connections.per.ip. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Private fields. */
struct admission {
    pthread_mutex_t lock;
    int32_t limit;
    int32_t limit_per_host;
    int32_t count;
    struct admission_host **hosts; /* a hash table, with chains */
    size_t host_count;
    size_t capacity;
};

/* INT32_MAX: no limit. At the end all connections must have left. */
bool admission_init(struct admission *admission, int32_t limit, int32_t limit_per_host);
void admission_finish(struct admission *admission);

/* NULL if a connection from this host may stay, else why not. */
const char *admission_enter(struct admission *admission, const char *host);

/* A connection that had entered has ended. */
void admission_leave(struct admission *admission, const char *host);

/* Whether connections are counted by host. */
static inline bool admission_needs_host(const struct admission *admission)
{
    return admission->limit_per_host != INT32_MAX;
}

#endif
