/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/crc.h>

#include "crc_kind.h"

static uint32_t crc32c_by_table(uint32_t state, const uint8_t *p, size_t size)
{
    return kwi_crc_by_table(&kwi_crc32c_kind, state, p, size);
}

static uint32_t crc32_by_table(uint32_t state, const uint8_t *p, size_t size)
{
    return kwi_crc_by_table(&kwi_crc32_kind, state, p, size);
}

/* The processor's features are checked on every call: that is one load and a test, and needs no initialisation. */
static kwi_crc_step *crc32c_step(void)
{
#if KWI_CRC_X86 || KWI_CRC_ARM
    if (kwi_crc_has_instructions())
        return kwi_crc32c_by_instruction;
#endif
    return crc32c_by_table;
}

static kwi_crc_step *crc32_step(void)
{
#if KWI_CRC_ARM
    if (kwi_crc_has_instructions())
        return kwi_crc32_by_instruction;
#endif
    return crc32_by_table;
}

/* With an instruction for the polynomial, the fixed cost of folding pays off only for longer input. */
static kwi_crc_fold *fold_for(kwi_crc_step *step, size_t size)
{
    size_t least = step == crc32c_by_table || step == crc32_by_table ? KWI_FOLD_MIN : 4 * KWI_FOLD_MIN;
#if KWI_CRC_X86
    if (size >= KWI_WIDE_FOLD_MIN && kwi_crc_has_wide_fold())
        return kwi_crc_by_wide_fold;
#endif
#if KWI_CRC_X86 || KWI_CRC_ARM
    if (size >= least && kwi_crc_has_fold())
        return kwi_crc_by_fold;
#endif
    (void)least;
    (void)size;
    return NULL;
}

static kwi_crc_run *mixed_for(size_t size)
{
#if KWI_CRC_X86
    if (size >= KWI_MIXED_MIN && kwi_crc_has_wide_fold())
        return kwi_crc32c_by_widest_mixed;
    if (size >= KWI_MIXED_MIN && kwi_crc_has_wide_mixed())
        return kwi_crc32c_by_wide_mixed;
#endif
#if KWI_CRC_X86 || KWI_CRC_ARM
    if (size >= KWI_MIXED_MIN && kwi_crc_has_mixed())
        return kwi_crc32c_by_mixed;
#endif
    (void)size;
    return NULL;
}

static uint32_t crc(const kwi_crc_kind *kind, kwi_crc_step *step, uint32_t seed, const uint8_t *p, size_t size)
{
    uint32_t state = ~seed;
    kwi_crc_fold *fold = fold_for(step, size);
    if (fold != NULL) {
        uint8_t rest[16];
        size_t done = fold(kind, state, p, size, rest);
        state = step(0, rest, sizeof rest);
        p += done;
        size -= done;
    }
    return ~step(state, p, size);
}

uint32_t kw_crc32c(uint32_t seed, const void *data, size_t size)
{
    const uint8_t *p = data;
    kwi_crc_run *mixed = mixed_for(size);
    if (mixed != NULL) {
        uint32_t state = ~seed;
        size_t done = mixed(&state, p, size);
        seed = ~state;
        p += done;
        size -= done;
    }
    return crc(&kwi_crc32c_kind, crc32c_step(), seed, p, size);
}

uint32_t kw_crc32(uint32_t seed, const void *data, size_t size)
{
    return crc(&kwi_crc32_kind, crc32_step(), seed, data, size);
}
