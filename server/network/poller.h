/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_POLLER_H
#define SERVER_NETWORK_POLLER_H

/* Waiting for many descriptors at once: epoll where there is one, else poll(). Level-triggered. */

#include <stdbool.h>
#include <stddef.h>

enum {
    POLLER_READ = 1,
    POLLER_WRITE = 2,
    POLLER_PEER_DONE = 4, /* the peer sends no more; asked for where the system reports it */
    POLLER_BROKEN = 8     /* an error, or both sides have ended; reported without asking */
};

struct poller_event {
    void *source; /* what the descriptor was added with */
    unsigned events;
};

struct poller;

/* How often to look for events, with a timeout of 0, instead of sleeping (busy_poll.h): some 50 us. 0: never, as each
 * look takes time for every descriptor. */
extern const unsigned poller_looks;

/* NULL and errno. */
struct poller *poller_create(void);
void poller_destroy(struct poller *poller);

/* Each false and errno: ENOMEM, ENOSPC. `source` is not NULL. */
bool poller_add(struct poller *poller, int fd, unsigned events, void *source);
bool poller_change(struct poller *poller, int fd, unsigned events, void *source);

/* Before the descriptor is closed. Events that were reported already may still name its source. */
void poller_remove(struct poller *poller, int fd);

/* Waits until something happens or `timeout_ms` are over (-1: for ever). How many events there are; 0 also when a
 * signal came. */
size_t poller_wait(struct poller *poller, struct poller_event *events, size_t max, int timeout_ms);

#endif
