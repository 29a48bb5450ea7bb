/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/records.h>

#include <kwire/endian.h>

#include "legacy.h"

/* Length, attributes, timestamp, offset, key, value and headers in one byte each. */
#define SMALLEST_RECORD ((size_t)7)

/* An error at byte `at` of the bytes that contain the records. */
static KW_COLD kw_status fail(kw_records *rs, kw_status status, size_t at)
{
    rs->status = status;
    rs->error_at = rs->origin + at;
    rs->left = 0;
    return status;
}

/* An error at byte `at` of the batch, which may be found only after decompression. */
static KW_COLD kw_status fail_in_batch(kw_records *rs, kw_status status, const kw_batch *batch, size_t at)
{
    rs->decompressed = false;
    rs->origin = batch->position;
    return fail(rs, status, at);
}

/* The records are `size` bytes at `at` of the batch; error_at continues to count from the start of the batch. */
static void set_extent(kw_records *rs, const kw_batch *batch, size_t at)
{
    rs->start = batch->data;
    rs->origin = batch->position;
    rs->pos = batch->data + at;
    rs->end = batch->data + batch->size;
}

/* The records are the decompressed content of `size` bytes at `at` of the batch. */
static kw_status decompress(kw_records *rs, const kw_batch *batch, size_t at, size_t size,
                            kw_decompressor *decompressor, kw_writer *scratch)
{
    if (decompressor == NULL || scratch == NULL)
        return fail(rs, KW_ERR_ARGUMENT, at);
    kw_bytes compressed = kw_bytes_of(batch->data + at, size);
    kw_writer_reset(scratch);
    kw_status status = kw_decompress(decompressor, kw_batch_codec(batch), batch->magic, compressed, scratch);
    if (status != KW_OK)
        return fail(rs, status, at);
    kw_span records = kw_writer_data(scratch);
    static const uint8_t nothing = 0;
    rs->start = records.size != 0 ? (const uint8_t *)records.data : &nothing;
    rs->origin = 0;
    rs->pos = rs->start;
    rs->end = rs->start + records.size;
    rs->decompressed = true;
    return KW_OK;
}

static kw_status init_v2(kw_records *rs, const kw_batch *batch, kw_decompressor *decompressor, kw_writer *scratch)
{
    if (batch->count < 0)
        return fail(rs, KW_ERR_NEGATIVE, KW_BATCH_V2_COUNT);
    if ((int32_t)kw_load_be32(batch->data + KW_BATCH_V2_LAST_OFFSET_DELTA) < 0)
        return fail(rs, KW_ERR_NEGATIVE, KW_BATCH_V2_LAST_OFFSET_DELTA);
    if (kw_batch_codec(batch) != KW_CODEC_NONE && batch->count != 0) {
        size_t size = batch->size - KW_BATCH_V2_RECORDS;
        kw_status status = decompress(rs, batch, KW_BATCH_V2_RECORDS, size, decompressor, scratch);
        if (status != KW_OK)
            return status;
    }
    if ((size_t)batch->count > (size_t)(rs->end - rs->pos) / SMALLEST_RECORD)
        return fail_in_batch(rs, KW_ERR_COUNT, batch, KW_BATCH_V2_COUNT);
    rs->left = batch->count;
    return KW_OK;
}

/* In magic 1 the offsets inside count from the first record, and the compressed message has the offset of the last.
 * If that is 0, the producing client wrote no offset there: KAFKA-5365. */
static kw_status init_wrapper(kw_records *rs, const kw_batch *batch, kw_decompressor *decompressor, kw_writer *scratch)
{
    kwi_message wrapper;
    kwi_fault f = kwi_message_read(&wrapper, batch->data, batch->size);
    if (f.status != KW_OK)
        return fail(rs, f.status, f.at);
    if (wrapper.value.len < 0)
        return fail(rs, KW_ERR_NULL, wrapper.value_at);
    size_t at = (size_t)(wrapper.value.data - batch->data);
    kw_status status = decompress(rs, batch, at, (size_t)wrapper.value.len, decompressor, scratch);
    if (status != KW_OK)
        return status;

    kwi_message_set set;
    f = kwi_message_set_walk(&set, rs->start, (size_t)(rs->end - rs->start));
    if (f.status != KW_OK)
        return fail(rs, f.status, f.at);
    if (batch->magic == KW_MAGIC_V1 && wrapper.offset != 0) {
        if (wrapper.offset < set.last_offset)
            return fail_in_batch(rs, KW_ERR_WRAPPER_OFFSET, batch, KW_BATCH_OFFSET);
        rs->base_offset = (int64_t)((uint64_t)wrapper.offset - (uint64_t)set.last_offset);
    }
    rs->left = set.count;
    return KW_OK;
}

kw_status kw_records_init(kw_records *rs, const kw_batch *batch, kw_decompressor *decompressor, kw_writer *scratch)
{
    bool v2 = batch->magic == KW_MAGIC_V2;
    rs->base_offset = v2 ? batch->base_offset : 0;
    rs->base_timestamp = batch->base_timestamp;
    rs->append_time = batch->max_timestamp;
    rs->has_append_time = kw_batch_has_append_time(batch);
    rs->base_sequence = batch->base_sequence;
    rs->magic = batch->magic;
    rs->decompressed = false;
    rs->status = KW_OK;
    rs->error_at = 0;
    rs->error_offset = batch->base_offset;
    rs->flags = 0;
    set_extent(rs, batch, v2 ? KW_BATCH_V2_RECORDS : 0);
    rs->left = v2 ? 0 : 1;
    if (v2)
        return init_v2(rs, batch, decompressor, scratch);
    if (kw_batch_codec(batch) != KW_CODEC_NONE)
        return init_wrapper(rs, batch, decompressor, scratch);
    return KW_OK;
}
