/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_LIB_CRC_KIND_H
#define KWIRE_LIB_CRC_KIND_H

/* The steps of a CRC. All of them take and return the internal register, which is not inverted. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define KWI_CRC_X86 1
#else
#define KWI_CRC_X86 0
#endif
#if defined(__aarch64__) && defined(__AARCH64EL__) && (defined(__linux__) || defined(__ARM_FEATURE_CRC32))
#define KWI_CRC_ARM 1
#else
#define KWI_CRC_ARM 0
#endif

/* Distances, in bytes, that a block can be moved forward by. */
enum { KWI_FOLD_16, KWI_FOLD_64, KWI_FOLD_128, KWI_FOLD_256, KWI_FOLD_512, KWI_FOLDS };

/* The constants of one polynomial. */
typedef struct kwi_crc_kind {
    uint64_t fold[KWI_FOLDS][2]; /* factors for the first and the second 8 bytes of a block of 16 */
    uint32_t table[8][256];      /* table[n][b]: the register after byte b and n zero bytes */
} kwi_crc_kind;

extern const kwi_crc_kind kwi_crc32c_kind;
extern const kwi_crc_kind kwi_crc32_kind;

typedef uint32_t kwi_crc_step(uint32_t state, const uint8_t *p, size_t size);

/* Works on every machine. */
uint32_t kwi_crc_by_table(const kwi_crc_kind *kind, uint32_t state, const uint8_t *p, size_t size);

/* Folding replaces a run of bytes, and the register before it, by 16 bytes that give the same register if it starts
 * as 0. It returns the number of bytes that it replaced: the largest multiple of 16 in `size`, which must be at
 * least the MIN below. The machine must support it. */
typedef size_t kwi_crc_fold(const kwi_crc_kind *kind, uint32_t state, const uint8_t *p, size_t size, uint8_t rest[16]);
enum { KWI_FOLD_MIN = 64, KWI_WIDE_FOLD_MIN = 512 };

/* Folding and the instruction at once: takes as many bytes as its blocks have, and returns their number. None has a
 * block of fewer bytes than MIN. */
typedef size_t kwi_crc_run(uint32_t *state, const uint8_t *p, size_t size);
enum { KWI_MIXED_MIN = 1920 };

#if KWI_CRC_X86 || KWI_CRC_ARM
bool kwi_crc_has_instructions(void);
bool kwi_crc_has_fold(void);
bool kwi_crc_has_mixed(void);
kwi_crc_step kwi_crc32c_by_instruction;
kwi_crc_fold kwi_crc_by_fold;
kwi_crc_run kwi_crc32c_by_mixed;
#endif
#if KWI_CRC_ARM
kwi_crc_step kwi_crc32_by_instruction;
#endif
#if KWI_CRC_X86
bool kwi_crc_has_wide_fold(void);
bool kwi_crc_has_wide_mixed(void);
kwi_crc_fold kwi_crc_by_wide_fold;
kwi_crc_run kwi_crc32c_by_wide_mixed;
kwi_crc_run kwi_crc32c_by_widest_mixed; /* needs kwi_crc_has_wide_fold() */
#endif

#endif
