/* SPDX-License-Identifier: Apache-2.0 */
#include "base64.h"

#define NONE 64u

static uint32_t digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : NONE;
}

bool base64_decode(uint8_t *to, size_t *to_size, const char *text, size_t size)
{
    *to_size = 0;
    if (size % 4 != 0)
        return false;
    size_t padding = size == 0 || text[size - 1] != '=' ? 0 : text[size - 2] != '=' ? 1 : 2;
    size_t n = 0;
    for (size_t i = 0; i < size; i += 4) {
        size_t pad = i + 4 == size ? padding : 0;
        uint32_t a = digit(text[i]);
        uint32_t b = digit(text[i + 1]);
        uint32_t c = pad == 2 ? 0 : digit(text[i + 2]);
        uint32_t d = pad != 0 ? 0 : digit(text[i + 3]);
        if ((a | b | c | d) >= NONE)
            return false;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        to[n++] = (uint8_t)(bits >> 16);
        if (pad < 2)
            to[n++] = (uint8_t)(bits >> 8);
        if (pad < 1)
            to[n++] = (uint8_t)bits;
    }
    *to_size = n;
    return true;
}

size_t base64_encode(char *to, const uint8_t *data, size_t size)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *p = to;
    for (; size >= 3; data += 3, size -= 3, p += 4) {
        uint32_t bits = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];
        p[0] = alphabet[bits >> 18];
        p[1] = alphabet[bits >> 12 & 63];
        p[2] = alphabet[bits >> 6 & 63];
        p[3] = alphabet[bits & 63];
    }
    if (size != 0) {
        uint32_t bits = (uint32_t)data[0] << 16 | (size == 2 ? (uint32_t)data[1] << 8 : 0);
        p[0] = alphabet[bits >> 18];
        p[1] = alphabet[bits >> 12 & 63];
        p[2] = size == 2 ? alphabet[bits >> 6 & 63] : '=';
        p[3] = '=';
        p += 4;
    }
    return (size_t)(p - to);
}
