/* SPDX-License-Identifier: Apache-2.0 */
#include "java_text.h"

#include <stdbool.h>

enum { REPLACEMENT = 0xfffd };

static bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

/* Bytes of the character that starts so; 0: none does. */
static size_t length_of(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

static bool may_be_second(uint8_t first, uint8_t second)
{
    if ((second & 0xc0) != 0x80)
        return false;
    if (first == 0xe0)
        return second >= 0xa0;
    if (first == 0xf0)
        return second >= 0x90;
    return first != 0xf4 || second < 0x90;
}

size_t java_character(const uint8_t *bytes, size_t size, uint32_t *character)
{
    size_t length = length_of(bytes[0]), have = 1;
    uint32_t c = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (; have < length && have < size; have++) {
        if (have == 1 ? !may_be_second(bytes[0], bytes[1]) : (bytes[have] & 0xc0) != 0x80)
            break;
        c = c << 6 | (bytes[have] & 0x3f);
    }
    *character = have == length && !is_surrogate(c) ? c : REPLACEMENT;
    return have;
}

size_t java_units(uint32_t character, uint16_t units[2])
{
    if (character < 0x10000) {
        units[0] = (uint16_t)character;
        return 1;
    }
    units[0] = (uint16_t)(0xd800 + ((character - 0x10000) >> 10));
    units[1] = (uint16_t)(0xdc00 + ((character - 0x10000) & 0x3ff));
    return 2;
}

/* Two characters that differ: by their first units; if these are equal, both have two. */
static int compare_characters(uint32_t a, uint32_t b)
{
    uint16_t of_a[2], of_b[2];
    (void)java_units(a, of_a);
    (void)java_units(b, of_b);
    return of_a[0] != of_b[0] ? of_a[0] - of_b[0] : of_a[1] - of_b[1];
}

int java_compare(kw_string a, kw_string b)
{
    size_t size_a = a.len > 0 ? (size_t)a.len : 0, size_b = b.len > 0 ? (size_t)b.len : 0, at_a = 0, at_b = 0;
    while (at_a < size_a && at_b < size_b) {
        uint32_t in_a, in_b;
        at_a += java_character((const uint8_t *)a.data + at_a, size_a - at_a, &in_a);
        at_b += java_character((const uint8_t *)b.data + at_b, size_b - at_b, &in_b);
        if (in_a != in_b)
            return compare_characters(in_a, in_b);
    }
    return (at_a < size_a) - (at_b < size_b);
}
