/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/producers.h>

#include <kwire/crc.h>
#include <kwire/endian.h>

enum { VERSION = 1, AT_CRC = 2, AT_COUNT = 6, HEADER = 10, ENTRY = 46 };

static kw_status fail(size_t at, kw_status status, size_t *error_at)
{
    *error_at = at;
    return status;
}

kw_status kw_producers_init(kw_producers *out, const void *data, size_t size, size_t *error_at)
{
    const uint8_t *p = data;
    out->data = NULL;
    out->count = 0;
    *error_at = 0;
    if (size < HEADER)
        return fail(size, KW_ERR_TRUNCATED, error_at);
    if (kw_load_be16(p) != VERSION)
        return fail(0, KW_ERR_VERSION, error_at);
    if (kw_crc32c(0, p + AT_COUNT, size - AT_COUNT) != kw_load_be32(p + AT_CRC))
        return fail(AT_CRC, KW_ERR_CRC, error_at);
    uint32_t count = kw_load_be32(p + AT_COUNT);
    if (count > INT32_MAX)
        return fail(AT_COUNT, KW_ERR_NEGATIVE, error_at);
    if (count > (size - HEADER) / ENTRY)
        return fail(AT_COUNT, KW_ERR_COUNT, error_at);
    if (size - HEADER != (size_t)count * ENTRY)
        return fail(HEADER + (size_t)count * ENTRY, KW_ERR_TRAILING, error_at);
    out->data = p + HEADER;
    out->count = count;
    return KW_OK;
}

kw_producer_state kw_producers_at(const kw_producers *producers, size_t i)
{
    const uint8_t *p = producers->data + i * ENTRY;
    kw_producer_state state = {
        .producer_id = (int64_t)kw_load_be64(p),
        .producer_epoch = (int16_t)kw_load_be16(p + 8),
        .last_sequence = (int32_t)kw_load_be32(p + 10),
        .last_offset = (int64_t)kw_load_be64(p + 14),
        .offset_delta = (int32_t)kw_load_be32(p + 22),
        .timestamp = (int64_t)kw_load_be64(p + 26),
        .coordinator_epoch = (int32_t)kw_load_be32(p + 34),
        .txn_first_offset = (int64_t)kw_load_be64(p + 38),
    };
    return state;
}
