/* SPDX-License-Identifier: Apache-2.0 */
#include "transport.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>

static ssize_t receive(struct transport *transport, void *to, size_t size)
{
    ssize_t n;
    do
        n = recv(transport->fd, to, size, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

static ssize_t send_pieces(struct transport *transport, struct iovec *pieces, int count)
{
    ssize_t n;
    if (count == 1) {
        do
            n = send(transport->fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        return n;
    }
    /* The cast is for both types that this member has: POSIX's int and glibc's size_t. */
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (uint16_t)count};
    do
        n = sendmsg(transport->fd, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}

static int end(struct transport *transport)
{
    return shutdown(transport->fd, SHUT_WR);
}

const struct transport_calls transport_plain = {receive, send_pieces, end};
