/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"

#include "../writer_back.h"

#include <kwire/crc.h>
#include <kwire/endian.h>

/* The offset, key and value lengths, and the fields between, of the message around compressed ones. */
enum { WRAPPER_V0 = KW_LEGACY_V0_KEY + 8, WRAPPER_V1 = KW_LEGACY_V1_KEY + 8 };

void kw_batch_options_init(kw_batch_options *options)
{
    memset(options, 0, sizeof *options);
    options->append_time = KW_NO_TIMESTAMP;
    options->delete_horizon = KW_NO_TIMESTAMP;
    options->producer_id = KW_NO_PRODUCER_ID;
    options->base_sequence = KW_NO_SEQUENCE;
    options->leader_epoch = KW_NO_LEADER_EPOCH;
    options->producer_epoch = KW_NO_PRODUCER_EPOCH;
    options->magic = KW_MAGIC_V2;
    options->codec = KW_CODEC_NONE;
    options->level = KW_LEVEL_DEFAULT;
}

/* ---- options ---- */

static bool has_producer(const kw_batch_options *o)
{
    return o->producer_id != KW_NO_PRODUCER_ID;
}

static bool is_plain(const kw_batch_options *o)
{
    return !has_producer(o) && !o->transactional && !o->control && o->delete_horizon == KW_NO_TIMESTAMP;
}

kw_status kwi_batch_options_check(const kw_batch_options *o)
{
    bool valid = o->magic <= KW_MAGIC_V2 && o->base_offset >= 0 && (unsigned)o->codec <= KW_CODEC_ZSTD &&
                 o->append_time >= KW_NO_TIMESTAMP && o->delete_horizon >= KW_NO_TIMESTAMP;
    if (valid && o->magic != KW_MAGIC_V2)
        valid = is_plain(o) && o->codec != KW_CODEC_ZSTD;
    if (valid && o->magic == KW_MAGIC_V0)
        valid = o->append_time == KW_NO_TIMESTAMP;
    if (valid && has_producer(o))
        valid = o->producer_id >= 0 && o->producer_epoch >= 0 && (o->base_sequence >= 0 || o->control);
    else if (valid)
        valid = !o->transactional;
    return valid ? KW_OK : KW_ERR_ARGUMENT;
}

uint16_t kwi_batch_attributes(const kw_batch_options *o)
{
    unsigned a = (unsigned)o->codec;
    a |= o->append_time != KW_NO_TIMESTAMP ? KW_ATTRIBUTE_LOG_APPEND_TIME : 0u;
    a |= o->transactional ? KW_ATTRIBUTE_TRANSACTIONAL : 0u;
    a |= o->control ? KW_ATTRIBUTE_CONTROL : 0u;
    a |= o->delete_horizon != KW_NO_TIMESTAMP ? KW_ATTRIBUTE_DELETE_HORIZON : 0u;
    return (uint16_t)a;
}

/* ---- the writer ---- */

uint8_t *kwi_writer_take_more(kw_writer *w, size_t size, kw_status *status)
{
    size_t size_before = kwi_writer_size(w), extra = w->extra;
    *status = w->status;
    if (w->status != KW_OK)
        return NULL;
    uint8_t *p = kwi_writer_more(w, size);
    *status = w->status;
    if (w->status != KW_OK)
        kwi_writer_back(w, size_before, extra);
    return kwi_writer_size(w) != size_before ? p : NULL;
}

/* ---- start and end ---- */

static size_t header_size(const kw_batch_options *o)
{
    if (o->magic == KW_MAGIC_V2)
        return KW_BATCH_V2_RECORDS;
    if (o->codec == KW_CODEC_NONE)
        return 0;
    return o->magic == KW_MAGIC_V1 ? WRAPPER_V1 : WRAPPER_V0;
}

kw_status kw_batch_builder_init(kw_batch_builder *b, kw_writer *out, const kw_batch_options *options)
{
    bool compressed = options->codec != KW_CODEC_NONE;
    memset(b, 0, sizeof *b);
    kw_status status = out->status != KW_OK ? out->status : kwi_batch_options_check(options);
    if (status != KW_OK)
        return status;
    if (compressed && (options->compressor == NULL || options->scratch == NULL || options->scratch == out))
        return KW_ERR_ARGUMENT;
    size_t header = header_size(options), start = kwi_writer_size(out), extra = out->extra;
    if (header != 0 && kwi_writer_take(out, header, &status) == NULL && status != KW_OK)
        return status;
    if (compressed)
        kw_writer_reset(options->scratch);

    b->last_offset = options->base_offset - 1;
    b->max_timestamp = KW_NO_TIMESTAMP;
    b->max_timestamp_offset = KW_NO_OFFSET;
    b->options = *options;
    b->out = out;
    b->records = compressed ? options->scratch : out;
    b->base_timestamp = options->delete_horizon;
    b->reach = b->last_offset;
    b->start = start;
    b->start_extra = extra;
    b->allowed = INT32_MAX - header;
    b->open = true;
    b->plain = options->magic == KW_MAGIC_V2 && options->append_time == KW_NO_TIMESTAMP && !options->control;
    return KW_OK;
}

void kw_batch_builder_cancel(kw_batch_builder *b)
{
    if (!b->open)
        return;
    kwi_writer_back(b->out, b->start, b->start_extra);
    if (b->records != b->out)
        kw_writer_reset(b->records);
    b->open = false;
    b->plain = false;
    b->size = 0;
}

static kw_status cancel(kw_batch_builder *b, kw_status why)
{
    kw_batch_builder_cancel(b);
    return why;
}

static kw_status compress(kw_batch_builder *b)
{
    const kw_batch_options *o = &b->options;
    kw_span records = kw_writer_data(b->records);
    if (records.size != kw_writer_needed(b->records))
        return KW_ERR_ARGUMENT;
    kw_bytes in = kw_bytes_of(records.data, records.size);
    return kw_compress(o->compressor, o->codec, o->level, o->magic, in, b->out);
}

void kwi_batch_v2_seal(uint8_t *batch, size_t size, const kw_batch_options *o, int32_t last_offset_delta,
                       int64_t base_timestamp, int64_t max_timestamp, int32_t count)
{
    kw_store_be64(batch + KW_BATCH_OFFSET, (uint64_t)o->base_offset);
    kw_store_be32(batch + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    kw_store_be32(batch + KW_BATCH_V2_LEADER_EPOCH, (uint32_t)o->leader_epoch);
    batch[KW_BATCH_MAGIC] = KW_MAGIC_V2;
    kw_store_be16(batch + KW_BATCH_V2_ATTRIBUTES, kwi_batch_attributes(o));
    kw_store_be32(batch + KW_BATCH_V2_LAST_OFFSET_DELTA, (uint32_t)last_offset_delta);
    kw_store_be64(batch + KW_BATCH_V2_BASE_TIMESTAMP, (uint64_t)base_timestamp);
    kw_store_be64(batch + KW_BATCH_V2_MAX_TIMESTAMP, (uint64_t)max_timestamp);
    kw_store_be64(batch + KW_BATCH_V2_PRODUCER_ID, (uint64_t)o->producer_id);
    kw_store_be16(batch + KW_BATCH_V2_PRODUCER_EPOCH, (uint16_t)o->producer_epoch);
    kw_store_be32(batch + KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)o->base_sequence);
    kw_store_be32(batch + KW_BATCH_V2_COUNT, (uint32_t)count);
    kw_store_be32(batch + KW_BATCH_V2_CRC, kw_crc32c(0, batch + KW_BATCH_V2_ATTRIBUTES, size - KW_BATCH_V2_ATTRIBUTES));
}

static void seal_wrapper(const kw_batch_builder *b, uint8_t *p, size_t size)
{
    const kw_batch_options *o = &b->options;
    bool v1 = o->magic == KW_MAGIC_V1;
    size_t key_at = v1 ? KW_LEGACY_V1_KEY : KW_LEGACY_V0_KEY;
    kw_store_be64(p + KW_BATCH_OFFSET, (uint64_t)b->last_offset);
    kw_store_be32(p + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    p[KW_BATCH_MAGIC] = o->magic;
    p[KW_LEGACY_ATTRIBUTES] = (uint8_t)kwi_batch_attributes(o);
    if (v1)
        kw_store_be64(p + KW_LEGACY_V1_TIMESTAMP, (uint64_t)b->max_timestamp);
    kw_store_be32(p + key_at, UINT32_MAX);
    kw_store_be32(p + key_at + 4, (uint32_t)(size - key_at - 8));
    kw_store_be32(p + KW_LEGACY_CRC, kw_crc32(0, p + KW_BATCH_MAGIC, size - KW_BATCH_MAGIC));
}

kw_status kw_batch_builder_end(kw_batch_builder *b)
{
    if (!b->open)
        return KW_ERR_ARGUMENT;
    if (b->count == 0)
        return cancel(b, KW_OK);
    kw_status status = b->records != b->out ? compress(b) : KW_OK;
    if (status != KW_OK)
        return cancel(b, status);
    size_t size = kw_writer_needed(b->out) - b->start - b->start_extra;
    if (size > INT32_MAX)
        return cancel(b, KW_ERR_BATCH_FULL);

    const kw_batch_options *o = &b->options;
    bool written = kwi_writer_size(b->out) != b->start; /* otherwise the writer only counts */
    uint8_t *batch = written ? b->out->buf + b->start : NULL;
    int64_t last_offset = b->reach > b->last_offset ? b->reach : b->last_offset;
    if (written && o->magic == KW_MAGIC_V2)
        kwi_batch_v2_seal(batch, size, o, (int32_t)(last_offset - o->base_offset), b->base_timestamp, b->max_timestamp,
                          b->count);
    else if (written && o->codec != KW_CODEC_NONE)
        seal_wrapper(b, batch, size);
    if (b->records != b->out)
        kw_writer_reset(b->records);
    b->open = false;
    b->plain = false;
    b->size = size;
    return KW_OK;
}

kw_status kw_batch_builder_reach(kw_batch_builder *b, int64_t last_offset)
{
    if (!b->open || b->options.magic != KW_MAGIC_V2 || last_offset < b->last_offset)
        return KW_ERR_ARGUMENT;
    if (last_offset - b->options.base_offset > INT32_MAX)
        return KW_ERR_BATCH_FULL;
    b->reach = last_offset;
    return KW_OK;
}
