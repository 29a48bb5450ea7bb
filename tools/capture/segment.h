/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SEGMENT_H
#define TOOLS_SEGMENT_H

/* A TCP segment. */

#include <stdbool.h>
#include <stdint.h>

#include "ip.h"

typedef struct endpoint {
    ip_address address;
    uint16_t port;
    uint16_t is_v6;
} endpoint;

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16 };

typedef struct segment {
    endpoint from;
    endpoint to;
    packet payload;
    uint32_t seq;
    uint32_t ack;
    uint8_t flags;
} segment;

/* False if this is not TCP, or too little of the header was captured. */
bool segment_read(const ip_packet *ip, segment *out);

enum { ENDPOINT_TEXT_SIZE = 56 };

/* E.g. "10.0.0.1:9092", "[fe80::1]:9092". Returns `to`. */
const char *endpoint_text(const endpoint *e, char to[ENDPOINT_TEXT_SIZE]);

#endif
