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

NARROW size_t kwi_crc_by_fold(const kwi_crc_kind *kind, uint32_t state, const uint8_t *p, size_t size, uint8_t rest[16])
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
    __m512i a = wide_load(p);
    __m512i b = wide_load(p + 64);
    __m512i c = wide_load(p + 128);
    __m512i d = wide_load(p + 192);
    __m512i e = wide_load(p + 256);
    __m512i f = wide_load(p + 320);
    __m512i g = wide_load(p + 384);
    __m512i h = wide_load(p + 448);
    a = _mm512_xor_si512(a, _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)state)));
    __m512i by = wide_factors(kind, KWI_FOLD_512);
    for (p += 512, size -= 512; size >= 512; p += 512, size -= 512) {
        a = wide_fold(a, by, wide_load(p));
        b = wide_fold(b, by, wide_load(p + 64));
        c = wide_fold(c, by, wide_load(p + 128));
        d = wide_fold(d, by, wide_load(p + 192));
        e = wide_fold(e, by, wide_load(p + 256));
        f = wide_fold(f, by, wide_load(p + 320));
        g = wide_fold(g, by, wide_load(p + 384));
        h = wide_fold(h, by, wide_load(p + 448));
    }
    by = wide_factors(kind, KWI_FOLD_256);
    a = wide_fold(a, by, e);
    b = wide_fold(b, by, f);
    c = wide_fold(c, by, g);
    d = wide_fold(d, by, h);
    by = wide_factors(kind, KWI_FOLD_128);
    a = wide_fold(a, by, c);
    b = wide_fold(b, by, d);
    by = wide_factors(kind, KWI_FOLD_64);
    a = wide_fold(a, by, b);
    for (; size >= 64; p += 64, size -= 64)
        a = wide_fold(a, by, wide_load(p));

    __m128i by_16 = load(kind->fold[KWI_FOLD_16]);
    __m128i end = _mm512_castsi512_si128(a);
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a, 1));
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a, 2));
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a, 3));
    for (; size >= 16; p += 16, size -= 16)
        end = fold(end, by_16, load(p));
    _mm_storeu_si128((void *)rest, end);
    return (size_t)(p - from);
}

#else
typedef int kwi_crc_x86_unused;
#endif
