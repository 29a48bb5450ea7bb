/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <kwire/endian.h>

enum { TYPE_IPV4 = 0x0800, TYPE_VLAN = 0x8100, TYPE_IPV6 = 0x86dd, TYPE_QINQ = 0x88a8, TYPE_QINQ_OLD = 0x9100 };

static bool is_vlan(uint16_t type)
{
    return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

/* A header of `size` bytes with an EtherType at `type_at`; VLAN tags may follow it. */
static bool strip(packet *p, size_t size, size_t type_at)
{
    if (p->captured < size)
        return false;
    uint16_t type = kw_load_be16(p->data + type_at);
    packet_skip(p, size);
    while (is_vlan(type) && p->captured >= 4) {
        type = kw_load_be16(p->data + 2);
        packet_skip(p, 4);
    }
    return type == TYPE_IPV4 || type == TYPE_IPV6;
}

/* The family is in the byte order of the capturing machine, and each system has its own number for IPv6. */
static bool strip_loopback(packet *p)
{
    if (p->captured < 5)
        return false;
    uint32_t family = kw_load_be32(p->data);
    if (family > UINT16_MAX)
        family = (family >> 24) | (family >> 8 & 0xff00);
    packet_skip(p, 4);
    bool ipv4 = family == 2;
    bool ipv6 = family == 10 || family == 24 || family == 28 || family == 30;
    return (ipv4 && p->data[0] >> 4 == 4) || (ipv6 && p->data[0] >> 4 == 6);
}

bool link_strip(link_type type, packet *p)
{
    switch (type) {
    case LINK_ETHERNET:
        return strip(p, 14, 12);
    case LINK_LOOPBACK:
        return strip_loopback(p);
    case LINK_RAW:
        return p->captured != 0;
    case LINK_LINUX_COOKED:
        return strip(p, 16, 14);
    case LINK_LINUX_COOKED_2:
        return strip(p, 20, 0);
    }
    return false;
}
