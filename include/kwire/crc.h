/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_CRC_H
#define KWIRE_CRC_H

/* The checksums of record batches: CRC-32C (Castagnoli) in magic 2, CRC-32 (IEEE 802.3, as in gzip) in magic 0 and 1.
 * They use the processor's carry-less multiplication and CRC instructions where it has them. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>

KW_BEGIN_DECLS

/* The CRC of `size` bytes at `data` after bytes whose CRC is `seed`; 0 for none. So the CRC of a whole is that of its
 * parts in order, each with the result before it as seed. `data` may be NULL with size 0. */
KW_API uint32_t kw_crc32c(uint32_t seed, const void *data, size_t size);
KW_API uint32_t kw_crc32(uint32_t seed, const void *data, size_t size);

KW_END_DECLS
#endif
