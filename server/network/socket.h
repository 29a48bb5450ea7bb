/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_SOCKET_H
#define SERVER_NETWORK_SOCKET_H

#include <errno.h>
#include <stdbool.h>

#include "../config/endpoint.h"

/* Makes a descriptor non-blocking and closed on exec. False and errno. */
bool socket_set_flags(int fd);

/* Whether a call of a non-blocking socket has failed only because it would have to wait. */
static inline bool socket_would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* Accepts one connection, non-blocking, without Nagle's delay and with keepalive. -1 and errno. */
int socket_accept(int listener);

/* The address of the peer, or of this side; host "" if it cannot be determined. */
void socket_peer(int fd, struct endpoint *out);
void socket_name(int fd, struct endpoint *out);

#endif
