/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ADDRESS_SET_H
#define TOOLS_ADDRESS_SET_H

/* A set of addresses and ports, written as 10.0.0.1, 10.0.0.1:9092, 10.0.0.0/8, :9092, fe80::1 or [fe80::/10]:9092. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../capture/segment.h"

typedef struct address_range {
    ip_address address;
    unsigned bits; /* of the address that count; 0: any address, then is_v6 does not count either */
    bool is_v6;
    uint16_t port; /* 0: any */
} address_range;

enum { MOST_ADDRESSES = 16 };

/* All zero is the set of all addresses. */
typedef struct address_set {
    address_range ranges[MOST_ADDRESSES];
    int count;
} address_set;

/* Reads an element; false if the text is none. */
bool address_range_read(const char *text, address_range *out);

bool address_set_finds(const address_set *set, const endpoint *e); /* one of its ranges */

static inline bool address_set_has(const address_set *set, const endpoint *e)
{
    return set->count == 0 || address_set_finds(set, e);
}

#endif
