/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SPECIAL_BYTES_H
#define TOOLS_SPECIAL_BYTES_H

/* Finds those of up to 64 bytes of UTF-8 that a JSON string must escape: quotes, backslashes, control characters. Those
 * of C1, U+0080 to U+009F, are two bytes of which the first, C1_LEAD, is marked, even if it leads another character;
 * the second is then C1_END or above.
 *
 * special_bytes() examines `size` <= 64 bytes, rounded up to a multiple of 16: bit i is byte i. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <kwire/endian.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { C1_LEAD = 0xc2, C1_END = 0xa0 };

static inline size_t lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return (size_t)__builtin_ctzll(bits);
#else
    size_t n = 0;
    for (; (bits & 1) == 0; bits >>= 1)
        n++;
    return n;
#endif
}

#if defined(__SSE2__)

static inline uint64_t special_bytes_of_16(const uint8_t *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));
    __m128i lead = _mm_cmpeq_epi8(v, _mm_set1_epi8((char)C1_LEAD));
    __m128i any = _mm_or_si128(_mm_or_si128(control, quote), _mm_or_si128(_mm_or_si128(backslash, del), lead));
    return (uint64_t)(unsigned)_mm_movemask_epi8(any);
}

static inline uint64_t special_bytes(const uint8_t p[64], size_t size)
{
    uint64_t bits = special_bytes_of_16(p);
    for (size_t i = 16; i < size; i += 16)
        bits |= special_bytes_of_16(p + i) << i;
    return bits;
}

#else

/* 0x80 in the place of every byte that is zero, 0 in the others. */
static inline uint64_t zero_bytes(uint64_t v)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    return ~(((v & low) + low) | v | low);
}

static inline uint64_t each(uint64_t byte)
{
    return UINT64_C(0x0101010101010101) * byte;
}

/* The product moves the mark of byte i to bit 56 + i. */
static inline uint64_t special_bytes_of_8(const uint8_t *p)
{
    uint64_t v = kw_load_be64(p);
    uint64_t any = zero_bytes(v & each(0xe0)) | zero_bytes(v ^ each('"')) | zero_bytes(v ^ each('\\')) |
                   zero_bytes(v ^ each(0x7f)) | zero_bytes(v ^ each(C1_LEAD));
    return (any >> 7) * UINT64_C(0x8040201008040201) >> 56;
}

static inline uint64_t special_bytes(const uint8_t p[64], size_t size)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i += 8)
        bits |= special_bytes_of_8(p + i) << i;
    return bits;
}

#endif

#endif
