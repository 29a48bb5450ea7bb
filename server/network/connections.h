/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_CONNECTIONS_H
#define SERVER_NETWORK_CONNECTIONS_H

/* All connections that are open, a thread each. */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../api/broker.h"

/* Private fields. */
struct connections {
    struct broker *broker;
    pthread_mutex_t lock;
    pthread_cond_t none_left;
    struct member *first;
    int32_t count;
    int32_t most; /* since memory was given back */
    bool stopping;
    bool has_ended;
    pthread_t ended; /* the thread that ended last, which nobody has joined yet */
};

bool connections_init(struct connections *all, struct broker *broker);

/* Serves an accepted socket, which is no longer the caller's, in a thread of its own; or closes it, with a log line, if
 * there are too many already. `port` is the one that the broker listens on. */
void connections_add(struct connections *all, int fd, uint16_t port);

/* Ends all connections and waits for their threads. */
void connections_finish(struct connections *all);

#endif
