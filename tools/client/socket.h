/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SOCKET_H
#define TOOLS_SOCKET_H

/* A TCP connection whose calls end by a deadline. */

#include <stddef.h>

#include "address.h"
#include "deadline.h"
#include "trouble.h"

/* Tries the addresses that the name resolves to, one after the other, each with its share of the time. Returns a
 * descriptor for close(), or -1 with a report that names the error of each. */
int socket_connect(const address *a, deadline until, report *r);

/* Sends all of it. */
bool socket_send(int fd, const void *data, size_t size, deadline until, report *r);

/* Receives at least one byte, at most `size`; *got is 0 if the peer ended the connection. */
bool socket_receive(int fd, void *data, size_t size, size_t *got, deadline until, report *r);

#endif
