/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

/* What may come after a first byte: the number of bytes, and the range of the first of them. */
typedef struct shape {
    uint8_t more;
    uint8_t low;
    uint8_t high;
} shape;

static shape shape_of(uint8_t first)
{
    shape s = {0, 0x80, 0xbf};
    if (first >= 0xc2 && first <= 0xdf)
        s.more = 1;
    else if (first >= 0xe0 && first <= 0xef)
        s.more = 2;
    else if (first >= 0xf0 && first <= 0xf4)
        s.more = 3;
    if (first == 0xe0)
        s.low = 0xa0;
    else if (first == 0xf0)
        s.low = 0x90;
    else if (first == 0xf4)
        s.high = 0x8f;
    return s;
}

static bool is_surrogate(const uint8_t *text)
{
    return text[0] == 0xed && text[1] >= 0xa0;
}

size_t kwi_utf8_next(const uint8_t *text, size_t size, bool *valid)
{
    *valid = text[0] < 0x80;
    shape s = shape_of(text[0]);
    size_t n = 1;
    for (; n <= s.more && n < size; n++)
        if (n == 1 ? text[n] < s.low || text[n] > s.high : (text[n] & 0xc0) != 0x80)
            return n;
    /* Java counts all bytes of a surrogate as one error, others count each byte. */
    if (s.more != 0 && n == (size_t)s.more + 1)
        *valid = !is_surrogate(text);
    return n;
}
