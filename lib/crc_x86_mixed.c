/* SPDX-License-Identifier: Apache-2.0 */
#include "crc_mixed.h"

#if KWI_CRC_X86

#include <immintrin.h>
#include <string.h>

#define NARROW __attribute__((target("avx,pclmul,sse4.2")))
#define WIDE __attribute__((target("avx2,vpclmulqdq,pclmul,sse4.2")))

#define WIDEST __attribute__((target("avx512f,vpclmulqdq,pclmul,sse4.2")))

/* What a step takes: bytes that are folded, and of each stream. */
enum { WIDE_FOLDED = 128, WIDEST_FOLDED = 256, WIDE_STREAM = 40 };

static const kwi_crc_block wide_blocks[2] = {
    {64, {0x8ee575b900000000u, 0xb1d4f7ff00000000u}, 0x4b9fba3300000000u, 0x5370837900000000u},
    {8, {0xf8f3eec000000000u, 0xc520d38c00000000u}, 0xb41cbe7b00000000u, 0xab37b19200000000u},
};
static const kwi_crc_block widest_blocks[2] = {
    {40, {0x7f00c44f00000000u, 0xa3cb73c100000000u}, 0x7914315800000000u, 0x200417e300000000u},
    {8, {0xf8f3eec000000000u, 0xc520d38c00000000u}, 0xb41cbe7b00000000u, 0xab37b19200000000u},
};

struct streams {
    const uint8_t *p; /* where the first one continues */
    size_t size;      /* of each */
    uint64_t a, b, c; /* registers */
};

NARROW static inline uint64_t crc32(uint64_t state, const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return _mm_crc32_u64(state, v);
}

NARROW static inline void take_word(struct streams *s, size_t at)
{
    s->a = crc32(s->a, s->p + at);
    s->b = crc32(s->b, s->p + s->size + at);
    s->c = crc32(s->c, s->p + 2 * s->size + at);
}

NARROW static inline void advance(struct streams *s, size_t size)
{
    take_word(s, 0);
    take_word(s, 8);
    take_word(s, 16);
    take_word(s, 24);
    if (size == WIDE_STREAM)
        take_word(s, 32);
    s->p += size;
}

NARROW static inline __m128i load(const void *p)
{
    return _mm_loadu_si128(p);
}

/* `bytes` moved forward by the distance of `by`, onto `onto`. */
NARROW static inline __m128i fold(__m128i bytes, __m128i by, __m128i onto)
{
    __m128i first = _mm_clmulepi64_si128(bytes, by, 0x00);
    __m128i second = _mm_clmulepi64_si128(bytes, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(first, second), onto);
}

NARROW static inline __m128i move(uint64_t state, uint64_t factor)
{
    return _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)state), _mm_cvtsi64_si128((long long)factor), 0x00);
}

/* The register after the block; `folded` is what is left of its first part. */
NARROW static inline uint32_t combine(const kwi_crc_block *block, __m128i folded, const struct streams *s)
{
    __m128i last = _mm_xor_si128(move(s->a, block->past_two), move(s->b, block->past_one));
    last = fold(folded, load(block->past_three), last);
    uint64_t state = _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(last));
    return (uint32_t)(_mm_crc32_u64(state, (uint64_t)_mm_extract_epi64(last, 1)) ^ s->c);
}

NARROW static uint32_t narrow_block(const kwi_crc_block *block, uint32_t state, const uint8_t *p)
{
    const kwi_crc_kind *kind = &kwi_crc32c_kind;
    struct streams s = {p + block->steps * KWI_MIXED_FOLDED, block->steps * KWI_MIXED_STREAM, 0, 0, 0};
    __m128i a = _mm_xor_si128(load(p), _mm_cvtsi32_si128((int)state));
    __m128i b = load(p + 16);
    __m128i c = load(p + 32);
    __m128i d = load(p + 48);
    __m128i by = load(kind->fold[KWI_FOLD_64]);
    advance(&s, KWI_MIXED_STREAM);
    for (size_t i = 1; i < block->steps; i++) {
        p += KWI_MIXED_FOLDED;
        a = fold(a, by, load(p));
        b = fold(b, by, load(p + 16));
        c = fold(c, by, load(p + 32));
        d = fold(d, by, load(p + 48));
        advance(&s, KWI_MIXED_STREAM);
    }
    by = load(kind->fold[KWI_FOLD_16]);
    return combine(block, fold(fold(fold(a, by, b), by, c), by, d), &s);
}

WIDE static inline __m256i wide_load(const void *p)
{
    return _mm256_loadu_si256(p);
}

WIDE static inline __m256i wide_factors(const uint64_t factors[2])
{
    return _mm256_broadcastsi128_si256(load(factors));
}

WIDE static inline __m256i wide_fold(__m256i bytes, __m256i by, __m256i onto)
{
    __m256i first = _mm256_clmulepi64_epi128(bytes, by, 0x00);
    __m256i second = _mm256_clmulepi64_epi128(bytes, by, 0x11);
    return _mm256_xor_si256(_mm256_xor_si256(first, second), onto);
}

WIDE static uint32_t wide_block(const kwi_crc_block *block, uint32_t state, const uint8_t *p)
{
    const kwi_crc_kind *kind = &kwi_crc32c_kind;
    struct streams s = {p + block->steps * WIDE_FOLDED, block->steps * WIDE_STREAM, 0, 0, 0};
    __m256i a = _mm256_xor_si256(wide_load(p), _mm256_zextsi128_si256(_mm_cvtsi32_si128((int)state)));
    __m256i b = wide_load(p + 32);
    __m256i c = wide_load(p + 64);
    __m256i d = wide_load(p + 96);
    __m256i by = wide_factors(kind->fold[KWI_FOLD_128]);
    advance(&s, WIDE_STREAM);
    for (size_t i = 1; i < block->steps; i++) {
        p += WIDE_FOLDED;
        a = wide_fold(a, by, wide_load(p));
        b = wide_fold(b, by, wide_load(p + 32));
        c = wide_fold(c, by, wide_load(p + 64));
        d = wide_fold(d, by, wide_load(p + 96));
        advance(&s, WIDE_STREAM);
    }
    by = wide_factors(kind->fold[KWI_FOLD_64]);
    a = wide_fold(a, by, c);
    b = wide_fold(b, by, d);
    __m128i by_16 = load(kind->fold[KWI_FOLD_16]);
    __m128i end = fold(_mm256_castsi256_si128(a), by_16, _mm256_extracti128_si256(a, 1));
    end = fold(end, by_16, _mm256_castsi256_si128(b));
    end = fold(end, by_16, _mm256_extracti128_si256(b, 1));
    return combine(block, end, &s);
}

WIDEST static inline __m512i widest_load(const void *p)
{
    return _mm512_loadu_si512(p);
}

WIDEST static inline __m512i widest_factors(const uint64_t factors[2])
{
    return _mm512_broadcast_i32x4(load(factors));
}

WIDEST static inline __m512i widest_fold(__m512i bytes, __m512i by, __m512i onto)
{
    enum { XOR_OF_THREE = 0x96 };
    __m512i first = _mm512_clmulepi64_epi128(bytes, by, 0x00);
    __m512i second = _mm512_clmulepi64_epi128(bytes, by, 0x11);
    return _mm512_ternarylogic_epi64(first, second, onto, XOR_OF_THREE);
}

WIDEST static uint32_t widest_block(const kwi_crc_block *block, uint32_t state, const uint8_t *p)
{
    const kwi_crc_kind *kind = &kwi_crc32c_kind;
    struct streams s = {p + block->steps * WIDEST_FOLDED, block->steps * WIDE_STREAM, 0, 0, 0};
    __m512i a = _mm512_xor_si512(widest_load(p), _mm512_zextsi128_si512(_mm_cvtsi32_si128((int)state)));
    __m512i b = widest_load(p + 64);
    __m512i c = widest_load(p + 128);
    __m512i d = widest_load(p + 192);
    __m512i by = widest_factors(kind->fold[KWI_FOLD_256]);
    advance(&s, WIDE_STREAM);
    for (size_t i = 1; i < block->steps; i++) {
        p += WIDEST_FOLDED;
        a = widest_fold(a, by, widest_load(p));
        b = widest_fold(b, by, widest_load(p + 64));
        c = widest_fold(c, by, widest_load(p + 128));
        d = widest_fold(d, by, widest_load(p + 192));
        advance(&s, WIDE_STREAM);
    }
    by = widest_factors(kind->fold[KWI_FOLD_128]);
    a = widest_fold(a, by, c);
    b = widest_fold(b, by, d);
    by = widest_factors(kind->fold[KWI_FOLD_64]);
    a = widest_fold(a, by, b);
    __m128i by_16 = load(kind->fold[KWI_FOLD_16]);
    __m128i end = fold(_mm512_castsi512_si128(a), by_16, _mm512_extracti32x4_epi32(a, 1));
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a, 2));
    end = fold(end, by_16, _mm512_extracti32x4_epi32(a, 3));
    return combine(block, end, &s);
}

bool kwi_crc_has_mixed(void)
{
    return __builtin_cpu_supports("avx") != 0 && kwi_crc_has_fold();
}

bool kwi_crc_has_wide_mixed(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("vpclmulqdq") != 0;
}

size_t kwi_crc32c_by_mixed(uint32_t *state, const uint8_t *p, size_t size)
{
    return kwi_crc_take_blocks(kwi_crc32c_blocks, KWI_MIXED_STEP, narrow_block, state, p, size);
}

size_t kwi_crc32c_by_wide_mixed(uint32_t *state, const uint8_t *p, size_t size)
{
    return kwi_crc_take_blocks(wide_blocks, WIDE_FOLDED + 3 * WIDE_STREAM, wide_block, state, p, size);
}

size_t kwi_crc32c_by_widest_mixed(uint32_t *state, const uint8_t *p, size_t size)
{
    return kwi_crc_take_blocks(widest_blocks, WIDEST_FOLDED + 3 * WIDE_STREAM, widest_block, state, p, size);
}

#else
typedef int kwi_crc_x86_mixed_unused;
#endif
