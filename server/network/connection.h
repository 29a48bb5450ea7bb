/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_CONNECTION_H
#define SERVER_NETWORK_CONNECTION_H

/* One peer: reads its requests and answers them, in order, until one of the two ends it. */

#include "../api/broker.h"

/* Serves the peer until the connection is over, for whatever reason, and leaves the socket to the caller to close.
 * `endpoint` is where the peer reaches the broker, `peer` is its address for the log. */
void connection_serve(struct broker *broker, int fd, const struct endpoint *endpoint, const char *peer);

#endif
