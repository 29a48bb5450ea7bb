/* SPDX-License-Identifier: Apache-2.0 */
#include "legacy.h"

#include <kwire/crc.h>
#include <kwire/endian.h>

#include "iterate.h"

/* Sizes after offset and length; the contents of key and value are added. */
enum { SMALLEST_V0 = KW_LEGACY_V0_KEY + 8 - KW_BATCH_OVERHEAD, SMALLEST_V1 = KW_LEGACY_V1_KEY + 8 - KW_BATCH_OVERHEAD };

static kwi_fault fault(kw_status status, size_t at)
{
    kwi_fault f = {status, at};
    return f;
}

/* Offset, size and magic of the message at the start of `size` bytes; the bytes of that size are available. */
static kwi_fault read_frame(kwi_message *out, const uint8_t *data, size_t size)
{
    out->offset = KW_NO_OFFSET;
    if (size < KW_BATCH_OVERHEAD)
        return fault(KW_ERR_TRUNCATED, 0);
    out->offset = (int64_t)kw_load_be64(data + KW_BATCH_OFFSET);
    int32_t length = (int32_t)kw_load_be32(data + KW_BATCH_LENGTH);
    if (length < SMALLEST_V0)
        return fault(KW_ERR_BATCH_SIZE, KW_BATCH_LENGTH);
    if ((size_t)length > size - KW_BATCH_OVERHEAD)
        return fault(KW_ERR_LENGTH, KW_BATCH_LENGTH);
    out->size = KW_BATCH_OVERHEAD + (size_t)length;
    out->magic = data[KW_BATCH_MAGIC];
    if (out->magic > KW_MAGIC_V1)
        return fault(KW_ERR_MAGIC, KW_BATCH_MAGIC);
    if (out->magic == KW_MAGIC_V1 && length < SMALLEST_V1)
        return fault(KW_ERR_BATCH_SIZE, KW_BATCH_LENGTH);
    return fault(KW_OK, 0);
}

kwi_fault kwi_message_read(kwi_message *out, const uint8_t *data, size_t size)
{
    kwi_fault framed = read_frame(out, data, size);
    if (framed.status != KW_OK)
        return framed;
    kw_reader r;
    kw_reader_init(&r, data, out->size);
    r.pos += KW_LEGACY_CRC;
    out->crc = kw_read_uint32(&r);
    r.pos += 1; /* the magic */
    out->attributes = (uint8_t)kw_read_int8(&r);
    out->timestamp = out->magic == KW_MAGIC_V1 ? kw_read_int64(&r) : KW_NO_TIMESTAMP;
    out->key = kw_read_nullable_bytes(&r);
    out->value_at = kw_reader_offset(&r);
    out->value = kw_read_nullable_bytes(&r);
    if (r.status != KW_OK)
        return fault(r.status, r.error_at);
    if (kw_reader_remaining(&r) != 0)
        return fault(KW_ERR_RECORD_SIZE, kw_reader_offset(&r));
    return fault(KW_OK, 0);
}

kwi_fault kwi_message_set_walk(kwi_message_set *out, const uint8_t *data, size_t size)
{
    out->count = 0;
    for (size_t at = 0; at < size;) {
        kwi_message m;
        kwi_fault f = read_frame(&m, data + at, size - at);
        if (f.status != KW_OK)
            return fault(f.status, at + f.at);
        if (out->count == INT32_MAX)
            return fault(KW_ERR_COUNT, at);
        out->count++;
        out->last_offset = m.offset;
        at += m.size;
    }
    return out->count != 0 ? fault(KW_OK, 0) : fault(KW_ERR_NO_RECORDS, 0);
}

bool kwi_records_next_message(kw_records *rs, kw_record *out)
{
    kwi_message m;
    const uint8_t *p = rs->pos;
    kwi_fault f = kwi_message_read(&m, p, (size_t)(rs->end - p));
    out->offset = (int64_t)((uint64_t)rs->base_offset + (uint64_t)m.offset);
    if (f.status != KW_OK)
        return kwi_records_fail(rs, f.status, p + f.at, out->offset);
    unsigned codec = m.attributes & KW_ATTRIBUTE_CODEC;
    if (rs->decompressed && codec != KW_CODEC_NONE)
        return kwi_records_fail(rs, codec > KW_CODEC_ZSTD ? KW_ERR_CODEC_UNKNOWN : KW_ERR_NESTED,
                                p + KW_LEGACY_ATTRIBUTES, out->offset);
    if (rs->decompressed && (rs->flags & KW_RECORDS_CHECK_CRC) != 0 &&
        kw_crc32(0, p + KW_BATCH_MAGIC, m.size - KW_BATCH_MAGIC) != m.crc)
        return kwi_records_fail(rs, KW_ERR_CRC, p + KW_LEGACY_CRC, out->offset);
    bool overridden = rs->has_append_time && m.magic == KW_MAGIC_V1;
    out->timestamp = overridden ? rs->append_time : m.timestamp;
    out->key = m.key;
    out->value = m.value;
    out->headers.data = NULL;
    out->headers.len = 0;
    out->header_count = 0;
    out->sequence = KW_NO_SEQUENCE;
    rs->pos = p + m.size;
    rs->left--;
    return true;
}
