/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_ADMISSION_H
#define SERVER_NETWORK_ADMISSION_H

/* How many connections there may be: max.connections and max.connections.per.ip. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many there may be from now on; INT32_MAX: no limit. May change at any time, on any thread; connections that are
 * there already stay. */
struct connection_limits {
    _Atomic(int32_t) all;      /* max.connections */
    _Atomic(int32_t) per_host; /* max.connections.per.ip */
    int32_t possible;          /* with the descriptors of the process; does not change */
};

/* Private fields. */
struct admission {
    pthread_mutex_t lock;
    const struct connection_limits *limits;
    int32_t count;
    struct admission_host **hosts; /* a hash table, with chains */
    size_t host_count;
    size_t capacity;
};

/* The limits must stay. At the end all connections must have left. */
bool admission_init(struct admission *admission, const struct connection_limits *limits);
void admission_finish(struct admission *admission);

/* NULL if a connection from the host of this name may stay, else why not. *host is for admission_leave(). */
const char *admission_enter(struct admission *admission, const char *name, struct admission_host **host);

/* As long as one of its connections has not left. */
const char *admission_host_name(const struct admission_host *host);

/* A connection that had entered has ended. */
void admission_leave(struct admission *admission, struct admission_host *host);

#endif
