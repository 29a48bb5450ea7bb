/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrap.h"

#include "../capture/ip.h"
#include "../capture/link.h"
#include "../capture/segment.h"

/* Of a packet that is shorter than Ethernet allows. */
enum { MOST_PADDING = 46 };

static const struct {
    link_type type;
    const char *with_v4;
    const char *with_v6;
} links[] = {
    {LINK_RAW, "IPv4 and TCP headers", "IPv6 and TCP headers"},
    {LINK_ETHERNET, "Ethernet, IPv4 and TCP headers", "Ethernet, IPv6 and TCP headers"},
    {LINK_LINUX_COOKED, "Linux cooked, IPv4 and TCP headers", "Linux cooked, IPv6 and TCP headers"},
    {LINK_LINUX_COOKED_2, "Linux cooked, IPv4 and TCP headers", "Linux cooked, IPv6 and TCP headers"},
    {LINK_LOOPBACK, "loopback, IPv4 and TCP headers", "loopback, IPv6 and TCP headers"},
};

/* The length in the IP header is that of the packet, but for padding, or more where the packet was cut. */
static bool has_its_length(const packet *ip)
{
    if (ip->captured < 20)
        return false;
    size_t length = (size_t)ip->data[2] << 8 | ip->data[3];
    if (ip->data[0] >> 4 == 6)
        length = 40 + ((size_t)ip->data[4] << 8 | ip->data[5]);
    return length >= ip->captured || ip->captured - length <= MOST_PADDING;
}

static bool unwrap(link_type type, const uint8_t *data, size_t size, unwrapped *out, bool *is_v6)
{
    packet p = {.data = data, .captured = size, .size = size};
    ip_packet ip;
    segment s;
    if (!link_strip(type, &p) || !has_its_length(&p) || !ip_read(&p, &ip) || ip_is_fragment(&ip) ||
        !segment_read(&ip, &s))
        return false;
    out->at = (size_t)(s.payload.data - data);
    out->size = s.payload.captured;
    *is_v6 = ip.is_v6;
    return true;
}

bool unwrap_packet(const uint8_t *data, size_t size, unwrapped *out)
{
    bool is_v6;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        if (!unwrap(links[i].type, data, size, out, &is_v6))
            continue;
        out->headers = is_v6 ? links[i].with_v6 : links[i].with_v4;
        return true;
    }
    return false;
}
