/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/batches.h>

#include <kwire/crc.h>
#include <kwire/endian.h>

/* Sizes up to the start of the content, the 12 bytes of offset and length included. */
enum { SMALLEST_V0 = KW_LEGACY_V0_KEY + 8, SMALLEST_V1 = KW_LEGACY_V1_KEY + 8, SMALLEST_V2 = KW_BATCH_V2_RECORDS };

static int32_t load_int32(const uint8_t *p)
{
    return (int32_t)kw_load_be32(p);
}

static int64_t load_int64(const uint8_t *p)
{
    return (int64_t)kw_load_be64(p);
}

void kw_batches_init_memory(kw_batches *bs, const void *data, size_t size)
{
    static const uint8_t nothing = 0;
    bs->start = size != 0 ? (const uint8_t *)data : &nothing;
    bs->pos = bs->start;
    bs->end = bs->start + size;
    bs->error_at = 0;
    bs->error_offset = KW_NO_OFFSET;
    bs->partial = 0;
    bs->needed = 0;
    bs->status = KW_OK;
    bs->flags = 0;
}

void kw_batches_init(kw_batches *bs, kw_bytes records)
{
    kw_batches_init_memory(bs, records.data, records.len > 0 ? (size_t)records.len : 0);
}

static KW_COLD void end_at_error(kw_batches *bs, kw_status status, size_t at)
{
    size_t left = (size_t)(bs->end - bs->pos);
    bs->error_at = (size_t)(bs->pos - bs->start) + at;
    bs->error_offset = left >= KW_BATCH_LENGTH ? load_int64(bs->pos + KW_BATCH_OFFSET) : KW_NO_OFFSET;
    bs->status = status;
    bs->end = bs->pos;
}

/* Separate from the cold code, so that compilers see that it is false and that no batch is read then. */
static bool fail(kw_batches *bs, kw_status status, size_t at)
{
    end_at_error(bs, status, at);
    return false;
}

/* Ends the iteration with `partial` bytes of a batch that takes `needed`. */
static bool stop(kw_batches *bs, size_t partial, size_t needed)
{
    bs->partial = partial;
    bs->needed = needed;
    bs->end = bs->pos;
    return false;
}

static void decode_v2(kw_batch *b, const uint8_t *p)
{
    b->last_offset = (int64_t)((uint64_t)b->base_offset + (uint64_t)load_int32(p + KW_BATCH_V2_LAST_OFFSET_DELTA));
    b->base_timestamp = load_int64(p + KW_BATCH_V2_BASE_TIMESTAMP);
    b->max_timestamp = load_int64(p + KW_BATCH_V2_MAX_TIMESTAMP);
    b->producer_id = load_int64(p + KW_BATCH_V2_PRODUCER_ID);
    b->base_sequence = load_int32(p + KW_BATCH_V2_BASE_SEQUENCE);
    b->leader_epoch = load_int32(p + KW_BATCH_V2_LEADER_EPOCH);
    b->count = load_int32(p + KW_BATCH_V2_COUNT);
    b->crc = kw_load_be32(p + KW_BATCH_V2_CRC);
    b->producer_epoch = (int16_t)kw_load_be16(p + KW_BATCH_V2_PRODUCER_EPOCH);
    b->attributes = kw_load_be16(p + KW_BATCH_V2_ATTRIBUTES);
}

static void decode_message(kw_batch *b, const uint8_t *p)
{
    unsigned meaning = b->magic == KW_MAGIC_V0 ? KW_ATTRIBUTE_CODEC : KW_ATTRIBUTE_CODEC | KW_ATTRIBUTE_LOG_APPEND_TIME;
    b->last_offset = b->base_offset;
    b->base_timestamp = b->magic == KW_MAGIC_V0 ? KW_NO_TIMESTAMP : load_int64(p + KW_LEGACY_V1_TIMESTAMP);
    b->max_timestamp = b->base_timestamp;
    b->producer_id = KW_NO_PRODUCER_ID;
    b->base_sequence = KW_NO_SEQUENCE;
    b->leader_epoch = KW_NO_LEADER_EPOCH;
    b->crc = kw_load_be32(p + KW_LEGACY_CRC);
    b->producer_epoch = KW_NO_PRODUCER_EPOCH;
    b->attributes = (uint16_t)(p[KW_LEGACY_ATTRIBUTES] & meaning);
    b->count = kw_batch_codec(b) == KW_CODEC_NONE ? 1 : KW_COUNT_UNKNOWN;
}

bool kw_batches_next(kw_batches *bs, kw_batch *out)
{
    static const uint8_t smallest[] = {SMALLEST_V0, SMALLEST_V1, SMALLEST_V2};
    const uint8_t *p = bs->pos;
    size_t left = (size_t)(bs->end - p);
    if (left < KW_BATCH_OVERHEAD)
        return left != 0 && stop(bs, left, KW_BATCH_OVERHEAD);

    int32_t length = load_int32(p + KW_BATCH_LENGTH);
    if (length < SMALLEST_V0 - KW_BATCH_OVERHEAD || length > INT32_MAX - KW_BATCH_OVERHEAD)
        return fail(bs, KW_ERR_BATCH_SIZE, KW_BATCH_LENGTH);
    size_t size = KW_BATCH_OVERHEAD + (size_t)length;
    if (left <= KW_BATCH_MAGIC)
        return stop(bs, left, size);
    unsigned magic = p[KW_BATCH_MAGIC];
    if (magic > KW_MAGIC_V2)
        return fail(bs, KW_ERR_MAGIC, KW_BATCH_MAGIC);
    if (size < smallest[magic])
        return fail(bs, KW_ERR_BATCH_SIZE, KW_BATCH_LENGTH);
    if (left < size)
        return stop(bs, left, size);

    out->data = p;
    out->size = size;
    out->position = (size_t)(p - bs->start);
    out->magic = (uint8_t)magic;
    out->base_offset = load_int64(p + KW_BATCH_OFFSET);
    if (magic == KW_MAGIC_V2)
        decode_v2(out, p);
    else
        decode_message(out, p);
    if ((bs->flags & KW_BATCHES_CHECK_CRC) != 0 && kw_batch_check_crc(out) != KW_OK)
        return fail(bs, KW_ERR_CRC, magic == KW_MAGIC_V2 ? KW_BATCH_V2_CRC : KW_LEGACY_CRC);
    bs->pos = p + size;
    return true;
}

kw_status kw_batch_check_crc(const kw_batch *batch)
{
    uint32_t crc;
    if (batch->magic == KW_MAGIC_V2)
        crc = kw_crc32c(0, batch->data + KW_BATCH_V2_ATTRIBUTES, batch->size - KW_BATCH_V2_ATTRIBUTES);
    else
        crc = kw_crc32(0, batch->data + KW_BATCH_MAGIC, batch->size - KW_BATCH_MAGIC);
    return crc == batch->crc ? KW_OK : KW_ERR_CRC;
}

int64_t kw_next_fetch_offset(kw_bytes records, int64_t fetch_offset)
{
    kw_batches bs;
    kw_batch b;
    int64_t next = fetch_offset;
    for (kw_batches_init(&bs, records); kw_batches_next(&bs, &b);)
        if (kw_batch_next_offset(&b) > next)
            next = kw_batch_next_offset(&b);
    return next;
}
