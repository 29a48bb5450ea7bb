/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_CONNECTION_H
#define SERVER_NETWORK_CONNECTION_H

/* One peer: its requests are answered one after the other, in order. A connection belongs to one thread of the network.
 */

#include "network.h"

/* Takes over an accepted socket and gives it to the thread, which serves it from then on. From any thread. False if
 * memory is short; the socket is then closed. */
bool connection_create(struct network_thread *thread, int fd);

/* Closes a connection at once. On its thread; pending work for it ends later. */
void connection_close(struct connection *connection);

/* Of the list of a thread's connections. */
struct connection *connection_next(const struct connection *connection);

#endif
