/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_CLIENT_HOST_H
#define SERVER_API_CLIENT_HOST_H

/* The address of a client as members of groups have it. */

#include <kwire/view.h>

#include "call.h"

enum { CLIENT_HOST_SIZE = 264 };

/* As Java's InetAddress.toString(): "/127.0.0.1", "/0:0:0:0:0:0:0:1"; "/" if the client has gone. Returns a view of
 * `text`. */
kw_string client_host(const struct call *call, char text[CLIENT_HOST_SIZE]);

/* The same for an address that is written in the usual form. */
kw_string client_host_of(const char *address, char text[CLIENT_HOST_SIZE]);

#endif
