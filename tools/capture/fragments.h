/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FRAGMENTS_H
#define TOOLS_FRAGMENTS_H

/* IP packets that were sent in pieces, of which a few at a time are put together again. */

#include <stdbool.h>
#include <stdint.h>

#include "ip.h"

enum { FRAGMENTS_OPEN = 32 }; /* packets in pieces at a time, of 72 KiB each; the oldest gives way */

struct datagram;

/* All zero is an empty table. */
typedef struct fragments {
    struct datagram *open[FRAGMENTS_OPEN];
    struct datagram *whole; /* what the last call returned */
    uint64_t incomplete;    /* packets given up */
} fragments;

/* Takes a piece. True if its packet is whole now: *ip has become that packet, valid until the next call. */
bool fragments_join(fragments *f, ip_packet *ip);

/* Gives up what is open. */
void fragments_finish(fragments *f);

#endif
