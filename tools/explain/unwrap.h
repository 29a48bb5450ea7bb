/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_UNWRAP_H
#define TOOLS_UNWRAP_H

/* A packet that was pasted whole, as tcpdump -x and Wireshark show it: the headers before what TCP carries. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct unwrapped {
    size_t at;           /* what TCP carries starts here, */
    size_t size;         /* and has this many bytes; what follows is padding */
    const char *headers; /* e.g. "Ethernet, IPv4 and TCP headers"; static storage */
} unwrapped;

/* Whether `data` is one whole packet, or the start of one that was cut. */
bool unwrap_packet(const uint8_t *data, size_t size, unwrapped *out);

#endif
