/* SPDX-License-Identifier: Apache-2.0 */
#include "record_building.h"

/* ---- writers ---- */

static void batches_follow_each_other(void **state)
{
    (void)state;
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = plain();
    kw_write_int32(&w, 0x01020304);
    for (int n = 0; n < 3; n++) {
        kw_batch_builder b = begun(&w, &o);
        append(&b, 1, "k", "v");
        assert_status(kw_batch_builder_end(&b), KW_OK);
        assert_int_equal(b.size, 70);
        o.base_offset = b.last_offset + 1;
    }
    kw_write_int8(&w, 5);
    assert_status(w.status, KW_OK);
    assert_int_equal(kw_writer_needed(&w), 4 + 3 * 70 + 1);
    kw_batches bs;
    kw_batch batch;
    int64_t offset = 0;
    kw_batches_init_memory(&bs, buffer + 4, 3 * 70);
    bs.flags |= KW_BATCHES_CHECK_CRC;
    for (; kw_batches_next(&bs, &batch); offset++)
        assert_int_equal(batch.base_offset, offset);
    assert_status(bs.status, KW_OK);
    assert_int_equal(offset, 3);
}

static void what_does_not_fit_goes_to_the_next_batch(void **state)
{
    (void)state;
    for (size_t size = 0; size < 100; size++) {
        kw_writer w = writing_to(size);
        kw_batch_options o = plain();
        kw_batch_builder b;
        kw_status status = kw_batch_builder_init(&b, &w, &o);
        assert_status(status, size < 61 ? KW_ERR_SPACE : KW_OK);
        if (status != KW_OK) {
            assert_untouched(&w, 0);
            continue;
        }
        kw_new_record r = record_of(1, "k", "v");
        size_t fit = (size - 61) / 9;
        for (size_t n = 0; n < fit; n++)
            assert_status(kw_batch_builder_append(&b, &r), KW_OK);
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_SPACE);
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_SPACE);
        assert_status(kw_batch_builder_end(&b), KW_OK);
        assert_int_equal(b.size, fit == 0 ? 0 : 61 + 9 * fit);
        assert_untouched(&w, b.size);
    }
}

static void cancelling_leaves_the_writer_as_it_was(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_writer kinds[3];
    kw_writer_init(&kinds[0], buffer, sizeof buffer);
    kw_writer_init_growing(&kinds[1], test_memory_init(&memory), 4096);
    kw_writer_init_counting(&kinds[2]);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        kw_batch_options o = plain();
        kw_write_int16(&kinds[i], 0x0102);
        kw_batch_builder b = begun(&kinds[i], &o);
        for (int n = 0; n < 100; n++)
            append(&b, n, "k", "v");
        kw_batch_builder_cancel(&b);
        assert_untouched(&kinds[i], 2);
        kw_batch_builder_cancel(&b);
        kw_new_record r = record_of(1, "k", "v");
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_ARGUMENT);
        assert_status(kw_batch_builder_append_at(&b, 9, &r), KW_ERR_ARGUMENT);
        assert_status(kw_batch_builder_reach(&b, 9), KW_ERR_ARGUMENT);
        assert_status(kw_batch_builder_end(&b), KW_ERR_ARGUMENT);
        kw_write_int16(&kinds[i], 0x0304);
        assert_untouched(&kinds[i], 4);
    }
    assert_written(&kinds[0], "0102 0304");
    assert_written(&kinds[1], "0102 0304");
    kw_writer_finish(&kinds[1]);
    assert_int_equal(memory.blocks, 0);
}

static void nothing_to_write_is_nothing_written(void **state)
{
    (void)state;
    for (uint8_t magic = 0; magic < 3; magic++) {
        kw_writer w = writing_to(sizeof buffer);
        kw_batch_options o = plain();
        o.magic = magic;
        kw_batch_builder b = begun(&w, &o);
        assert_status(kw_batch_builder_end(&b), KW_OK);
        assert_untouched(&w, 0);
        assert_int_equal(b.size, 0);
    }
}

static void memory_that_runs_out_costs_one_record(void **state)
{
    (void)state;
    for (size_t fail_at = 1; fail_at < 6; fail_at++) {
        struct test_memory memory;
        kw_writer w;
        kw_writer_init_growing(&w, test_memory_init(&memory), 1 << 16);
        memory.fail_at = fail_at;
        kw_batch_options o = plain();
        kw_batch_builder b;
        kw_status status = kw_batch_builder_init(&b, &w, &o);
        if (fail_at == 1) {
            assert_status(status, KW_ERR_NO_MEMORY);
            assert_untouched(&w, 0);
        } else {
            int32_t n = 0, failed = 0;
            for (; n < 600; n++) {
                kw_new_record r = record_of(n, "k", "v");
                failed += kw_batch_builder_append(&b, &r) == KW_ERR_NO_MEMORY;
            }
            assert_int_equal(failed, 1);
            assert_int_equal(b.count, 599);
            assert_status(kw_batch_builder_end(&b), KW_OK);
        }
        kw_writer_finish(&w);
        assert_int_equal(memory.blocks, 0);
    }
}

static void a_limit_is_a_limit(void **state)
{
    (void)state;
    struct test_memory memory;
    kw_writer w;
    kw_writer_init_growing(&w, test_memory_init(&memory), 75);
    kw_batch_options o = plain();
    kw_batch_builder b = begun(&w, &o);
    append(&b, 1, "k", "v");
    kw_new_record r = record_of(1, "k", "v");
    assert_status(kw_batch_builder_append(&b, &r), KW_ERR_MEMORY_LIMIT);
    assert_status(kw_batch_builder_end(&b), KW_OK);
    assert_untouched(&w, 70);
    kw_writer_finish(&w);
}

static void a_writer_that_failed_takes_no_batch(void **state)
{
    (void)state;
    for (uint8_t magic = 0; magic < 3; magic++) {
        kw_writer w = writing_to(100);
        (void)kw_writer_fail(&w, KW_ERR_NULL);
        kw_batch_options o = plain();
        o.magic = magic;
        kw_batch_builder b;
        assert_status(kw_batch_builder_init(&b, &w, &o), KW_ERR_NULL);
        kw_new_record r = record_of(1, "k", "v");
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_ARGUMENT);
        assert_status(kw_write_empty_batch(&w, &o, 1, 1), KW_ERR_NULL);
    }
}

/* ---- compression ---- */

/* Large enough records that compressed ones are smaller. */
static kw_status build_gzip(kw_batch_builder *b, kw_writer *w, kw_writer *scratch, kw_compressor *c, uint8_t magic,
                            int level)
{
    kw_batch_options o = plain();
    o.magic = magic;
    o.codec = KW_CODEC_GZIP;
    o.level = level;
    o.base_offset = 40;
    o.compressor = c;
    o.scratch = scratch;
    kw_status status = kw_batch_builder_init(b, w, &o);
    for (int n = 0; status == KW_OK && n < 30; n++) {
        kw_new_record r = record_of(1000 + n, "a key", "a value that is as long as such values are");
        status = kw_batch_builder_append(b, &r);
    }
    if (status == KW_OK)
        return kw_batch_builder_end(b);
    kw_batch_builder_cancel(b);
    return status;
}

static void compressed_records_are_read_back(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    static uint8_t scratch_room[8192];
    kw_compressor *c = kw_compressor_create(kw_allocator_libc());
    kw_decompressor *d = kw_decompressor_create(kw_allocator_libc());
    for (uint8_t magic = 0; magic < 3; magic++) {
        kw_writer w = writing_to(sizeof buffer), scratch;
        kw_writer_init(&scratch, scratch_room, sizeof scratch_room);
        kw_batch_builder b;
        assert_status(build_gzip(&b, &w, &scratch, c, magic, KW_LEVEL_DEFAULT), KW_OK);
        assert_int_equal(kw_writer_needed(&scratch), 0);
        assert_true(b.size < 1000);
        kw_batches bs;
        kw_batch batch;
        kw_batches_init_memory(&bs, buffer, kw_writer_needed(&w));
        bs.flags |= KW_BATCHES_CHECK_CRC;
        assert_true(kw_batches_next(&bs, &batch));
        assert_int_equal(batch.size, b.size);
        assert_int_equal(batch.last_offset, 69);
        assert_int_equal(batch.max_timestamp, magic == 0 ? -1 : 1029);
        kw_records rs;
        kw_record r;
        int64_t offset = 40;
        (void)kw_records_init(&rs, &batch, d, &scratch);
        rs.flags |= KW_RECORDS_CHECK_CRC;
        for (; kw_records_next(&rs, &r); offset++) {
            assert_int_equal(r.offset, offset);
            assert_int_equal(r.timestamp, magic == 0 ? -1 : 960 + offset);
        }
        assert_status(rs.status, KW_OK);
        assert_int_equal(offset, 70);
    }
    kw_compressor_destroy(c);
    kw_decompressor_destroy(d);
}

static void compressed_records_that_do_not_fit(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    static uint8_t scratch_room[8192];
    kw_compressor *c = kw_compressor_create(kw_allocator_libc());
    kw_writer w = writing_to(80), scratch;
    kw_batch_builder b;
    kw_write_int8(&w, 1);
    kw_writer_init(&scratch, scratch_room, sizeof scratch_room);
    assert_status(build_gzip(&b, &w, &scratch, c, 2, KW_LEVEL_DEFAULT), KW_ERR_SPACE);
    assert_untouched(&w, 1);
    kw_write_int8(&w, 2);
    assert_written(&w, "01 02");
    assert_status(build_gzip(&b, &w, &scratch, c, 2, 99), KW_ERR_ARGUMENT);
    assert_untouched(&w, 2);

    w = writing_to(sizeof buffer);
    kw_writer_init(&scratch, scratch_room, 1000);
    assert_status(build_gzip(&b, &w, &scratch, c, 2, KW_LEVEL_DEFAULT), KW_ERR_SPACE);
    assert_untouched(&w, 0);
    assert_untouched(&scratch, 0);
    kw_writer_init_counting(&scratch);
    assert_status(build_gzip(&b, &w, &scratch, c, 2, KW_LEVEL_DEFAULT), KW_ERR_ARGUMENT);
    assert_status(build_gzip(&b, &w, &w, c, 2, KW_LEVEL_DEFAULT), KW_ERR_ARGUMENT);
    assert_status(build_gzip(&b, &w, NULL, c, 2, KW_LEVEL_DEFAULT), KW_ERR_ARGUMENT);
    assert_status(build_gzip(&b, &w, &scratch, NULL, 2, KW_LEVEL_DEFAULT), KW_ERR_ARGUMENT);
    assert_untouched(&w, 0);
    kw_compressor_destroy(c);
}

/* ---- invalid arguments ---- */

static void check_options(kw_batch_options o, kw_status want, int line)
{
    kw_writer w = writing_to(sizeof buffer), scratch;
    kw_writer_init_counting(&scratch);
    kw_compressor *c = kw_compressor_create(kw_allocator_libc());
    o.scratch = &scratch;
    o.compressor = c;
    kw_batch_builder b;
    check_status(kw_batch_builder_init(&b, &w, &o), want, __FILE__, line);
    kw_batch_builder_cancel(&b);
    assert_untouched(&w, 0);
    kw_compressor_destroy(c);
}

#define assert_options(want, ...)         \
    do {                                  \
        kw_batch_options o = plain();     \
        __VA_ARGS__;                      \
        check_options(o, want, __LINE__); \
    } while (0)

static void options_that_contradict_each_other(void **state)
{
    (void)state;
    assert_options(KW_OK, (void)0);
    assert_options(KW_ERR_ARGUMENT, o.magic = 3);
    assert_options(KW_ERR_ARGUMENT, o.base_offset = -1);
    assert_options(KW_ERR_ARGUMENT, o.codec = (kw_codec)5);
    assert_options(KW_ERR_ARGUMENT, o.codec = KW_CODEC_ZSTD, o.magic = 1);
    assert_options(KW_OK, o.codec = KW_CODEC_ZSTD);
    assert_options(KW_ERR_ARGUMENT, o.append_time = -2);
    assert_options(KW_ERR_ARGUMENT, o.append_time = 5, o.magic = 0);
    assert_options(KW_OK, o.append_time = 5, o.magic = 1);
    assert_options(KW_ERR_ARGUMENT, o.delete_horizon = -2);
    assert_options(KW_ERR_ARGUMENT, o.delete_horizon = 1, o.magic = 1);
    assert_options(KW_ERR_ARGUMENT, o.transactional = true);
    assert_options(KW_ERR_ARGUMENT, o.control = true, o.magic = 1);
    assert_options(KW_ERR_ARGUMENT, o.producer_id = 1);
    assert_options(KW_ERR_ARGUMENT, o.producer_id = 1, o.producer_epoch = 0);
    assert_options(KW_ERR_ARGUMENT, o.producer_id = 1, o.base_sequence = 0);
    assert_options(KW_ERR_ARGUMENT, o.producer_id = -2, o.producer_epoch = 0, o.base_sequence = 0);
    assert_options(KW_OK, o.producer_id = 1, o.producer_epoch = 0, o.base_sequence = 0);
    assert_options(KW_OK, o.producer_id = 1, o.producer_epoch = 0, o.control = true, o.transactional = true);
    assert_options(KW_ERR_ARGUMENT, o.producer_id = 1, o.producer_epoch = 0, o.base_sequence = 0, o.magic = 1);
}

static void records_that_are_refused(void **state)
{
    (void)state;
    for (uint8_t magic = 0; magic < 3; magic++) {
        kw_writer w = writing_to(sizeof buffer);
        kw_batch_options o = plain();
        o.magic = magic;
        kw_batch_builder b = begun(&w, &o);
        kw_record_header header = {{NULL, -1}, {NULL, -1}};
        kw_new_record r = record_of(-2, "k", "v");
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_ARGUMENT);
        r.timestamp = 1;
        r.header_count = -1;
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_ARGUMENT);
        r.headers = &header;
        r.header_count = 1;
        assert_status(kw_batch_builder_append(&b, &r), magic == 2 ? KW_ERR_NULL : KW_ERR_ARGUMENT);
        r.header_count = 0;
        assert_status(kw_batch_builder_append_at(&b, -1, &r), KW_ERR_ARGUMENT);
        assert_status(kw_batch_builder_append_at(&b, INT64_C(1) << 31, &r), KW_ERR_BATCH_FULL);
        kw_record read = {.timestamp = 1, .header_count = 1};
        assert_status(kw_batch_builder_append_copy(&b, 0, &read), KW_ERR_ARGUMENT);
        kw_control_record c = {.type = KW_CONTROL_SNAPSHOT_FOOTER};
        assert_status(kw_batch_builder_append_control(&b, 1, &c), KW_ERR_ARGUMENT);
        assert_int_equal(b.count, 0);
        assert_status(kw_batch_builder_append(&b, &r), KW_OK);
        assert_status(kw_batch_builder_end(&b), KW_OK);
    }
}

static void batches_have_a_last_byte(void **state)
{
    (void)state;
    kw_bytes huge = {NULL, INT32_MAX}, large = {NULL, INT32_MAX - 200}, small = {NULL, 200};
    for (uint8_t magic = 0; magic < 3; magic++) {
        kw_writer counting;
        kw_writer_init_counting(&counting);
        kw_batch_options o = plain();
        o.magic = magic;
        kw_batch_builder b = begun(&counting, &o);
        kw_new_record r = {.key = huge, .value = huge};
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_BATCH_FULL);
        r.key = null_bytes;
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_BATCH_FULL);
        r.value = large;
        assert_status(kw_batch_builder_append(&b, &r), KW_OK);
        r.value = small;
        assert_status(kw_batch_builder_append(&b, &r), KW_ERR_BATCH_FULL);
        r.value = null_bytes;
        assert_status(kw_batch_builder_append(&b, &r), KW_OK);
        assert_int_equal(b.count, 2);
        assert_status(kw_batch_builder_end(&b), KW_OK);
        assert_int_equal(kw_writer_needed(&counting), b.size);
    }
}

static void the_largest_offset(void **state)
{
    (void)state;
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = plain();
    o.base_offset = INT64_MAX - 1;
    kw_batch_builder b = begun(&w, &o);
    append(&b, 1, "k", "v");
    append(&b, 1, "k", "v");
    kw_new_record r = record_of(1, "k", "v");
    assert_status(kw_batch_builder_append(&b, &r), KW_ERR_BATCH_FULL);
    assert_int_equal(b.last_offset, INT64_MAX);
    assert_status(kw_batch_builder_end(&b), KW_OK);
}

static void control_batches_take_control_records(void **state)
{
    (void)state;
    kw_writer w = writing_to(sizeof buffer);
    kw_batch_options o = plain();
    o.control = true;
    kw_batch_builder b = begun(&w, &o);
    kw_new_record r = record_of(1, "k", "v");
    kw_record read = {.timestamp = 1};
    assert_status(kw_batch_builder_append(&b, &r), KW_ERR_ARGUMENT);
    assert_status(kw_batch_builder_append_at(&b, 3, &r), KW_ERR_ARGUMENT);
    assert_status(kw_batch_builder_append_copy(&b, 3, &read), KW_ERR_ARGUMENT);
    kw_control_record c = {.type = 7};
    assert_status(kw_batch_builder_append_control(&b, 1, &c), KW_ERR_ARGUMENT);
    c.type = KW_CONTROL_COMMIT;
    assert_status(kw_batch_builder_append_control(&b, 1, &c), KW_ERR_ARGUMENT);
    c.type = KW_CONTROL_SNAPSHOT_FOOTER;
    c.version = 9;
    assert_status(kw_batch_builder_append_control(&b, 1, &c), KW_ERR_VERSION);
    c.version = 0;
    assert_status(kw_batch_builder_append_control(&b, -2, &c), KW_ERR_ARGUMENT);
    assert_status(kw_batch_builder_append_control(&b, 1, &c), KW_OK);
    assert_status(kw_batch_builder_append_control(&b, 1, &c), KW_OK);
    assert_int_equal(b.count, 2);
    assert_status(kw_batch_builder_end(&b), KW_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(batches_follow_each_other),
        TEST(what_does_not_fit_goes_to_the_next_batch),
        TEST(cancelling_leaves_the_writer_as_it_was),
        TEST(nothing_to_write_is_nothing_written),
        TEST(memory_that_runs_out_costs_one_record),
        TEST(a_limit_is_a_limit),
        TEST(a_writer_that_failed_takes_no_batch),
        TEST(compressed_records_are_read_back),
        TEST(compressed_records_that_do_not_fit),
        TEST(options_that_contradict_each_other),
        TEST(records_that_are_refused),
        TEST(batches_have_a_last_byte),
        TEST(the_largest_offset),
        TEST(control_batches_take_control_records),
    };
    return cmocka_run_group_tests_name("limits of the record builder", tests, NULL, NULL);
}
