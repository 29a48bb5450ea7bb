/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_RECORDS_PUT_H
#define LIB_RECORDS_PUT_H

/* The parts of a record, written where they are known to fit. Each function returns the address after its output. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <kwire/export.h>

/* ---- varints ---- */

static inline uint32_t zigzag(int32_t v)
{
    return ((uint32_t)v << 1) ^ (v < 0 ? UINT32_MAX : 0);
}

static inline uint64_t zigzag_long(int64_t v)
{
    return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static inline size_t varlong_size(uint64_t v)
{
#if defined(__GNUC__) || defined(__clang__)
    return ((size_t)(63 - __builtin_clzll(v | 1)) * 9 + 73) / 64;
#else
    size_t n = 1;
    for (; v >= 0x80; v >>= 7)
        n++;
    return n;
#endif
}

static inline size_t varint_size(uint32_t v)
{
    return varlong_size(v);
}

static KW_NOINLINE uint8_t *put_long(uint8_t *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        *p++ = (uint8_t)(v | 0x80);
    *p++ = (uint8_t)v;
    return p;
}

static inline uint8_t *put(uint8_t *p, uint64_t v)
{
    p[0] = (uint8_t)v;
    if (KW_LIKELY(v < 0x80))
        return p + 1;
    if (KW_UNLIKELY(v >= 0x4000))
        return put_long(p, v);
    p[0] = (uint8_t)(v | 0x80);
    p[1] = (uint8_t)(v >> 7);
    return p + 2;
}

/* ---- keys and values ---- */

static inline size_t size_of(int32_t len)
{
    return len < 0 ? 0 : (size_t)len;
}

/* The length before a field: zigzag, -1 for null. */
static inline uint32_t length_of(int32_t len)
{
    return len < 0 ? 1 : (uint32_t)len << 1;
}

/* Keys are mostly short: for them, moves that overlap in the middle are faster than a call. */
static inline uint8_t *put_bytes(uint8_t *p, const void *data, int32_t len)
{
    const uint8_t *from = data;
    if (len > 16) {
        memcpy(p, from, (size_t)len);
    } else if (len >= 8) {
        memcpy(p, from, 8);
        memcpy(p + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(p, from, 4);
        memcpy(p + len - 4, from + len - 4, 4);
    } else {
        for (int32_t i = 0; i < len; i++)
            p[i] = from[i];
    }
    return p + size_of(len);
}

#endif
