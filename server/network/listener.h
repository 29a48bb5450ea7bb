/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_LISTENER_H
#define SERVER_NETWORK_LISTENER_H

/* The sockets that the broker listens on. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/executor.h"
#include "../config/endpoint.h"
#include "reactor.h"

enum { LISTENER_SOCKETS = 8 };

struct listener {
    uint16_t port;
    /* The rest is private. */
    struct listening {
        struct event_source source;
        struct listener *listener;
    } sockets[LISTENER_SOCKETS];
    size_t count;
    struct reactor *reactor;
    struct timer pause;
    bool complained;
    void (*accepted)(void *context, int fd);
    void *context;
};

/* Listens on every address of the host; puts the real port into `at` where it was 0, and the real address where the
 * host was empty. False after a complaint. */
bool listener_open(struct listener *listener, struct endpoint *at);
void listener_close(struct listener *listener);

/* The buffers of the sockets of connections that come from now on, in bytes; what is not positive leaves the system's
 * default. */
void listener_set_buffers(const struct listener *listener, int send, int receive);

/* Accepts connections on the reactor and hands each over. On the reactor's thread, or before it runs. False if memory
 * is short. */
bool listener_start(struct listener *listener, struct reactor *reactor, void (*accepted)(void *context, int fd),
                    void *context);

/* Accepts no more. On the reactor's thread. */
void listener_stop(struct listener *listener);

#endif
