/* SPDX-License-Identifier: Apache-2.0 */
#include "hex.h"

/* One more than the digit's value; 0 for other characters. */
static const uint8_t digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static unsigned digit_at(const char *text, size_t at)
{
    return digits[(uint8_t)text[at]] - 1u;
}

bool hex_decode(uint8_t *to, const char *text, size_t size)
{
    unsigned all = 0;
    for (size_t i = 0; i < size / 2; i++) {
        unsigned high = digit_at(text, 2 * i);
        unsigned low = digit_at(text, 2 * i + 1);
        all |= high | low;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return all < 16 && size % 2 == 0;
}

size_t hex_error_at(const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && digit_at(text, i) < 16)
        i++;
    return i / 2;
}

void hex_encode(kw_writer *out, const uint8_t *data, size_t size)
{
    static const char alphabet[] = "0123456789abcdef";
    char block[512];
    while (size != 0) {
        size_t n = size < sizeof block / 2 ? size : sizeof block / 2;
        for (size_t i = 0; i < n; i++) {
            block[2 * i] = alphabet[data[i] >> 4];
            block[2 * i + 1] = alphabet[data[i] & 15];
        }
        kw_write_raw(out, block, 2 * n);
        data += n;
        size -= n;
    }
}
