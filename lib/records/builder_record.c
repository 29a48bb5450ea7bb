/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"

#include <kwire/crc.h>
#include <kwire/endian.h>

#include "put.h"

/* ---- keys, values and headers ---- */

static kw_status measure_headers(const kw_new_record *r, const kw_bytes *raw, uint64_t *size)
{
    if (raw != NULL) {
        *size += size_of(raw->len);
        return KW_OK;
    }
    for (int32_t i = 0; i < r->header_count; i++) {
        const kw_record_header *h = &r->headers[i];
        if (h->key.len < 0)
            return KW_ERR_NULL;
        *size += varint_size(length_of(h->key.len)) + size_of(h->key.len);
        *size += varint_size(length_of(h->value.len)) + size_of(h->value.len);
    }
    return KW_OK;
}

static void put_headers(uint8_t *p, const kw_new_record *r, const kw_bytes *raw)
{
    if (raw != NULL) {
        (void)put_bytes(p, raw->data, raw->len);
        return;
    }
    for (int32_t i = 0; i < r->header_count; i++) {
        const kw_record_header *h = &r->headers[i];
        p = put(p, length_of(h->key.len));
        p = put_bytes(p, h->key.data, h->key.len);
        p = put(p, length_of(h->value.len));
        p = put_bytes(p, h->value.data, h->value.len);
    }
}

/* ---- magic 2 ---- */

/* Any record; its size is computed before it is written. */
static kw_status add_v2(kw_batch_builder *b, int64_t offset, const kw_new_record *r, const kw_bytes *raw,
                        uint8_t **place)
{
    uint64_t time_delta = zigzag_long((int64_t)((uint64_t)r->timestamp - (uint64_t)b->base_timestamp));
    uint32_t offset_delta = (uint32_t)(offset - b->options.base_offset) << 1;
    uint32_t key_length = length_of(r->key.len), value_length = length_of(r->value.len);
    uint32_t header_count = zigzag(r->header_count);
    kw_status status = KW_OK;

    uint64_t size = 1 + varlong_size(time_delta) + varint_size(offset_delta) + varint_size(key_length) +
                    varint_size(value_length) + varint_size(header_count);
    size += size_of(r->key.len);
    size += size_of(r->value.len);
    if (KW_UNLIKELY(header_count != 0) && (status = measure_headers(r, raw, &size)) != KW_OK)
        return status;
    if (KW_UNLIKELY(size > b->allowed))
        return KW_ERR_BATCH_FULL;
    uint32_t length = (uint32_t)size << 1;
    size_t whole = varint_size(length) + (size_t)size;
    if (KW_UNLIKELY(whole > b->allowed))
        return KW_ERR_BATCH_FULL;

    uint8_t *p = kwi_writer_take(b->records, whole, &status);
    if (KW_LIKELY(p != NULL)) {
        p = put(p, length);
        *p++ = 0;
        p = put(p, time_delta);
        p = put(p, offset_delta);
        p = put(p, key_length);
        p = put_bytes(p, r->key.data, r->key.len);
        p = put(p, value_length);
        if (KW_LIKELY(place == NULL))
            p = put_bytes(p, r->value.data, r->value.len);
        else
            p = (*place = p) + size_of(r->value.len);
        p = put(p, header_count);
        if (KW_UNLIKELY(header_count != 0))
            put_headers(p, r, raw);
    }
    if (KW_LIKELY(status == KW_OK))
        b->allowed -= whole;
    return status;
}

/* ---- magic 0 and 1 ---- */

static uint8_t *put_field(uint8_t *p, kw_bytes v)
{
    kw_store_be32(p, v.len < 0 ? UINT32_MAX : (uint32_t)v.len);
    return put_bytes(p + 4, v.data, v.len);
}

static kw_status add_message(kw_batch_builder *b, int64_t offset, const kw_new_record *r)
{
    const kw_batch_options *o = &b->options;
    bool v1 = o->magic == KW_MAGIC_V1;
    size_t key_at = v1 ? KW_LEGACY_V1_KEY : KW_LEGACY_V0_KEY;
    uint64_t size = (uint64_t)key_at + 8 + size_of(r->key.len);
    size += size_of(r->value.len);
    if (r->header_count != 0)
        return KW_ERR_ARGUMENT;
    if (size > b->allowed)
        return KW_ERR_BATCH_FULL;
    kw_status status;
    uint8_t *p = kwi_writer_take(b->records, (size_t)size, &status);
    if (status == KW_OK)
        b->allowed -= (size_t)size;
    if (p == NULL)
        return status;

    bool relative = v1 && o->codec != KW_CODEC_NONE;
    bool append_time = o->append_time != KW_NO_TIMESTAMP;
    kw_store_be64(p + KW_BATCH_OFFSET, (uint64_t)(relative ? offset - o->base_offset : offset));
    kw_store_be32(p + KW_BATCH_LENGTH, (uint32_t)size - KW_BATCH_OVERHEAD);
    p[KW_BATCH_MAGIC] = o->magic;
    p[KW_LEGACY_ATTRIBUTES] = append_time ? KW_ATTRIBUTE_LOG_APPEND_TIME : 0;
    if (v1)
        kw_store_be64(p + KW_LEGACY_V1_TIMESTAMP, (uint64_t)(append_time ? o->append_time : r->timestamp));
    (void)put_field(put_field(p + key_at, r->key), r->value);
    kw_store_be32(p + KW_LEGACY_CRC, kw_crc32(0, p + KW_BATCH_MAGIC, (size_t)size - KW_BATCH_MAGIC));
    return KW_OK;
}

/* ---- any magic ---- */

static void count(kw_batch_builder *b, int64_t offset, int64_t timestamp)
{
    if (timestamp > b->max_timestamp) {
        b->max_timestamp = timestamp;
        b->max_timestamp_offset = offset;
    }
    b->count++;
    b->last_offset = offset;
}

kw_status kwi_batch_builder_add(kw_batch_builder *b, int64_t offset, const kw_new_record *record,
                                const kw_bytes *raw_headers, uint8_t **place)
{
    const kw_batch_options *o = &b->options;
    if (!b->open || offset <= b->last_offset || record->timestamp < KW_NO_TIMESTAMP || record->header_count < 0)
        return KW_ERR_ARGUMENT;
    if (offset - o->base_offset > INT32_MAX)
        return KW_ERR_BATCH_FULL;
    if (b->count == 0 && o->delete_horizon == KW_NO_TIMESTAMP)
        b->base_timestamp = record->timestamp;
    kw_status status =
        o->magic == KW_MAGIC_V2 ? add_v2(b, offset, record, raw_headers, place) : add_message(b, offset, record);
    if (status != KW_OK)
        return status;
    int64_t timestamp = o->append_time != KW_NO_TIMESTAMP ? o->append_time : record->timestamp;
    count(b, offset, o->magic == KW_MAGIC_V0 ? KW_NO_TIMESTAMP : timestamp);
    return KW_OK;
}

kw_status kw_batch_builder_append_at(kw_batch_builder *b, int64_t offset, const kw_new_record *record)
{
    if (!b->open || b->options.control)
        return KW_ERR_ARGUMENT;
    return kwi_batch_builder_add(b, offset, record, NULL, NULL);
}

kw_status kw_batch_builder_append_copy(kw_batch_builder *b, int64_t offset, const kw_record *record)
{
    if (!b->open || b->options.control || (record->header_count > 0 && record->headers.len <= 0))
        return KW_ERR_ARGUMENT;
    kw_new_record r = {record->timestamp, record->key, record->value, NULL, record->header_count};
    return kwi_batch_builder_add(b, offset, &r, &record->headers, NULL);
}
