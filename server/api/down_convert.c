/* SPDX-License-Identifier: Apache-2.0 */
#include "down_convert.h"

#include <kwire/batches.h>
#include <kwire/error.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

/* Kafka converts so many bytes at a time, and drops what is before a batch that it cannot convert. */
enum { GROUP_BYTES = 128 * 1024, FILLER_HEADER = 12 };

struct conversion {
    const struct down_conversion *what;
    kw_append_tools *tools;
    kw_writer *out;
};

/* ---- a batch ---- */

static void set_options(const struct conversion *c, const kw_batch *batch, int64_t base_offset,
                        kw_batch_options *options)
{
    kw_batch_options_init(options);
    options->magic = c->what->magic;
    options->base_offset = base_offset;
    options->codec = kw_batch_codec(batch);
    if (options->codec != KW_CODEC_NONE) {
        options->compressor = c->tools->compressor;
        options->scratch = c->tools->scratch2;
    }
    if (kw_batch_has_append_time(batch) && options->magic != KW_MAGIC_V0)
        options->append_time = batch->max_timestamp;
}

static kw_status copy_record(const struct conversion *c, kw_batch_builder *builder, const kw_batch *batch,
                             const kw_record *record, bool is_first)
{
    if (is_first) {
        kw_batch_options options;
        set_options(c, batch, record->offset, &options);
        kw_status status = kw_batch_builder_init(builder, c->out, &options);
        if (status != KW_OK)
            return status;
    }
    const kw_new_record copy = {.timestamp = record->timestamp, .key = record->key, .value = record->value};
    return kw_batch_builder_append_at(builder, record->offset, &copy);
}

static kw_status convert_records(const struct conversion *c, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    kw_batch_builder builder;
    bool is_compressed = kw_batch_codec(batch) != KW_CODEC_NONE, any = false;
    kw_status status = kw_records_init(&records, batch, c->tools->decompressor, c->tools->scratch);
    while (status == KW_OK && kw_records_next(&records, &record))
        if (is_compressed || record.offset >= c->what->offset) {
            status = copy_record(c, &builder, batch, &record, !any);
            any = any || status == KW_OK;
        }
    if (status == KW_OK)
        status = records.status;
    if (!any)
        return status;
    if (status == KW_OK)
        return kw_batch_builder_end(&builder);
    kw_batch_builder_cancel(&builder);
    return status;
}

static kw_status convert_batch(const struct conversion *c, const kw_batch *batch)
{
    if (kw_batch_is_control(batch))
        return KW_OK;
    if (batch->magic > c->what->magic)
        return convert_records(c, batch);
    kw_write_raw(c->out, batch->data, batch->size);
    return c->out->status;
}

/* ---- groups of batches ---- */

/* That Kafka converts together. */
struct group {
    kw_batches from;
    size_t count;
};

/* Moves on by as many batches as fit into `max` bytes, by one at least. False at the end. */
static bool next_group(kw_batches *at, size_t max, struct group *group)
{
    kw_batch batch;
    size_t size = 0;
    *group = (struct group){*at, 0};
    for (kw_batches ahead = *at; kw_batches_next(&ahead, &batch); *at = ahead) {
        size += batch.size;
        if (group->count > 0 && size > max)
            break;
        group->count++;
    }
    return group->count > 0;
}

static bool can_be_converted(struct group group)
{
    kw_batch batch;
    for (; group.count > 0 && kw_batches_next(&group.from, &batch); group.count--)
        if (!kw_batch_is_control(&batch) && kw_batch_codec(&batch) == KW_CODEC_ZSTD)
            return false;
    return true;
}

static kw_status convert_group(const struct conversion *c, struct group group)
{
    kw_batch batch;
    kw_status status = KW_OK;
    for (; status == KW_OK && group.count > 0 && kw_batches_next(&group.from, &batch); group.count--)
        status = convert_batch(c, &batch);
    return status;
}

/* The first batch that yields a message decides how much the client gets. */
static int16_t convert_first(const struct conversion *c, kw_batches *at, int32_t *size)
{
    struct group group;
    bool any = false;
    while (kw_writer_needed(c->out) == 0 && next_group(at, 0, &group)) {
        any = true;
        if (!can_be_converted(group))
            return KW_ERROR_UNSUPPORTED_COMPRESSION_TYPE;
        kw_status status = convert_group(c, group);
        if (status != KW_OK)
            return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT ? KW_ERROR_KAFKA_STORAGE_ERROR
                                                                               : KW_ERROR_CORRUPT_MESSAGE;
    }
    size_t first = kw_writer_needed(c->out), whole = (size_t)c->what->batches.len;
    *size = first != 0 ? (int32_t)(first > whole ? first : whole) : any ? FILLER_HEADER : 0;
    return KW_ERROR_NONE;
}

/* What cannot be converted is left out: the client asks for it, and is given the error. */
static void convert_more(const struct conversion *c, kw_batches *at, size_t size)
{
    struct group group;
    while (kw_writer_needed(c->out) < size && next_group(at, GROUP_BYTES, &group) && can_be_converted(group))
        if (convert_group(c, group) != KW_OK)
            break;
}

static void fill(kw_writer *out, size_t size)
{
    static const uint8_t zeros[512];
    while (kw_writer_ok(out) && kw_writer_needed(out) < size) {
        size_t left = size - kw_writer_needed(out);
        size_t message = left + 1 < GROUP_BYTES ? left + 1 : GROUP_BYTES;
        kw_write_int64(out, -1);
        kw_write_int32(out, (int32_t)(left + 1 > KW_BATCH_V2_RECORDS ? left + 1 : KW_BATCH_V2_RECORDS));
        for (size_t done = FILLER_HEADER; done < message; done += sizeof zeros)
            kw_write_raw(out, zeros, message - done < sizeof zeros ? message - done : sizeof zeros);
    }
}

int16_t down_convert(const struct down_conversion *conversion, struct append_tools *tools, kw_writer *out,
                     int32_t *size)
{
    const struct conversion c = {conversion, &tools->tools, out};
    kw_batches at;
    *size = 0;
    kw_batches_init(&at, conversion->batches);
    int16_t error = convert_first(&c, &at, size);
    if (error != KW_ERROR_NONE)
        return error;
    convert_more(&c, &at, (size_t)*size);
    fill(out, (size_t)*size);
    return kw_writer_ok(out) ? KW_ERROR_NONE : KW_ERROR_KAFKA_STORAGE_ERROR;
}
