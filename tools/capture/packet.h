/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PACKET_H
#define TOOLS_PACKET_H

/* A packet on its way up: each layer moves the front past its own header. */

#include <stddef.h>
#include <stdint.h>

typedef struct packet {
    const uint8_t *data;
    size_t captured; /* bytes at data; fewer than `size` where the capture cut the packet */
    size_t size;     /* bytes that were on the wire */
    int64_t time;    /* ns since 1970 */
} packet;

/* Drops `n` bytes, which must have been captured, from the front. */
static inline void packet_skip(packet *p, size_t n)
{
    p->data += n;
    p->captured -= n;
    p->size -= n;
}

/* Drops what follows the first `n` bytes on the wire, for example Ethernet's padding. */
static inline void packet_limit(packet *p, size_t n)
{
    p->size = n < p->size ? n : p->size;
    p->captured = n < p->captured ? n : p->captured;
}

#endif
