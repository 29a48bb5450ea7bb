/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FRAGMENTS_H
#define TOOLS_FRAGMENTS_H

/* Reassembles fragmented IP packets, a few at a time. */

#include <stdbool.h>
#include <stdint.h>

#include "ip.h"

enum { FRAGMENTS_OPEN = 32 }; /* fragmented packets at a time, of 72 KiB each; the oldest is dropped */

struct datagram;

/* All zero is an empty table. */
typedef struct fragments {
    struct datagram *open[FRAGMENTS_OPEN];
    struct datagram *whole; /* what the last call returned */
    uint64_t incomplete;    /* packets dropped */
} fragments;

/* Adds a fragment. True if its packet is complete: *ip is that packet then, valid until the next call. */
bool fragments_join(fragments *f, ip_packet *ip);

/* Drops incomplete packets. */
void fragments_finish(fragments *f);

#endif
