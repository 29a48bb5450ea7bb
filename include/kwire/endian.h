/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_ENDIAN_H
#define KWIRE_ENDIAN_H

/* Big-endian loads and stores at any alignment. Compilers turn each into one load or store and a byte swap. */

#include <stdint.h>
#include <string.h>

#include <kwire/export.h>

KW_BEGIN_DECLS

/* Private: bytes in memory as a number in host order, and back. */
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define KWI_SWAPPED_16(v) __builtin_bswap16(v)
#define KWI_SWAPPED_32(v) __builtin_bswap32(v)
#define KWI_SWAPPED_64(v) __builtin_bswap64(v)
#elif defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define KWI_SWAPPED_16(v) (v)
#define KWI_SWAPPED_32(v) (v)
#define KWI_SWAPPED_64(v) (v)
#endif

#ifdef KWI_SWAPPED_16

KW_INLINE uint16_t kw_load_be16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return KWI_SWAPPED_16(v);
}

KW_INLINE uint32_t kw_load_be32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return KWI_SWAPPED_32(v);
}

KW_INLINE uint64_t kw_load_be64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return KWI_SWAPPED_64(v);
}

KW_INLINE void kw_store_be16(uint8_t *p, uint16_t v)
{
    v = KWI_SWAPPED_16(v);
    memcpy(p, &v, sizeof v);
}

KW_INLINE void kw_store_be32(uint8_t *p, uint32_t v)
{
    v = KWI_SWAPPED_32(v);
    memcpy(p, &v, sizeof v);
}

KW_INLINE void kw_store_be64(uint8_t *p, uint64_t v)
{
    v = KWI_SWAPPED_64(v);
    memcpy(p, &v, sizeof v);
}

#else

KW_INLINE uint16_t kw_load_be16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

KW_INLINE uint32_t kw_load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

KW_INLINE uint64_t kw_load_be64(const uint8_t *p)
{
    return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
           (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | p[7];
}

KW_INLINE void kw_store_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

KW_INLINE void kw_store_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

KW_INLINE void kw_store_be64(uint8_t *p, uint64_t v)
{
    kw_store_be32(p, (uint32_t)(v >> 32));
    kw_store_be32(p + 4, (uint32_t)v);
}

#endif

/* IEEE 754. Bits are copied: through a register of the x87 a signalling NaN becomes a quiet one. */
KW_INLINE void kw_load_float64(double *v, const uint8_t *p)
{
    uint64_t bits = kw_load_be64(p);
    memcpy(v, &bits, sizeof bits);
}

KW_INLINE void kw_store_float64(uint8_t *p, const double *v)
{
    uint64_t bits;
    memcpy(&bits, v, sizeof bits);
    kw_store_be64(p, bits);
}

KW_END_DECLS
#endif
