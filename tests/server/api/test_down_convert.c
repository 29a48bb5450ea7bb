/* SPDX-License-Identifier: Apache-2.0 */
/* Batches as clients before Kafka 0.11 get them. */
#include "handler_support.h"

#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/record_builder.h>
#include <kwire/records.h>

#include "api/down_convert.h"

enum { LIMIT = 1 << 20, HEADER = KW_BATCH_V2_RECORDS };

static struct append_tools_pool pool;
static struct append_tools *tools;
static kw_writer batches; /* of the log */
static kw_writer out;
static int32_t size;

static int set_up(void **state)
{
    (void)state;
    tools = append_tools_lend(&pool);
    assert_non_null(tools);
    append_tools_limit(tools, LIMIT);
    kw_writer_init_growing(&batches, kw_allocator_libc(), LIMIT);
    kw_writer_init_growing(&out, kw_allocator_libc(), LIMIT);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kw_writer_finish(&batches);
    kw_writer_finish(&out);
    append_tools_return(&pool, tools);
    append_tools_pool_finish(&pool);
    return 0;
}

/* ---- the log ---- */

static kw_batch_options options_at(int64_t offset, kw_codec codec)
{
    kw_batch_options options;
    kw_batch_options_init(&options);
    options.base_offset = offset;
    options.codec = codec;
    if (codec != KW_CODEC_NONE) {
        options.compressor = tools->tools.compressor;
        options.scratch = tools->tools.scratch;
    }
    return options;
}

/* `count` records with a header each: k0=v0 at 100, and so on; then one without key and time. */
static void add(const kw_batch_options *options, int count)
{
    static const kw_record_header header = {{"h", 1}, {(const uint8_t *)"x", 1}};
    kw_batch_builder builder;
    assert_status(kw_batch_builder_init(&builder, &batches, options), KW_OK);
    for (int i = 0; i < count; i++) {
        const uint8_t key[] = {'k', (uint8_t)('0' + i)}, value[] = {'v', (uint8_t)('0' + i)};
        kw_new_record record = {.timestamp = 100 + i, .key = {key, 2}, .value = {value, 2}};
        if (options->magic == KW_MAGIC_V2) {
            record.headers = &header;
            record.header_count = 1;
        }
        assert_status(kw_batch_builder_append(&builder, &record), KW_OK);
    }
    const kw_new_record bare = {.timestamp = KW_NO_TIMESTAMP, .key = {NULL, -1}, .value = {NULL, -1}};
    assert_status(kw_batch_builder_append(&builder, &bare), KW_OK);
    assert_status(kw_batch_builder_end(&builder), KW_OK);
}

static void add_at(int64_t offset, kw_codec codec, int count)
{
    const kw_batch_options options = options_at(offset, codec);
    add(&options, count);
}

static void add_marker(int64_t offset)
{
    kw_batch_options options = options_at(offset, KW_CODEC_NONE);
    const kw_control_record abort = {.type = KW_CONTROL_ABORT};
    options.producer_id = 7;
    options.producer_epoch = 0;
    options.transactional = true;
    assert_status(kw_write_control_batch(&batches, &options, 100, &abort), KW_OK);
}

/* ---- what clients get ---- */

static size_t stored(void)
{
    return kw_writer_needed(&batches);
}

static int16_t convert_bytes(uint8_t magic, int64_t offset, size_t bytes)
{
    const struct down_conversion conversion = {
        .batches = kw_bytes_of(kw_writer_data(&batches).data, bytes), .offset = offset, .magic = magic};
    kw_writer_reset(&out);
    size = -1;
    int16_t error = down_convert(&conversion, tools, &out, &size);
    if (error == KW_ERROR_NONE)
        assert_true(size >= 0 && (size_t)size <= kw_writer_needed(&out));
    return error;
}

static void print_records(FILE *text, const kw_batch *batch)
{
    kw_records records;
    kw_record record;
    assert_status(kw_records_init(&records, batch, tools->tools.decompressor, tools->tools.scratch), KW_OK);
    records.flags |= KW_RECORDS_CHECK_CRC;
    while (kw_records_next(&records, &record))
        fprintf(text, " %d@%d %.*s=%.*s", (int)record.offset, (int)record.timestamp, record.key.len > 0 ? 2 : 0,
                record.key.len > 0 ? (const char *)record.key.data : "", record.value.len > 0 ? 2 : 0,
                record.value.len > 0 ? (const char *)record.value.data : "");
    assert_status(records.status, KW_OK);
    fprintf(text, "\n");
}

/* A line for each message that a client reads: magic, codec, and for each record offset@time key=value. */
static void assert_messages(const char *expected)
{
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    kw_batches at;
    kw_batch batch;
    assert_non_null(to);
    kw_batches_init(&at, kw_bytes_of(kw_writer_data(&out).data, (size_t)size));
    at.flags |= KW_BATCHES_CHECK_CRC;
    while (kw_batches_next(&at, &batch)) {
        fprintf(to, "%d/%d%s:", batch.magic, kw_batch_codec(&batch), kw_batch_has_append_time(&batch) ? " append" : "");
        print_records(to, &batch);
    }
    assert_status(at.status, KW_OK);
    assert_int_equal(fclose(to), 0);
    assert_string_equal(text, expected);
    free(text);
}

static void converts(uint8_t magic, int64_t offset, const char *expected)
{
    assert_int_equal(convert_bytes(magic, offset, stored()), KW_ERROR_NONE);
    assert_messages(expected);
}

/* ---- tests ---- */

static void plain_batches(void **state)
{
    (void)state;
    add_at(5, KW_CODEC_NONE, 2);
    converts(1, 0, "1/0: 5@100 k0=v0\n1/0: 6@101 k1=v1\n1/0: 7@-1 =\n");
    assert_int_equal(size, 38 + 38 + 34); /* more than the batch has */
    converts(0, 0, "0/0: 5@-1 k0=v0\n0/0: 6@-1 k1=v1\n0/0: 7@-1 =\n");
    converts(1, 6, "1/0: 6@101 k1=v1\n1/0: 7@-1 =\n");
    converts(1, 7, "1/0: 7@-1 =\n");
    assert_int_equal(size, (int32_t)stored());
}

/* Clients skip what is before their offset, as in any compressed message. */
static void compressed_batches(void **state)
{
    (void)state;
    static const kw_codec codecs[] = {KW_CODEC_GZIP, KW_CODEC_SNAPPY, KW_CODEC_LZ4};
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        char expected[128];
        kw_writer_reset(&batches);
        add_at(5, codecs[i], 2);
        (void)snprintf(expected, sizeof expected, "1/%d: 5@100 k0=v0 6@101 k1=v1 7@-1 =\n", codecs[i]);
        converts(1, 7, expected);
        (void)snprintf(expected, sizeof expected, "0/%d: 5@-1 k0=v0 6@-1 k1=v1 7@-1 =\n", codecs[i]);
        converts(0, 7, expected);
    }
}

static void times_of_appending(void **state)
{
    (void)state;
    kw_batch_options options = options_at(0, KW_CODEC_NONE);
    options.append_time = 900;
    add(&options, 1);
    options = options_at(2, KW_CODEC_GZIP);
    options.append_time = 950;
    add(&options, 1);
    converts(1, 0, "1/0 append: 0@900 k0=v0\n1/0 append: 1@900 =\n1/1 append: 2@950 k0=v0 3@950 =\n");
    converts(0, 0, "0/0: 0@-1 k0=v0\n0/0: 1@-1 =\n0/1: 2@-1 k0=v0 3@-1 =\n");
}

static void old_messages_stay(void **state)
{
    (void)state;
    kw_batch_options options = options_at(0, KW_CODEC_NONE);
    options.magic = KW_MAGIC_V1;
    add(&options, 1);
    add_at(2, KW_CODEC_NONE, 0);
    converts(1, 1, "1/0: 0@100 k0=v0\n1/0: 1@-1 =\n1/0: 2@-1 =\n");
    converts(0, 1, "0/0: 1@-1 =\n0/0: 2@-1 =\n");
}

/* What follows the messages looks like the start of one that is longer than all of it. */
static void assert_filler(size_t at, uint32_t length)
{
    const uint8_t *filler = (const uint8_t *)kw_writer_data(&out).data + at;
    assert_true(kw_load_be64(filler) == UINT64_MAX);
    assert_int_equal(kw_load_be32(filler + 8), length);
    for (const uint8_t *p = filler + 12; p < filler - at + size; p++)
        assert_int_equal(*p, 0);
}

static void markers_are_left_out(void **state)
{
    (void)state;
    add_marker(0);
    converts(1, 0, "");
    assert_int_equal(size, 12);
    assert_filler(0, HEADER);
    add_at(1, KW_CODEC_NONE, 1);
    add_marker(3);
    converts(1, 0, "1/0: 1@100 k0=v0\n1/0: 2@-1 =\n");
    assert_int_equal(size, (int32_t)stored());
    assert_filler(38 + 34, (uint32_t)(stored() - 38 - 34 + 1));
}

static void zstd(void **state)
{
    (void)state;
    add_at(0, KW_CODEC_ZSTD, 1);
    assert_int_equal(convert_bytes(1, 0, stored()), KW_ERROR_UNSUPPORTED_COMPRESSION_TYPE);
    kw_writer_reset(&batches);
    add_at(0, KW_CODEC_NONE, 0);
    add_at(1, KW_CODEC_NONE, 0);
    add_at(2, KW_CODEC_ZSTD, 1); /* and what Kafka converts together with it */
    converts(1, 0, "1/0: 0@-1 =\n");
    assert_int_equal(size, (int32_t)stored());
    assert_filler(34, (uint32_t)(stored() - 34 + 1));
}

/* Batches that together have at most 128 KiB are one group. */
static void groups_of_batches(void **state)
{
    (void)state;
    static uint8_t value[100000];
    const kw_new_record large = {.timestamp = 1, .key = {NULL, -1}, .value = {value, sizeof value}};
    for (int64_t offset = 0; offset < 3; offset++) {
        const kw_batch_options options = options_at(offset, KW_CODEC_NONE);
        kw_batch_builder builder;
        assert_status(kw_batch_builder_init(&builder, &batches, &options), KW_OK);
        assert_status(kw_batch_builder_append(&builder, &large), KW_OK);
        assert_status(kw_batch_builder_end(&builder), KW_OK);
    }
    add_at(3, KW_CODEC_ZSTD, 0); /* is with the third one */
    assert_int_equal(convert_bytes(1, 0, stored()), KW_ERROR_NONE);
    assert_int_equal(size, (int32_t)stored());
    assert_filler(2 * (34 + sizeof value), (uint32_t)(stored() - 2 * (34 + sizeof value) + 1));
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(convert_bytes(1, 0, 0), KW_ERROR_NONE);
    assert_int_equal(size, 0);
    add_at(0, KW_CODEC_NONE, 1);
    size_t first = stored();
    assert_int_equal(convert_bytes(1, 0, first - 1), KW_ERROR_NONE);
    assert_int_equal(size, 0); /* no whole batch */
    add_at(2, KW_CODEC_NONE, 9);
    assert_int_equal(convert_bytes(1, 0, first + 10), KW_ERROR_NONE);
    assert_int_equal(size, (int32_t)first + 10);
    assert_messages("1/0: 0@100 k0=v0\n1/0: 1@-1 =\n");
    assert_filler(38 + 34, HEADER);                                 /* at least as long as a batch */
    assert_int_equal(convert_bytes(1, 0, stored()), KW_ERROR_NONE); /* what would be longer is cut off */
    assert_int_equal(size, (int32_t)stored());
}

static void damaged_records(void **state)
{
    (void)state;
    add_at(0, KW_CODEC_NONE, 1);
    uint8_t *bytes = (uint8_t *)(uintptr_t)kw_writer_data(&batches).data;
    bytes[HEADER] = 0xff;
    assert_int_equal(convert_bytes(1, 0, stored()), KW_ERROR_CORRUPT_MESSAGE);
}

static void memory_is_short(void **state)
{
    (void)state;
    add_at(0, KW_CODEC_NONE, 9);
    kw_writer_finish(&out);
    kw_writer_init_growing(&out, kw_allocator_libc(), 100);
    assert_int_equal(convert_bytes(1, 0, stored()), KW_ERROR_KAFKA_STORAGE_ERROR);
    kw_writer_finish(&out);
    kw_writer_init_growing(&out, kw_allocator_libc(), LIMIT);
    add_at(10, KW_CODEC_GZIP, 9);
    append_tools_limit(tools, 100);
    converts(1, 8, "1/0: 8@108 k8=v8\n1/0: 9@-1 =\n"); /* the rest is for the next request */
}

#define CONVERT_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* As many messages as there is space for, whatever groups their batches are in. */
static void messages_of_many_groups(void **state)
{
    (void)state;
    enum { BATCHES = 4000, RECORDS = 3 };
    kw_batches at;
    kw_batch batch;
    int64_t expected = 0;
    for (int i = 0; i < BATCHES; i++)
        add_at((int64_t)RECORDS * i, KW_CODEC_NONE, RECORDS - 1);
    assert_true(stored() > 3 * 128 * 1024); /* a group has so much */
    assert_int_equal(convert_bytes(1, 0, stored()), KW_ERROR_NONE);
    assert_int_equal(size, (int32_t)stored());
    kw_batches_init(&at, kw_bytes_of(kw_writer_data(&out).data, (size_t)size));
    while (kw_batches_next(&at, &batch))
        assert_int_equal(batch.last_offset, expected++);
    assert_true(expected > BATCHES && at.partial <= 38); /* not even one more */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERT_TEST(plain_batches),           CONVERT_TEST(compressed_batches),
        CONVERT_TEST(times_of_appending),      CONVERT_TEST(old_messages_stay),
        CONVERT_TEST(markers_are_left_out),    CONVERT_TEST(zstd),
        CONVERT_TEST(groups_of_batches),       CONVERT_TEST(sizes),
        CONVERT_TEST(damaged_records),         CONVERT_TEST(memory_is_short),
        CONVERT_TEST(messages_of_many_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
