/* SPDX-License-Identifier: Apache-2.0 */
/* A records field with correct checksums: its batches, their records, headers and control records, the verdict of a
 * broker, and the same records built again. The input: flags (8 bits; 1: only the batches, for long inputs), then
 * the field. */
#include <kwire/append.h>
#include <kwire/batches.h>
#include <kwire/control_record.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

#include <stdlib.h>
#include <string.h>

#include "fix_checksums.h"
#include "fuzz.h"

enum { LIMIT = 1 << 20 };

/* Memory for decompression. */
struct tools {
    kw_decompressor *decompressor;
    kw_writer scratch;
    kw_arena arena;
};

static bool lies_in(kw_bytes part, const void *data, size_t size)
{
    const uint8_t *start = data;
    return part.len <= 0 || (part.data >= start && (size_t)(part.data - start) <= size &&
                             (size_t)part.len <= size - (size_t)(part.data - start));
}

static void check_record(const kw_batch *batch, const kw_record *record, struct tools *tools)
{
    kw_span unpacked = kw_writer_data(&tools->scratch);
    bool packed = kw_batch_codec(batch) != KW_CODEC_NONE;
    const void *data = packed ? unpacked.data : batch->data;
    size_t size = packed ? unpacked.size : batch->size;
    FUZZ_REQUIRE(lies_in(record->key, data, size) && lies_in(record->value, data, size));
    FUZZ_REQUIRE(lies_in(record->headers, data, size) && record->header_count >= 0);

    kw_record_headers headers;
    kw_record_header header;
    int32_t count = 0;
    for (kw_record_headers_init(&headers, record); kw_record_headers_next(&headers, &header); count++)
        FUZZ_REQUIRE(header.key.len >= 0 && lies_in(header.value, data, size));
    FUZZ_REQUIRE(count == record->header_count && headers.reader.status == KW_OK);
    if (kw_batch_is_control(batch)) {
        kw_control_record control;
        kw_arena_reset(&tools->arena);
        FUZZ_REQUIRE(kw_control_record_decode(&control, record, &tools->arena) != KW_ERR_NO_MEMORY);
    }
}

/* A batch of the same records, read again, has the same records. */
static void check_copy(const kw_batch *batch)
{
    kw_batch_options options;
    kw_batch_builder builder;
    kw_records first, second;
    kw_record a, b;
    kw_batch copy;
    kw_batches batches;
    kw_writer out;
    kw_batch_options_init(&options);
    options.base_offset = batch->base_offset;
    kw_writer_init_growing(&out, kw_allocator_libc(), 2 * (size_t)LIMIT);
    if (kw_batch_builder_init(&builder, &out, &options) == KW_OK) {
        bool whole = true;
        for (kw_records_init(&first, batch, NULL, NULL); whole && kw_records_next(&first, &a);)
            whole = kw_batch_builder_append_copy(&builder, a.offset, &a) == KW_OK;
        FUZZ_REQUIRE(kw_batch_builder_end(&builder) == KW_OK);
        kw_bytes bytes = kw_bytes_of_span(kw_writer_data(&out));
        if (whole && first.status == KW_OK && bytes.len > 0) {
            kw_batches_init(&batches, bytes);
            batches.flags = KW_BATCHES_CHECK_CRC;
            FUZZ_REQUIRE(kw_batches_next(&batches, &copy));
            kw_records_init(&first, batch, NULL, NULL);
            for (kw_records_init(&second, &copy, NULL, NULL); kw_records_next(&second, &b);) {
                FUZZ_REQUIRE(kw_records_next(&first, &a) && a.offset == b.offset && a.timestamp == b.timestamp);
                FUZZ_REQUIRE(kw_bytes_equal(a.key, b.key) && kw_bytes_equal(a.value, b.value));
                FUZZ_REQUIRE(kw_bytes_equal(a.headers, b.headers) && a.header_count == b.header_count);
            }
            FUZZ_REQUIRE(second.status == KW_OK && !kw_records_next(&first, &a));
        }
    }
    kw_writer_finish(&out);
}

static void check_batch(const kw_batch *batch, struct tools *tools)
{
    kw_records records;
    kw_record record;
    int32_t count = 0;
    kw_records_init(&records, batch, tools->decompressor, &tools->scratch);
    for (; kw_records_next(&records, &record); count++)
        check_record(batch, &record, tools);
    if (records.status == KW_OK && batch->count != KW_COUNT_UNKNOWN)
        FUZZ_REQUIRE(count == batch->count);
    if (records.status == KW_OK && batch->magic == KW_MAGIC_V2 && kw_batch_codec(batch) == KW_CODEC_NONE)
        check_copy(batch);
}

/* After the in-place changes of a broker a batch is as valid as before. */
static void check_patches(const kw_batch *batch)
{
    kw_batches batches;
    kw_batch changed;
    uint8_t *copy = fuzz_copy(batch->data, batch->size);
    if (kw_batch_set_last_offset(copy, batch->size, 1000000) == KW_OK) {
        kw_batches_init_memory(&batches, copy, batch->size);
        FUZZ_REQUIRE(kw_batches_next(&batches, &changed) && changed.last_offset == 1000000);
        FUZZ_REQUIRE(kw_batch_check_crc(&changed) == KW_OK);
    }
    if (kw_batch_set_max_timestamp(copy, batch->size, true, 77) == KW_OK) {
        kw_batches_init_memory(&batches, copy, batch->size);
        FUZZ_REQUIRE(kw_batches_next(&batches, &changed) && kw_batch_check_crc(&changed) == KW_OK);
    }
    free(copy);
}

static void check_verdict(kw_bytes field)
{
    kw_append append;
    kw_append_rules rules;
    kw_append_rules_init(&rules);
    int16_t error = kw_append_check(&append, field, &rules, NULL, NULL);
    FUZZ_REQUIRE(error == append.error && (error == 0) == (append.reason == KW_APPEND_NONE));
    if (error != 0 || append.rewrite)
        return;
    FUZZ_REQUIRE(append.size <= (size_t)field.len);
    uint8_t *log = malloc(append.size);
    kw_batches batches;
    kw_batch batch;
    kw_writer out;
    kw_writer_init(&out, log, append.size);
    FUZZ_REQUIRE(kw_append_assign(&append, field, 500, 3, &out) == KW_OK);
    FUZZ_REQUIRE(kw_writer_needed(&out) == append.size);
    kw_batches_init_memory(&batches, log, append.size);
    batches.flags = KW_BATCHES_CHECK_CRC;
    int64_t next = 500;
    while (kw_batches_next(&batches, &batch))
        next = kw_batch_next_offset(&batch);
    FUZZ_REQUIRE(batches.status == KW_OK && next == 500 + append.count);
    free(log);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    bool only_batches = (fuzz_take8(&in) & 1) != 0;
    size_t left = fuzz_left(&in);
    uint8_t *records = fuzz_copy(in.pos, left);
    kw_bytes field = kw_bytes_of(records, left);
    kw_batches batches;
    kw_batch batch;
    size_t seen = 0;
    struct tools tools = {.decompressor = kw_decompressor_create(kw_allocator_libc())};
    FUZZ_REQUIRE(tools.decompressor != NULL);
    kw_decompressor_set_count_limit(tools.decompressor, LIMIT);
    kw_writer_init_growing(&tools.scratch, kw_allocator_libc(), LIMIT);
    fuzz_arena(&tools.arena);
    fix_checksums(records, left);
    kw_batches_init(&batches, field);
    batches.flags = KW_BATCHES_CHECK_CRC;
    for (; kw_batches_next(&batches, &batch); seen += batch.size) {
        FUZZ_REQUIRE(batch.position == seen && batch.size <= left - seen && batch.data == records + seen);
        if (!only_batches) {
            check_batch(&batch, &tools);
            check_patches(&batch);
        }
    }
    FUZZ_REQUIRE(batches.status != KW_OK || seen + batches.partial == left);
    FUZZ_REQUIRE(batches.status != KW_ERR_CRC);
    check_verdict(field);
    kw_arena_finish(&tools.arena);
    kw_writer_finish(&tools.scratch);
    kw_decompressor_destroy(tools.decompressor);
    free(records);
}
