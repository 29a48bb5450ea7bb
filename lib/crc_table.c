/* SPDX-License-Identifier: Apache-2.0 */
#include "crc_kind.h"

/* A CRC is linear: the entry of a byte is the sum of the entries of its bits, so only those are listed here. */
#define BIT(i, n, entry) (((i) >> (n)) % 2 != 0 ? (uint32_t)(entry) : 0)
#define ENTRY(i, a, b, c, d, e, f, g, h)                                                                      \
    (BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^ BIT(i, 6, g) ^ \
     BIT(i, 7, h))
#define ENTRIES_4(i, ...) \
    ENTRY(i, __VA_ARGS__), ENTRY((i) + 1, __VA_ARGS__), ENTRY((i) + 2, __VA_ARGS__), ENTRY((i) + 3, __VA_ARGS__)
#define ENTRIES_16(i, ...)                                                                       \
    ENTRIES_4(i, __VA_ARGS__), ENTRIES_4((i) + 4, __VA_ARGS__), ENTRIES_4((i) + 8, __VA_ARGS__), \
        ENTRIES_4((i) + 12, __VA_ARGS__)
#define ENTRIES_64(i, ...)                                                                            \
    ENTRIES_16(i, __VA_ARGS__), ENTRIES_16((i) + 16, __VA_ARGS__), ENTRIES_16((i) + 32, __VA_ARGS__), \
        ENTRIES_16((i) + 48, __VA_ARGS__)
#define TABLE(...)                                                                             \
    {                                                                                          \
        ENTRIES_64(0, __VA_ARGS__), ENTRIES_64(64, __VA_ARGS__), ENTRIES_64(128, __VA_ARGS__), \
            ENTRIES_64(192, __VA_ARGS__)                                                       \
    }

/* A factor for distance d is x to the power of 8 d + 63 or 8 d - 1 modulo the polynomial, lowest power in the highest
 * bit. */

/* Polynomial 0x1edc6f41. */
/* clang-format off */
const kwi_crc_kind kwi_crc32c_kind = {
    .fold = {
        [KWI_FOLD_16] = {0x3743f7bd00000000u, 0x3171d43000000000u},
        [KWI_FOLD_64] = {0x1c19243b00000000u, 0x75bba45b00000000u},
        [KWI_FOLD_128] = {0x6577b24500000000u, 0x7417153f00000000u},
        [KWI_FOLD_256] = {0xe9a5d8be00000000u, 0x1426a81500000000u},
        [KWI_FOLD_512] = {0x75bda45400000000u, 0xe986c14800000000u},
    },
    .table = {
        TABLE(0xf26b8303, 0xe13b70f7, 0xc79a971f, 0x8ad958cf, 0x105ec76f, 0x20bd8ede, 0x417b1dbc, 0x82f63b78),
        TABLE(0x13a29877, 0x274530ee, 0x4e8a61dc, 0x9d14c3b8, 0x3fc5f181, 0x7f8be302, 0xff17c604, 0xfbc3faf9),
        TABLE(0xa541927e, 0x4f6f520d, 0x9edea41a, 0x38513ec5, 0x70a27d8a, 0xe144fb14, 0xc76580d9, 0x8b277743),
        TABLE(0xdd45aab8, 0xbf672381, 0x7b2231f3, 0xf64463e6, 0xe964b13d, 0xd725148b, 0xaba65fe7, 0x52a0c93f),
        TABLE(0x38116fac, 0x7022df58, 0xe045beb0, 0xc5670b91, 0x8f2261d3, 0x1ba8b557, 0x37516aae, 0x6ea2d55c),
        TABLE(0xef306b19, 0xdb8ca0c3, 0xb2f53777, 0x6006181f, 0xc00c303e, 0x85f4168d, 0x0e045beb, 0x1c08b7d6),
        TABLE(0x68032cc8, 0xd0065990, 0xa5e0c5d1, 0x4e2dfd53, 0x9c5bfaa6, 0x3d5b83bd, 0x7ab7077a, 0xf56e0ef4),
        TABLE(0x493c7d27, 0x9278fa4e, 0x211d826d, 0x423b04da, 0x847609b4, 0x0d006599, 0x1a00cb32, 0x34019664),
    },
};

/* Polynomial 0x04c11db7. */
const kwi_crc_kind kwi_crc32_kind = {
    .fold = {
        [KWI_FOLD_16] = {0x65673b4600000000u, 0x9ba54c6f00000000u},
        [KWI_FOLD_64] = {0x653d982200000000u, 0xcad38e8f00000000u},
        [KWI_FOLD_128] = {0x7d657a1000000000u, 0x7406fa9500000000u},
        [KWI_FOLD_256] = {0x7cc8e1e700000000u, 0x03f9f86300000000u},
        [KWI_FOLD_512] = {0xe4e4561000000000u, 0xc78c44a100000000u},
    },
    .table = {
        TABLE(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064, 0x3b6e20c8, 0x76dc4190, 0xedb88320),
        TABLE(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251, 0x958424a2, 0xf0794f05, 0x3b83984b),
        TABLE(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370, 0x384d46e0, 0x709a8dc0, 0xe1351b80),
        TABLE(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f, 0xa032af3e, 0x9b14583d, 0xed59b63b),
        TABLE(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, 0x60e09782, 0xc1c12f04, 0x58f35849, 0xb1e6b092),
        TABLE(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, 0x03d6029b, 0x07ac0536, 0x0f580a6c, 0x1eb014d8),
        TABLE(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, 0x67de9cce, 0xcfbd399c, 0x440b7579, 0x8816eaf2),
        TABLE(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, 0x7cbb312b, 0xf9766256, 0x299dc2ed, 0x533b85da),
    },
};
/* clang-format on */

static uint64_t load_le64(const uint8_t *p)
{
    return (uint64_t)p[7] << 56 | (uint64_t)p[6] << 48 | (uint64_t)p[5] << 40 | (uint64_t)p[4] << 32 |
           (uint64_t)p[3] << 24 | (uint64_t)p[2] << 16 | (uint64_t)p[1] << 8 | p[0];
}

uint32_t kwi_crc_by_table(const kwi_crc_kind *kind, uint32_t state, const uint8_t *p, size_t size)
{
    const uint32_t(*t)[256] = kind->table;
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t v = load_le64(p) ^ state;
        state = t[7][v & 0xff] ^ t[6][v >> 8 & 0xff] ^ t[5][v >> 16 & 0xff] ^ t[4][v >> 24 & 0xff] ^
                t[3][v >> 32 & 0xff] ^ t[2][v >> 40 & 0xff] ^ t[1][v >> 48 & 0xff] ^ t[0][v >> 56];
    }
    for (; size != 0; size--)
        state = state >> 8 ^ t[0][(state ^ *p++) & 0xff];
    return state;
}
