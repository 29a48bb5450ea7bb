/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SOCKET_H
#define TOOLS_SOCKET_H

/* A TCP connection that never waits longer than until a deadline. */

#include <stddef.h>

#include "address.h"
#include "deadline.h"
#include "trouble.h"

/* Tries what the address stands for, one after the other, each with its share of the time. Returns a descriptor for
 * close(), -1 with a report that says what became of each. */
int socket_connect(const address *a, deadline until, report *r);

/* All of it. */
bool socket_send(int fd, const void *data, size_t size, deadline until, report *r);

/* At least one byte, at most `size`; *got is 0 where the peer ended the connection. */
bool socket_receive(int fd, void *data, size_t size, size_t *got, deadline until, report *r);

#endif
