/* SPDX-License-Identifier: Apache-2.0 */
#include "crc_mixed.h"

#if KWI_CRC_ARM

#include <arm_neon.h>
#include <string.h>

#ifdef __linux__
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

/* Inline assembly, as compilers differ in how they offer the instructions as functions. */
#define CRC32(name, state, value, modifier) \
    __asm__(".arch_extension crc\n\t" name " %w0, %w0, %" modifier "1" : "+r"(state) : "r"(value))
#ifdef __clang__
#define MULTIPLICATION ".arch_extension aes\n\t"
#else
#define MULTIPLICATION ".arch_extension crypto\n\t"
#endif
#define MULTIPLY(name, width, product, a, b) \
    __asm__(MULTIPLICATION name " %0.1q, %1." width ", %2." width : "=w"(product) : "w"(a), "w"(b))

static bool has(unsigned long capabilities)
{
#ifdef __linux__
    return (getauxval(AT_HWCAP) & capabilities) == capabilities;
#else
    (void)capabilities;
    return true;
#endif
}

#ifndef __linux__
enum { HWCAP_CRC32 = 1, HWCAP_PMULL = 2 };
#endif

bool kwi_crc_has_instructions(void)
{
    return has(HWCAP_CRC32);
}

bool kwi_crc_has_fold(void)
{
    return has(HWCAP_CRC32 | HWCAP_PMULL);
}

#define BY_INSTRUCTION(function, suffix)                             \
    uint32_t function(uint32_t state, const uint8_t *p, size_t size) \
    {                                                                \
        for (; size >= 8; size -= 8, p += 8) {                       \
            uint64_t v;                                              \
            memcpy(&v, p, sizeof v);                                 \
            CRC32(suffix "x", state, v, "x");                        \
        }                                                            \
        for (; size != 0; size--) {                                  \
            uint32_t v = *p++;                                       \
            CRC32(suffix "b", state, v, "w");                        \
        }                                                            \
        return state;                                                \
    }

BY_INSTRUCTION(kwi_crc32c_by_instruction, "crc32c")
BY_INSTRUCTION(kwi_crc32_by_instruction, "crc32")
#undef BY_INSTRUCTION

/* `block` moved forward by the distance of `by`, onto `onto`. */
static inline uint8x16_t fold(uint8x16_t block, uint8x16_t by, uint8x16_t onto)
{
    uint8x16_t first;
    uint8x16_t second;
    MULTIPLY("pmull", "1d", first, block, by);
    MULTIPLY("pmull2", "2d", second, block, by);
    return veorq_u8(veorq_u8(first, second), onto);
}

size_t kwi_crc_by_fold(const kwi_crc_kind *kind, uint32_t state, const uint8_t *p, size_t size, uint8_t rest[16])
{
    const uint8_t *from = p;
    uint8x16_t a = veorq_u8(vld1q_u8(p), vreinterpretq_u8_u32(vsetq_lane_u32(state, vdupq_n_u32(0), 0)));
    uint8x16_t b = vld1q_u8(p + 16);
    uint8x16_t c = vld1q_u8(p + 32);
    uint8x16_t d = vld1q_u8(p + 48);
    uint8x16_t by = vreinterpretq_u8_u64(vld1q_u64(kind->fold[KWI_FOLD_64]));
    for (p += 64, size -= 64; size >= 64; p += 64, size -= 64) {
        a = fold(a, by, vld1q_u8(p));
        b = fold(b, by, vld1q_u8(p + 16));
        c = fold(c, by, vld1q_u8(p + 32));
        d = fold(d, by, vld1q_u8(p + 48));
    }
    by = vreinterpretq_u8_u64(vld1q_u64(kind->fold[KWI_FOLD_16]));
    d = fold(fold(fold(a, by, b), by, c), by, d);
    for (; size >= 16; p += 16, size -= 16)
        d = fold(d, by, vld1q_u8(p));
    vst1q_u8(rest, d);
    return (size_t)(p - from);
}

/* ---- folding and the instruction at once ---- */

bool kwi_crc_has_mixed(void)
{
    return kwi_crc_has_fold();
}

struct streams {
    const uint8_t *p; /* where the first one continues */
    size_t size;      /* of each */
    uint32_t a, b, c; /* registers */
};

static inline uint32_t crc32c(uint32_t state, const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    CRC32("crc32cx", state, v, "x");
    return state;
}

static inline void advance(struct streams *s)
{
    for (size_t i = 0; i < KWI_MIXED_STREAM; i += 8) {
        s->a = crc32c(s->a, s->p + i);
        s->b = crc32c(s->b, s->p + s->size + i);
        s->c = crc32c(s->c, s->p + 2 * s->size + i);
    }
    s->p += KWI_MIXED_STREAM;
}

static inline uint8x16_t move(uint32_t state, uint64_t factor)
{
    uint8x16_t product;
    uint8x16_t bytes = vreinterpretq_u8_u64(vsetq_lane_u64(state, vdupq_n_u64(0), 0));
    uint8x16_t by = vreinterpretq_u8_u64(vdupq_n_u64(factor));
    MULTIPLY("pmull", "1d", product, bytes, by);
    return product;
}

/* The register after the block; `folded` is what is left of its first part. */
static inline uint32_t combine(const kwi_crc_block *block, uint8x16_t folded, const struct streams *s)
{
    uint8x16_t last = veorq_u8(move(s->a, block->past_two), move(s->b, block->past_one));
    uint8_t bytes[16];
    vst1q_u8(bytes, fold(folded, vreinterpretq_u8_u64(vld1q_u64(block->past_three)), last));
    return crc32c(crc32c(0, bytes), bytes + 8) ^ s->c;
}

static uint32_t take_block(const kwi_crc_block *block, uint32_t state, const uint8_t *p)
{
    const kwi_crc_kind *kind = &kwi_crc32c_kind;
    struct streams s = {p + block->steps * KWI_MIXED_FOLDED, block->steps * KWI_MIXED_STREAM, 0, 0, 0};
    uint8x16_t a = veorq_u8(vld1q_u8(p), vreinterpretq_u8_u32(vsetq_lane_u32(state, vdupq_n_u32(0), 0)));
    uint8x16_t b = vld1q_u8(p + 16);
    uint8x16_t c = vld1q_u8(p + 32);
    uint8x16_t d = vld1q_u8(p + 48);
    uint8x16_t by = vreinterpretq_u8_u64(vld1q_u64(kind->fold[KWI_FOLD_64]));
    advance(&s);
    for (size_t i = 1; i < block->steps; i++) {
        p += KWI_MIXED_FOLDED;
        a = fold(a, by, vld1q_u8(p));
        b = fold(b, by, vld1q_u8(p + 16));
        c = fold(c, by, vld1q_u8(p + 32));
        d = fold(d, by, vld1q_u8(p + 48));
        advance(&s);
    }
    by = vreinterpretq_u8_u64(vld1q_u64(kind->fold[KWI_FOLD_16]));
    return combine(block, fold(fold(fold(a, by, b), by, c), by, d), &s);
}

size_t kwi_crc32c_by_mixed(uint32_t *state, const uint8_t *p, size_t size)
{
    return kwi_crc_take_blocks(kwi_crc32c_blocks, KWI_MIXED_STEP, take_block, state, p, size);
}

#else
typedef int kwi_crc_arm_unused;
#endif
