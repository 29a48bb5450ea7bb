/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LINK_H
#define TOOLS_LINK_H

/* The link layer's header before an IP packet. */

#include <stdbool.h>

#include "packet.h"

typedef enum link_type {
    LINK_ETHERNET,     /* with any number of VLAN tags, 802.1Q and 802.1ad */
    LINK_LOOPBACK,     /* BSD's NULL and LOOP: four bytes, the address family in either byte order */
    LINK_RAW,          /* none: the packet starts with its IP header */
    LINK_LINUX_COOKED, /* SLL: 16 bytes */
    LINK_LINUX_COOKED_2
} link_type;

/* Moves to the IP header. False if this is not an IP packet, or too little of it was captured. */
bool link_strip(link_type type, packet *p);

#endif
