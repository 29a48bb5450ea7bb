/* SPDX-License-Identifier: Apache-2.0 */
#include "partition_of_key.h"

#include <stddef.h>

#include "java_text.h"

int32_t java_hash(kw_string key)
{
    uint32_t hash = 0, c;
    uint16_t units[2];
    for (size_t at = 0, size = key.len > 0 ? (size_t)key.len : 0; at < size;) {
        at += java_character((const uint8_t *)key.data + at, size - at, &c);
        size_t count = java_units(c, units);
        for (size_t i = 0; i < count; i++)
            hash = 31 * hash + units[i];
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
