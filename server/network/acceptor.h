/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_ACCEPTOR_H
#define SERVER_NETWORK_ACCEPTOR_H

/* The sockets that the broker listens on, and the thread that accepts connections. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "../config/endpoint.h"
#include "connections.h"

enum { ACCEPTOR_SOCKETS = 8 };

/* Private fields. */
struct acceptor {
    int sockets[ACCEPTOR_SOCKETS];
    size_t count;
    int wake[2];
    uint16_t port;
    struct connections *connections;
    pthread_t thread;
};

/* Listens on every address of the host; puts the real port into `at` where it was 0, and the real address where the
 * host was empty. False after a complaint. */
bool acceptor_open(struct acceptor *a, struct endpoint *at);

/* Starts to accept. False after a complaint. */
bool acceptor_start(struct acceptor *a, struct connections *connections);

/* Ends accepting and waits for the thread, if it was started. */
void acceptor_stop(struct acceptor *a);

void acceptor_close(struct acceptor *a);

#endif
