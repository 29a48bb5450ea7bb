/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_ENDPOINT_H
#define SERVER_CONFIG_ENDPOINT_H

/* A host and a port: where the broker listens, and what it tells clients to connect to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct endpoint {
    char host[256]; /* a name or an address, without brackets; "": every interface */
    uint16_t port;  /* 0: any */
};

enum { ENDPOINT_TEXT_SIZE = 272 };

/* Reads HOST:PORT, with an IPv6 address in brackets. False if it is not that; *out is then unchanged. */
bool endpoint_parse(const char *text, struct endpoint *out);

/* The other way, with brackets where they are needed. Returns `text`. */
const char *endpoint_format(const struct endpoint *endpoint, char text[ENDPOINT_TEXT_SIZE]);

/* The numeric form of a socket's address; an IPv4 address that came in over IPv6 is shown as IPv4. */
void endpoint_of_address(const struct sockaddr *address, socklen_t size, struct endpoint *out);

/* Whether clients cannot connect to this host because it stands for every interface. */
bool endpoint_is_wildcard(const struct endpoint *endpoint);

#endif
