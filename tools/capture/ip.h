/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_IP_H
#define TOOLS_IP_H

/* The network layer: IPv4 with options, IPv6 with extension headers. Checksums are not verified: a capture on the
 * sending machine has them before the network card has filled them in. */

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

enum { IP_PROTOCOL_TCP = 6 };

typedef struct ip_address {
    uint8_t bytes[16]; /* an IPv4 address takes the first 4, the others are 0 */
} ip_address;

typedef struct ip_packet {
    packet payload; /* without the headers */
    ip_address from;
    ip_address to;
    bool is_v6;
    uint8_t protocol;
    bool more_fragments;  /* this and what follows: of a fragmented packet */
    uint16_t fragment_at; /* position of the payload; 0 and no more fragments: it is complete */
    uint32_t fragment_id;
} ip_packet;

static inline bool ip_is_fragment(const ip_packet *ip)
{
    return ip->more_fragments || ip->fragment_at != 0;
}

/* False if these are not IP headers, or too little of them was captured. */
bool ip_read(const packet *p, ip_packet *out);

/* Skips IPv6's extension headers at the front of the payload. ip_read() does that up to a fragment header. False if
 * they are cut. */
bool ip_skip_extensions(ip_packet *ip);

#endif
