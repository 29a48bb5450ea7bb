/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "segment.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>

#include <kwire/endian.h>

static endpoint endpoint_of(const ip_packet *ip, const ip_address *address, const uint8_t *port)
{
    endpoint e = {*address, kw_load_be16(port), ip->is_v6};
    return e;
}

bool segment_read(const ip_packet *ip, segment *out)
{
    const uint8_t *h = ip->payload.data;
    if (ip->protocol != IP_PROTOCOL_TCP || ip->payload.captured < 20)
        return false;
    size_t header = (size_t)(h[12] >> 4) * 4;
    if (header < 20 || header > ip->payload.size)
        return false;
    out->from = endpoint_of(ip, &ip->from, h);
    out->to = endpoint_of(ip, &ip->to, h + 2);
    out->seq = kw_load_be32(h + 4);
    out->ack = kw_load_be32(h + 8);
    out->flags = h[13];
    out->payload = ip->payload;
    if (header <= ip->payload.captured) {
        packet_skip(&out->payload, header);
    } else { /* some options were not captured */
        out->payload.captured = 0;
        out->payload.size -= header;
    }
    return true;
}

const char *endpoint_text(const endpoint *e, char to[ENDPOINT_TEXT_SIZE])
{
    char address[INET6_ADDRSTRLEN] = "?";
    (void)inet_ntop(e->is_v6 ? AF_INET6 : AF_INET, e->address.bytes, address, sizeof address);
    snprintf(to, ENDPOINT_TEXT_SIZE, e->is_v6 ? "[%s]:%u" : "%s:%u", address, (unsigned)e->port);
    return to;
}
