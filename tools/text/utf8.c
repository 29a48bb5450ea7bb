/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <string.h>

static uint64_t load(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* The number of leading ASCII bytes, in steps of 32 and 8; a few may be missed. */
static size_t ascii_prefix(const uint8_t *p, size_t size)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t i = 0;
    while (size - i >= 32 && ((load(p + i) | load(p + i + 8) | load(p + i + 16) | load(p + i + 24)) & high) == 0)
        i += 32;
    while (size - i >= 8 && (load(p + i) & high) == 0)
        i += 8;
    return i;
}

static bool continues(const uint8_t *p, size_t count)
{
    for (size_t i = 1; i <= count; i++)
        if ((p[i] & 0xc0) != 0x80)
            return false;
    return true;
}

/* The size of the character at `p`, whose first byte is not ASCII; 0: it is invalid. */
static size_t long_character(const uint8_t *p, size_t size)
{
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return size >= 2 && continues(p, 1) ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef) {
        bool overlong = size >= 2 && p[0] == 0xe0 && p[1] < 0xa0;
        bool surrogate = size >= 2 && p[0] == 0xed && p[1] > 0x9f;
        return size >= 3 && continues(p, 2) && !overlong && !surrogate ? 3 : 0;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        bool overlong = size >= 2 && p[0] == 0xf0 && p[1] < 0x90;
        bool beyond = size >= 2 && p[0] == 0xf4 && p[1] > 0x8f;
        return size >= 4 && continues(p, 3) && !overlong && !beyond ? 4 : 0;
    }
    return 0;
}

bool utf8_valid(const uint8_t *data, size_t size)
{
    size_t i = 0;
    while (i < size) {
        i += ascii_prefix(data + i, size - i);
        if (i < size && data[i] < 0x80) {
            i++;
        } else if (i < size) {
            size_t n = long_character(data + i, size - i);
            if (n == 0)
                return false;
            i += n;
        }
    }
    return true;
}
