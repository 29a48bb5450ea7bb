/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "printable.h"

/* The first character, of more than one byte, and its size; 0 if it is not UTF-8. */
static uint32_t read_character(const uint8_t *p, size_t size, size_t *taken)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] >= 0xf0 && p[0] < 0xf8 ? 4 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xc0 && p[0] < 0xe0 ? 2 : 0;
    if (n == 0 || n > size)
        return 0;
    uint32_t c = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    *taken = n;
    return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? c : 0;
}

/* Characters that are invisible, or change how others are shown: controls, line and direction marks, private use. */
static bool is_hidden(uint32_t c)
{
    return c < 0xa0 || c == 0xad || c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || (c >= 0xe000 && c <= 0xf8ff) || c == 0xfeff ||
           (c >= 0xfff0 && c <= 0xffff) || c >= 0xe0000;
}

static size_t escape(char to[PRINTABLE_SIZE], uint8_t c)
{
    static const char letters[] = "\"\"\\\\\nn\rr\tt";
    for (size_t i = 0; letters[i] != '\0'; i += 2) {
        if ((uint8_t)letters[i] == c) {
            to[0] = '\\';
            to[1] = letters[i + 1];
            return 2;
        }
    }
    return (size_t)snprintf(to, PRINTABLE_SIZE, "\\x%02x", c);
}

size_t printable_next(const uint8_t *data, size_t size, char to[PRINTABLE_SIZE], size_t *taken)
{
    uint8_t c = data[0];
    *taken = 1;
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
        to[0] = (char)c;
        return 1;
    }
    size_t n = 1;
    if (c >= 0x80 && !is_hidden(read_character(data, size, &n))) {
        memcpy(to, data, n);
        *taken = n;
        return n;
    }
    return escape(to, c);
}

bool printable_text(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] > ' ' && data[i] <= '~')
            return printable_all(data, size);
    return false;
}

bool printable_all(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint8_t c = data[at];
        size_t n = 1;
        if (c < 0x80 ? (c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f
                     : is_hidden(read_character(data + at, size - at, &n)))
            return false;
        at += n;
    }
    return size != 0;
}
