/* SPDX-License-Identifier: Apache-2.0 */
#include "patch.h"

#include <kwire/record_builder.h>

#include <kwire/crc.h>
#include <kwire/endian.h>

/* Attributes with a meaning; the others are cleared when attributes are written. */
enum {
    MEANT_V2 = KW_ATTRIBUTE_CODEC | KW_ATTRIBUTE_LOG_APPEND_TIME | KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL |
               KW_ATTRIBUTE_DELETE_HORIZON
};

static kw_status open_batch(kw_batch *b, const uint8_t *data, size_t size)
{
    kw_batches bs;
    kw_batches_init_memory(&bs, data, size);
    if (!kw_batches_next(&bs, b))
        return bs.status != KW_OK ? bs.status : KW_ERR_TRUNCATED;
    return b->size == size ? KW_OK : KW_ERR_TRAILING;
}

kw_status kwi_batch_open_v2(kw_batch *b, const uint8_t *data, size_t size)
{
    kw_status status = open_batch(b, data, size);
    return status == KW_OK && b->magic != KW_MAGIC_V2 ? KW_ERR_ARGUMENT : status;
}

static void checksum(uint8_t *data, size_t size, uint8_t magic)
{
    if (magic == KW_MAGIC_V2)
        kw_store_be32(data + KW_BATCH_V2_CRC,
                      kw_crc32c(0, data + KW_BATCH_V2_ATTRIBUTES, size - KW_BATCH_V2_ATTRIBUTES));
    else
        kw_store_be32(data + KW_LEGACY_CRC, kw_crc32(0, data + KW_BATCH_MAGIC, size - KW_BATCH_MAGIC));
}

int64_t kwi_batch_base_offset(const kw_batch *b, int64_t last_offset)
{
    uint64_t delta = (uint64_t)b->last_offset - (uint64_t)b->base_offset;
    return (int64_t)((uint64_t)last_offset - delta);
}

bool kwi_batch_stamp(uint8_t *header, const kw_batch *b, bool append_time, int64_t max_timestamp)
{
    if (kw_batch_has_append_time(b) == append_time && b->max_timestamp == max_timestamp)
        return false;
    unsigned attributes = (b->attributes & MEANT_V2 & ~(unsigned)KW_ATTRIBUTE_LOG_APPEND_TIME) |
                          (append_time ? KW_ATTRIBUTE_LOG_APPEND_TIME : 0u);
    if (b->magic == KW_MAGIC_V2) {
        kw_store_be16(header + KW_BATCH_V2_ATTRIBUTES, (uint16_t)attributes);
        kw_store_be64(header + KW_BATCH_V2_MAX_TIMESTAMP, (uint64_t)max_timestamp);
    } else {
        header[KW_LEGACY_ATTRIBUTES] = (uint8_t)attributes;
        kw_store_be64(header + KW_LEGACY_V1_TIMESTAMP, (uint64_t)max_timestamp);
    }
    return true;
}

kw_status kw_batch_set_last_offset(uint8_t *data, size_t size, int64_t last_offset)
{
    kw_batch b;
    kw_status status = open_batch(&b, data, size);
    if (status != KW_OK)
        return status;
    kw_store_be64(data + KW_BATCH_OFFSET, (uint64_t)kwi_batch_base_offset(&b, last_offset));
    return KW_OK;
}

kw_status kw_batch_set_leader_epoch(uint8_t *data, size_t size, int32_t leader_epoch)
{
    kw_batch b;
    kw_status status = kwi_batch_open_v2(&b, data, size);
    if (status == KW_OK)
        kw_store_be32(data + KW_BATCH_V2_LEADER_EPOCH, (uint32_t)leader_epoch);
    return status;
}

kw_status kw_batch_set_max_timestamp(uint8_t *data, size_t size, bool append_time, int64_t max_timestamp)
{
    kw_batch b;
    kw_status status = open_batch(&b, data, size);
    if (status != KW_OK)
        return status;
    if (b.magic == KW_MAGIC_V0)
        return KW_ERR_ARGUMENT;
    if (kwi_batch_stamp(data, &b, append_time, max_timestamp))
        checksum(data, size, b.magic);
    return KW_OK;
}

kw_status kw_batch_set_producer(uint8_t *data, size_t size, int64_t producer_id, int16_t producer_epoch,
                                int32_t base_sequence)
{
    kw_batch b;
    kw_status status = kwi_batch_open_v2(&b, data, size);
    if (status != KW_OK)
        return status;
    kw_store_be64(data + KW_BATCH_V2_PRODUCER_ID, (uint64_t)producer_id);
    kw_store_be16(data + KW_BATCH_V2_PRODUCER_EPOCH, (uint16_t)producer_epoch);
    kw_store_be32(data + KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)base_sequence);
    checksum(data, size, b.magic);
    return KW_OK;
}
