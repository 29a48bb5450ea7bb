/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_of_key.h"

#include <stdbool.h>
#include <stddef.h>

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

/* Stores the character at the start of the bytes, and returns how many bytes it takes. */
static size_t decode(const uint8_t *bytes, size_t size, uint32_t *character)
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

int32_t java_hash(kw_string key)
{
    uint32_t hash = 0, c;
    for (size_t at = 0, size = key.len > 0 ? (size_t)key.len : 0; at < size;) {
        at += decode((const uint8_t *)key.data + at, size - at, &c);
        if (c >= 0x10000) {
            hash = 31 * hash + (0xd800 + ((c - 0x10000) >> 10));
            c = 0xdc00 + ((c - 0x10000) & 0x3ff);
        }
        hash = 31 * hash + c;
    }
    return (int32_t)hash;
}

int32_t partition_of_key(kw_string key, int32_t partitions)
{
    int32_t hash = java_hash(key);
    if (hash == INT32_MIN)
        return 0;
    return (hash < 0 ? -hash : hash) % partitions;
}
