/* SPDX-License-Identifier: Apache-2.0 */
#include "fix_checksums.h"

#include <kwire/crc.h>
#include <kwire/endian.h>
#include <kwire/record_batch.h>

void fix_checksums(uint8_t *records, size_t size)
{
    while (size > KW_BATCH_MAGIC) {
        size_t whole = (size_t)kw_load_be32(records + KW_BATCH_LENGTH) + KW_BATCH_OVERHEAD;
        if (whole > size || whole <= KW_BATCH_MAGIC)
            return;
        if (records[KW_BATCH_MAGIC] == KW_MAGIC_V2 && whole >= KW_BATCH_V2_RECORDS)
            kw_store_be32(records + KW_BATCH_V2_CRC,
                          kw_crc32c(0, records + KW_BATCH_V2_ATTRIBUTES, whole - KW_BATCH_V2_ATTRIBUTES));
        else if (records[KW_BATCH_MAGIC] < KW_MAGIC_V2)
            kw_store_be32(records + KW_LEGACY_CRC, kw_crc32(0, records + KW_BATCH_MAGIC, whole - KW_BATCH_MAGIC));
        records += whole;
        size -= whole;
    }
}
