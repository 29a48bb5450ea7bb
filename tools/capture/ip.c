/* SPDX-License-Identifier: Apache-2.0 */
#include "ip.h"

#include <string.h>

#include <kwire/endian.h>

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60, MOBILITY = 135 };

static bool read_v4(ip_packet *ip)
{
    packet *p = &ip->payload;
    if (p->captured < 20)
        return false;
    const uint8_t *h = p->data;
    size_t header = (size_t)(h[0] & 15) * 4;
    size_t total = kw_load_be16(h + 2);
    if (total == 0) /* a packet that the network card will segment has none yet */
        total = p->size;
    if (header < 20 || header > p->captured || total < header)
        return false;
    uint16_t fragment = kw_load_be16(h + 6);
    ip->more_fragments = (fragment & 0x2000) != 0;
    ip->fragment_at = (uint16_t)((fragment & 0x1fff) * 8);
    ip->fragment_id = kw_load_be16(h + 4);
    ip->protocol = h[9];
    memcpy(ip->from.bytes, h + 12, 4);
    memcpy(ip->to.bytes, h + 16, 4);
    packet_limit(p, total);
    packet_skip(p, header);
    return true;
}

static bool is_extension(uint8_t type)
{
    return type == HOP_BY_HOP || type == ROUTING || type == FRAGMENT || type == AUTHENTICATION || type == DESTINATION ||
           type == MOBILITY;
}

/* Skips an extension header and sets the protocol to what follows. False if it is cut. */
static bool skip_extension(ip_packet *ip)
{
    if (ip->payload.captured < 8)
        return false;
    const uint8_t *h = ip->payload.data;
    size_t size = 8 + (size_t)h[1] * 8;
    if (ip->protocol == AUTHENTICATION)
        size = 8 + (size_t)h[1] * 4;
    if (ip->protocol == FRAGMENT) {
        size = 8;
        ip->fragment_at = (uint16_t)(kw_load_be16(h + 2) & ~7);
        ip->more_fragments = (h[3] & 1) != 0;
        ip->fragment_id = kw_load_be32(h + 4);
    }
    if (size > ip->payload.captured)
        return false;
    ip->protocol = h[0];
    packet_skip(&ip->payload, size);
    return true;
}

bool ip_skip_extensions(ip_packet *ip)
{
    while (ip->is_v6 && is_extension(ip->protocol) && !ip_is_fragment(ip))
        if (!skip_extension(ip))
            return false;
    return true;
}

static bool read_v6(ip_packet *ip)
{
    packet *p = &ip->payload;
    if (p->captured < 40)
        return false;
    const uint8_t *h = p->data;
    size_t length = kw_load_be16(h + 4);
    ip->protocol = h[6];
    memcpy(ip->from.bytes, h + 8, 16);
    memcpy(ip->to.bytes, h + 24, 16);
    packet_skip(p, 40);
    if (length != 0) /* 0: a jumbogram, or a packet that the network card will segment */
        packet_limit(p, length);
    return ip_skip_extensions(ip);
}

bool ip_read(const packet *p, ip_packet *out)
{
    memset(out, 0, sizeof *out);
    if (p->captured == 0)
        return false;
    out->payload = *p;
    uint8_t version = p->data[0] >> 4;
    out->is_v6 = version == 6;
    return version == 4 ? read_v4(out) : version == 6 && read_v6(out);
}
