/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_LIB_CRC_MIXED_H
#define KWIRE_LIB_CRC_MIXED_H

/* CRC-32C by multiplication and by the instruction at the same time, as they use different parts of the processor. A
 * block has two parts: the first one is folded, the rest goes through the instruction, as three streams of equal size
 * because of its latency. */

#include "crc_kind.h"

typedef struct kwi_crc_block {
    size_t steps;
    uint64_t past_three[2];      /* factors that move 16 bytes past three streams; see kwi_crc_kind.fold */
    uint64_t past_two, past_one; /* the first factor of those that move a register to the last 16 bytes of them */
} kwi_crc_block;

/* What a step takes of a block whose registers have 16 bytes: bytes that are folded, and of each stream. */
enum { KWI_MIXED_FOLDED = 64, KWI_MIXED_STREAM = 32, KWI_MIXED_STEP = KWI_MIXED_FOLDED + 3 * KWI_MIXED_STREAM };

/* Of such steps: a block of many, and one of few for what is left. */
static const kwi_crc_block kwi_crc32c_blocks[2] = {
    {64, {0x5e08ac8f00000000u, 0x9037dc1000000000u}, 0x8fc9e4a300000000u, 0x0929e60d00000000u},
    {12, {0xb6a7e37100000000u, 0x9e8f7ea400000000u}, 0x04eb568800000000u, 0xf331dfab00000000u},
};

/* Returns the register after the block. */
typedef uint32_t kwi_crc_block_function(const kwi_crc_block *block, uint32_t state, const uint8_t *p);

/* As many blocks as there are; returns their bytes. */
static inline size_t kwi_crc_take_blocks(const kwi_crc_block blocks[2], size_t step, kwi_crc_block_function *take,
                                         uint32_t *state, const uint8_t *p, size_t size)
{
    size_t done = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t bytes = blocks[i].steps * step; size - done >= bytes; done += bytes)
            *state = take(&blocks[i], *state, p + done);
    return done;
}

#endif
