/* SPDX-License-Identifier: Apache-2.0 */
#include "crc_kind.h"

#if KWI_CRC_X86

#include <immintrin.h>
#include <string.h>

#define NARROW __attribute__((target("sse4.2,pclmul")))
#define WIDE __attribute__((target("avx512f,vpclmulqdq,pclmul,sse4.2")))

bool kwi_crc_has_instructions(void)
{
    return __builtin_cpu_supports("sse4.2") != 0;
}

bool kwi_crc_has_fold(void)
{
    return __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.2") != 0;
}

bool kwi_crc_has_wide_fold(void)
{
    return __builtin_cpu_supports("vpclmulqdq") != 0 && __builtin_cpu_supports("avx512f") != 0;
}

NARROW uint32_t kwi_crc32c_by_instruction(uint32_t state, const uint8_t *p, size_t size)
{
    uint64_t wide = state;
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        wide = _mm_crc32_u64(wide, v);
    }
    state = (uint32_t)wide;
    if (size >= 4) {
        uint32_t v;
        memcpy(&v, p, sizeof v);
        state = _mm_crc32_u32(state, v);
        size -= 4;
        p += 4;
    }
    for (; size != 0; size--)
        state = _mm_crc32_u8(state, *p++);
    return state;
}

/* ---- blocks of 16 bytes ---- */

NARROW static inline __m128i load(const void *p)
{
    return _mm_loadu_si128(p);
}

/* `block` moved forward by the distance of `by`, onto `onto`. */
NARROW static inline __m128i fold(__m128i block, __m128i by, __m128i onto)
{
    __m128i first = _mm_clmulepi64_si128(block, by, 0x00);
    __m128i second = _mm_clmulepi64_si128(block, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(first, second), onto);
}

NARROW size_t kwi_crc_by_fold(const kwi_crc_kind *kind, uint32_t state, const uint8_t *p, size_t size,
                              uint8_t rest[16])
{
    const uint8_t *from = p;
    __m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128((int)state));
    __m128i b = load(p + 16);
    __m128i c = load(p + 32);
    __m128i d = load(p + 48);
    __m128i by = load(kind->fold[KWI_FOLD_64]);
    for (p += 64, size -= 64; size >= 64; p += 64, size -= 64) {
        a = fold(a, by, load(p));
        b = fold(b, by, load(p + 16));
        c = fold(c, by, load(p + 32));
        d = fold(d, by, load(p + 48));
    }
    by = load(kind->fold[KWI_FOLD_16]);
    d = fold(fold(fold(a, by, b), by, c), by, d);
    for (; size >= 16; p += 16, size -= 16)
        d = fold(d, by, load(p));
    _mm_storeu_si128((void *)rest, d);
    return (size_t)(p - from);
}

/* ---- four of them at a time ---- */

WIDE static inline __m512i wide_load(const void *p)
{
    return _mm512_loadu_si512(p);
}

WIDE static inline __m512i wide_factors(const kwi_crc_kind *kind, int distance)
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)kind->fold[distance]));
}

WIDE static inline __m512i wide_fold(__m512i block, __m512i by, __m512i onto)
{
    enum { XOR_OF_THREE = 0x96 };
    __m512i first = _mm512_clmulepi64_epi128(block, by, 0x00);
    __m512i second = _mm512_clmulepi64_epi128(block, by, 0x11);
    return _mm512_ternarylogic_epi64(first, second, onto, XOR_OF_THREE);
}

WIDE size_t kwi_crc_by_wide_fold(const kwi_crc_kind *kind, uint32_t state, const uint8_t *p, size_t size,
                                 uint8_t rest[16])
{
    const uint8_t *from = p;
    __m512i a[8];
    for (int i = 0; i < 8; i++)
        a[i] = wide_load(p + 64 * i);
    a[0] = _mm512_xor_si512(a[0], _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)state)));
    __m512i by = wide_factors(kind, KWI_FOLD_512);
    for (p += 512, size -= 512; size >= 512; p += 512, size -= 512)
        for (int i = 0; i < 8; i++)
            a[i] = wide_fold(a[i], by, wide_load(p + 64 * i));

    by = wide_factors(kind, KWI_FOLD_256);
    for (int i = 0; i < 4; i++)
        a[i] = wide_fold(a[i], by, a[i + 4]);
    by = wide_factors(kind, KWI_FOLD_128);
    a[0] = wide_fold(a[0], by, a[2]);
    a[1] = wide_fold(a[1], by, a[3]);
    by = wide_factors(kind, KWI_FOLD_64);
    a[0] = wide_fold(a[0], by, a[1]);
    for (; size >= 64; p += 64, size -= 64)
        a[0] = wide_fold(a[0], by, wide_load(p));

    __m128i by_16 = load(kind->fold[KWI_FOLD_16]);
    __m128i end = _mm512_castsi512_si128(a[0]);
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a[0], 1));
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a[0], 2));
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a[0], 3));
    for (; size >= 16; p += 16, size -= 16)
        end = fold(end, by_16, load(p));
    _mm_storeu_si128((void *)rest, end);
    return (size_t)(p - from);
}

#else
typedef int kwi_crc_x86_unused;
#endif
