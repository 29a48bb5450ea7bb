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

static void put_entry(uint8_t p[ENTRY], const kw_producer_state *state)
{
    kw_store_be64(p, (uint64_t)state->producer_id);
    kw_store_be16(p + 8, (uint16_t)state->producer_epoch);
    kw_store_be32(p + 10, (uint32_t)state->last_sequence);
    kw_store_be64(p + 14, (uint64_t)state->last_offset);
    kw_store_be32(p + 22, (uint32_t)state->offset_delta);
    kw_store_be64(p + 26, (uint64_t)state->timestamp);
    kw_store_be32(p + 34, (uint32_t)state->coordinator_epoch);
    kw_store_be64(p + 38, (uint64_t)state->txn_first_offset);
}

/* The checksum comes first and no writer moves back, so each entry is made twice. */
kw_status kw_producers_write(kw_writer *w, const kw_producer_state *producers, size_t count)
{
    uint8_t entry[ENTRY];
    if (count > INT32_MAX)
        return kw_writer_fail(w, KW_ERR_ARGUMENT);
    kw_store_be32(entry, (uint32_t)count);
    uint32_t crc = kw_crc32c(0, entry, HEADER - AT_COUNT);
    for (size_t i = 0; i < count; i++) {
        put_entry(entry, &producers[i]);
        crc = kw_crc32c(crc, entry, sizeof entry);
    }
    kw_write_int16(w, VERSION);
    kw_write_uint32(w, crc);
    kw_write_uint32(w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        put_entry(entry, &producers[i]);
        kw_write_raw(w, entry, sizeof entry);
    }
    return w->status;
}
