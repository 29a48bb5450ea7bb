/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_CRC_H
#define KWIRE_CRC_H

/* The checksums of record batches: CRC-32C (Castagnoli) in magic 2, CRC-32 (IEEE 802.3, as in gzip) in magic 0 and 1.
 * They use the processor's carry-less multiplication and CRC instructions where it has them. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>

KW_BEGIN_DECLS

/* The CRC of `size` bytes at `data`, continued from `seed`: the CRC of the bytes before them, or 0. So the CRC of
 * several pieces is computed piece by piece, each with the previous result as seed. `data` may be NULL with size 0. */
KW_API uint32_t kw_crc32c(uint32_t seed, const void *data, size_t size);
KW_API uint32_t kw_crc32(uint32_t seed, const void *data, size_t size);

KW_END_DECLS
#endif
