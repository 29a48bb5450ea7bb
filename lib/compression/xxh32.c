/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#define PRIME_1 2654435761u
#define PRIME_2 2246822519u
#define PRIME_3 3266489917u
#define PRIME_4 668265263u
#define PRIME_5 374761393u

static uint32_t load_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint32_t rotate(uint32_t v, int bits)
{
    return v << bits | v >> (32 - bits);
}

static uint32_t round_of(uint32_t lane, const uint8_t *p)
{
    return rotate(lane + load_le32(p) * PRIME_2, 13) * PRIME_1;
}

uint32_t kwi_xxh32(const uint8_t *p, size_t size)
{
    uint32_t hash = PRIME_5;
    size_t left = size;
    if (left >= 16) {
        uint32_t a = PRIME_1 + PRIME_2;
        uint32_t b = PRIME_2;
        uint32_t c = 0;
        uint32_t d = 0u - PRIME_1;
        for (; left >= 16; left -= 16, p += 16) {
            a = round_of(a, p);
            b = round_of(b, p + 4);
            c = round_of(c, p + 8);
            d = round_of(d, p + 12);
        }
        hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    }
    hash += (uint32_t)size;
    for (; left >= 4; left -= 4, p += 4)
        hash = rotate(hash + load_le32(p) * PRIME_3, 17) * PRIME_4;
    for (; left != 0; left--)
        hash = rotate(hash + *p++ * PRIME_5, 11) * PRIME_1;
    hash = (hash ^ hash >> 15) * PRIME_2;
    hash = (hash ^ hash >> 13) * PRIME_3;
    return hash ^ hash >> 16;
}
