/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_TRANSPORT_H
#define SERVER_NETWORK_TRANSPORT_H

/* How the bytes of a connection come and go. Non-blocking, like the socket below it. */

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct transport;

struct transport_calls {
    ssize_t (*receive)(struct transport *transport, void *to, size_t size);
    ssize_t (*send)(struct transport *transport, struct iovec *pieces, int count);
    int (*end)(struct transport *transport);
};

struct transport {
    const struct transport_calls *calls;
    int fd;
};

/* Plain TCP. */
extern const struct transport_calls transport_plain;

/* As recv() and sendmsg(): -1 and errno, EAGAIN if the peer is to be waited for; never interrupted, no SIGPIPE. Sending
 * may change the pieces. */
static inline ssize_t transport_receive(struct transport *transport, void *to, size_t size)
{
    return transport->calls->receive(transport, to, size);
}

static inline ssize_t transport_send(struct transport *transport, struct iovec *pieces, int count)
{
    return transport->calls->send(transport, pieces, count);
}

/* Ends this side: the peer reads the end behind what was sent. 0, or -1 and errno. */
static inline int transport_end(struct transport *transport)
{
    return transport->calls->end(transport);
}

#endif
