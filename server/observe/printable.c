/* SPDX-License-Identifier: Apache-2.0 */
#include "printable.h"

#include <stdint.h>
#include <string.h>

/* Bytes of the character that starts here, 0 if none does. Overlong forms, surrogates and what is beyond U+10FFFF are
 * no characters: the second byte shows it. */
static size_t character_size(const uint8_t *p, size_t left)
{
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return size;
}

static int is_control(const uint8_t *p, size_t size)
{
    return size == 1 ? *p < ' ' || *p == 0x7f : size == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

void make_printable(char *text, size_t size)
{
    uint8_t *p = (uint8_t *)text;
    for (size_t at = 0, step; at < size; at += step) {
        step = character_size(p + at, size - at);
        if (step == 0 || is_control(p + at, step)) {
            step = step == 0 ? 1 : step;
            memset(p + at, '?', step);
        }
    }
}
