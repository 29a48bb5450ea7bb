/* SPDX-License-Identifier: Apache-2.0 */
#include "compression_tools.h"

enum { LAST_MAGIC = 2 };

/* In a heap block of their own. */
static kw_bytes bytes_of(kw_span span)
{
    kw_bytes b = kw_bytes_of(span.data, span.size);
    return span.size != 0 ? given_prefix(b, span.size) : b;
}

/* Repeated words, so that each codec can compress, with random bytes in between. */
static kw_bytes some_content(size_t size)
{
    uint8_t *p = given_size(size);
    uint32_t x = 2463534242;
    for (size_t i = 0; i < size; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = i / 64 % 8 == 0 ? (uint8_t)(x >> 24) : (uint8_t) "offset partition leader epoch "[i % 30];
    }
    kw_bytes b = kw_bytes_of(p, size);
    return b;
}

static kw_bytes packed(tools *t, kw_codec codec, uint8_t magic, kw_bytes content)
{
    kw_writer_reset(&t->packed);
    assert_status(kw_compress(t->compressor, codec, KW_LEVEL_DEFAULT, magic, content, &t->packed), KW_OK);
    return bytes_of(kw_writer_data(&t->packed));
}

static bool has_magic(kw_codec codec, int magic)
{
    return codec != KW_CODEC_ZSTD || magic == LAST_MAGIC;
}

/* Each codec that is built in. */
#define EACH_CODEC(codec)                                                                       \
    for (kw_codec codec = KW_CODEC_NONE; codec <= KW_CODEC_ZSTD; codec = (kw_codec)(codec + 1)) \
        if (kw_codec_available(codec))

/* ---- round trips and limits ---- */

static const size_t sizes[] = {0, 1, 63, 1000, 32768, 32769, 65536, 70000, 300000};

static void round_trips(void **state)
{
    (void)state;
    tools *t = set_up();
    EACH_CODEC (codec)
        for (int magic = 0; magic <= LAST_MAGIC; magic++)
            for (size_t i = 0; i < COUNT_OF(sizes) && has_magic(codec, magic); i++) {
                kw_bytes content = some_content(sizes[i]);
                kw_bytes in = packed(t, codec, (uint8_t)magic, content);
                kw_writer_reset(&t->content);
                assert_status(kw_decompress(t->decompressor, codec, (uint8_t)magic, in, &t->content), KW_OK);
                assert_int_equal(kw_writer_data(&t->content).size, sizes[i]);
                assert_memory_equal(kw_writer_data(&t->content).data, content.data, sizes[i]);
                assert_int_equal(kw_decompressor_details(t->decompressor)->warnings, 0);
                forget_given(NULL);
            }
    tear_down(t);
}

static void levels(void **state)
{
    (void)state;
    static const struct {
        kw_codec codec;
        int32_t level;
        kw_status status;
    } cases[] = {
        {KW_CODEC_GZIP, -2, KW_ERR_ARGUMENT},
        {KW_CODEC_GZIP, -1, KW_OK},
        {KW_CODEC_GZIP, 0, KW_ERR_ARGUMENT},
        {KW_CODEC_GZIP, 1, KW_OK},
        {KW_CODEC_GZIP, 9, KW_OK},
        {KW_CODEC_GZIP, 10, KW_ERR_ARGUMENT},
        {KW_CODEC_LZ4, 0, KW_ERR_ARGUMENT},
        {KW_CODEC_LZ4, 1, KW_OK},
        {KW_CODEC_LZ4, 17, KW_OK},
        {KW_CODEC_LZ4, 18, KW_ERR_ARGUMENT},
        {KW_CODEC_ZSTD, -131073, KW_ERR_ARGUMENT},
        {KW_CODEC_ZSTD, -131072, KW_OK},
        {KW_CODEC_ZSTD, 0, KW_OK},
        {KW_CODEC_ZSTD, 22, KW_OK},
        {KW_CODEC_ZSTD, 23, KW_ERR_ARGUMENT},
        {KW_CODEC_SNAPPY, 12345, KW_OK},
        {KW_CODEC_NONE, 12345, KW_OK},
    };
    tools *t = set_up();
    kw_bytes content = some_content(5000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (!kw_codec_available(cases[i].codec))
            continue;
        kw_writer_reset(&t->packed);
        kw_writer_reset(&t->content);
        assert_status(kw_compress(t->compressor, cases[i].codec, cases[i].level, 2, content, &t->packed),
                      cases[i].status);
        assert_true(kw_writer_ok(&t->packed));
        if (cases[i].status != KW_OK)
            continue;
        kw_bytes in = bytes_of(kw_writer_data(&t->packed));
        assert_status(kw_decompress(t->decompressor, cases[i].codec, 2, in, &t->content), KW_OK);
        assert_memory_equal(kw_writer_data(&t->content).data, content.data, 5000);
    }
    tear_down(t);
}

static void exactly_enough_is_enough(void **state)
{
    (void)state;
    tools *t = set_up();
    EACH_CODEC (codec)
        for (size_t i = 1; i < COUNT_OF(sizes); i++) {
            kw_bytes in = packed(t, codec, 2, some_content(sizes[i]));
            kw_writer w;
            uint8_t *buf = given_size(3 + sizes[i]);
            kw_writer_init(&w, buf, 3 + sizes[i]);
            kw_write_raw(&w, "abc", 3);
            assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_OK);
            assert_memory_equal(buf, "abc", 3);

            kw_writer_init(&w, given_size(2 + sizes[i]), 2 + sizes[i]);
            kw_write_raw(&w, "abc", 3);
            assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_ERR_SPACE);
            assert_int_equal(kw_writer_needed(&w), 3 + sizes[i]);
            assert_int_equal(kw_decompressor_details(t->decompressor)->size, sizes[i]);
            assert_true(kw_decompressor_details(t->decompressor)->exact);

            kw_writer_init_growing(&w, kw_allocator_libc(), sizes[i]);
            assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_OK);
            kw_writer_finish(&w);
            kw_writer_init_growing(&w, kw_allocator_libc(), sizes[i] - 1);
            assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_ERR_MEMORY_LIMIT);
            assert_int_equal(kw_writer_needed(&w), sizes[i]);
            kw_writer_finish(&w);

            kw_writer_init_counting(&w);
            assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_OK);
            assert_int_equal(kw_writer_needed(&w), sizes[i]);
            forget_given(NULL);
        }
    tear_down(t);
}

static void every_limit_reports_the_same_size(void **state)
{
    (void)state;
    tools *t = set_up();
    EACH_CODEC (codec) {
        kw_bytes in = packed(t, codec, 2, some_content(70000));
        for (size_t limit = 0; limit < 70000; limit += 977) {
            kw_writer w;
            kw_writer_init(&w, given_size(limit), limit);
            assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_ERR_SPACE);
            assert_int_equal(kw_writer_needed(&w), 70000);
        }
        forget_given(NULL);
    }
    tear_down(t);
}

/* gzip, and zstd without a content size: 200 blocks of 128 KiB of the same byte. */
static kw_bytes bomb(tools *t, kw_codec codec)
{
    enum { BLOCKS = 200, BLOCK = 128 * 1024 };
    if (codec != KW_CODEC_ZSTD) {
        kw_bytes zeros = {memset(given_size((size_t)BLOCKS * BLOCK), 0, (size_t)BLOCKS * BLOCK), BLOCKS * BLOCK};
        return packed(t, codec, 2, zeros);
    }
    kw_writer_reset(&t->packed);
    kw_write_raw(&t->packed, "\x28\xb5\x2f\xfd\x00\x58", 6);
    for (uint32_t i = 1; i <= BLOCKS; i++) {
        uint32_t header = (uint32_t)BLOCK << 3 | 1 << 1 | (i == BLOCKS ? 1 : 0);
        uint8_t block[4] = {(uint8_t)header, (uint8_t)(header >> 8), (uint8_t)(header >> 16), 'k'};
        kw_write_raw(&t->packed, block, sizeof block);
    }
    return bytes_of(kw_writer_data(&t->packed));
}

static void bombs_are_counted_up_to_the_limit(void **state)
{
    (void)state;
    enum { SIZE = 200 * 128 * 1024, LIMIT = 100000, COUNT = 500000 };
    tools *t = set_up();
    EACH_CODEC (codec) {
        kw_bytes in = bomb(t, codec);
        bool tells = codec != KW_CODEC_GZIP && codec != KW_CODEC_ZSTD;
        const kw_decompression *details = kw_decompressor_details(t->decompressor);
        kw_writer w;
        kw_writer_init_growing(&w, kw_allocator_libc(), LIMIT);
        kw_decompressor_set_count_limit(t->decompressor, COUNT);
        assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_ERR_MEMORY_LIMIT);
        assert_int_equal(details->exact, tells);
        assert_int_equal(kw_writer_needed(&w), details->size);
        assert_in_range(details->size, LIMIT + 1, tells ? SIZE : LIMIT + COUNT + 20000);

        kw_writer_reset(&w);
        kw_decompressor_set_count_limit(t->decompressor, SIZE + 1);
        assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_ERR_MEMORY_LIMIT);
        assert_true(details->exact);
        assert_int_equal(kw_writer_needed(&w), SIZE);

        kw_writer_reset(&w);
        kw_decompressor_set_count_limit(t->decompressor, LIMIT / 2);
        assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), KW_ERR_MEMORY_LIMIT);
        assert_int_equal(kw_writer_data(&w).size, 0);
        kw_writer_finish(&w);

        kw_decompressor_set_count_limit(t->decompressor, COUNT);
        kw_writer_init_counting(&w);
        assert_status(kw_decompress(t->decompressor, codec, 2, in, &w), tells ? KW_OK : KW_ERR_MEMORY_LIMIT);
        forget_given(NULL);
    }
    tear_down(t);
}

static void a_small_compressor_output_reports_the_size_needed(void **state)
{
    (void)state;
    tools *t = set_up();
    EACH_CODEC (codec) {
        kw_bytes content = some_content(100000);
        size_t size = (size_t)packed(t, codec, 2, content).len;
        for (size_t buffer = 0; buffer <= size; buffer += size / 7 + 1) {
            kw_writer w;
            kw_writer_init(&w, given_size(buffer), buffer);
            assert_status(kw_compress(t->compressor, codec, KW_LEVEL_DEFAULT, 2, content, &w),
                          buffer < size ? KW_ERR_SPACE : KW_OK);
            assert_int_equal(kw_writer_needed(&w), size);
        }
        kw_writer w;
        kw_writer_init(&w, given_size(size), size);
        assert_status(kw_compress(t->compressor, codec, KW_LEVEL_DEFAULT, 2, content, &w), KW_OK);
        forget_given(NULL);
    }
    tear_down(t);
}

/* ---- hostile input ---- */

/* Whatever the output: it stays within its limit, the writer agrees with the status, and a reason is given. */
static kw_status survive(tools *t, kw_codec codec, uint8_t magic, kw_bytes in)
{
    enum { LIMIT = 5000 };
    kw_writer w;
    kw_writer_init(&w, given_size(LIMIT), LIMIT);
    kw_status status = kw_decompress(t->decompressor, codec, magic, in, &w);
    const kw_decompression *details = kw_decompressor_details(t->decompressor);
    if (status == KW_ERR_COMPRESSED_DATA) {
        assert_non_null(details->detail);
        assert_in_range(details->error_at, 0, in.len);
        assert_int_equal(kw_writer_needed(&w), 0);
    } else if (status == KW_ERR_SPACE) {
        assert_true(kw_writer_needed(&w) > LIMIT);
    } else {
        assert_status(status, KW_OK);
        assert_int_equal(kw_writer_data(&w).size, details->size);
    }
    return status;
}

static void cut_at_every_byte(void **state)
{
    (void)state;
    tools *t = set_up();
    EACH_CODEC (codec) {
        kw_bytes whole = packed(t, codec, 2, some_content(3000));
        for (int32_t size = 0; size < whole.len; size++) {
            kw_status status = survive(t, codec, 2, given_prefix(whole, (size_t)size));
            bool legal = codec == KW_CODEC_NONE || (codec == KW_CODEC_ZSTD && size == 0) ||
                         (codec == KW_CODEC_SNAPPY && size >= 16 && size < 20);
            assert_status(status, legal ? KW_OK : KW_ERR_COMPRESSED_DATA);
        }
        forget_given(NULL);
    }
    tear_down(t);
}

static void every_bit_flipped(void **state)
{
    (void)state;
    tools *t = set_up();
    kw_decompressor_set_count_limit(t->decompressor, 100000);
    EACH_CODEC (codec)
        for (int magic = 0; magic <= LAST_MAGIC && has_magic(codec, magic); magic++) {
            kw_bytes whole = packed(t, codec, (uint8_t)magic, some_content(2000));
            for (size_t bit = 0; bit < (size_t)whole.len * 8; bit++) {
                uint8_t *p = memcpy(given_size((size_t)whole.len), whole.data, (size_t)whole.len);
                p[bit / 8] = (uint8_t)(p[bit / 8] ^ 1u << bit % 8);
                kw_bytes in = {p, whole.len};
                (void)survive(t, codec, (uint8_t)magic, in);
            }
            forget_given(NULL);
        }
    tear_down(t);
}

static void garbage(void **state)
{
    (void)state;
    static const char *const starts[] = {
        "", "1f8b080000000000", "82534e41505059000000000100000001", "04224d18604082", "28b52ffd0058", "28b52ffd2040"};
    tools *t = set_up();
    kw_decompressor_set_count_limit(t->decompressor, 100000);
    uint32_t x = 7;
    for (int round = 0; round < 3000; round++)
        EACH_CODEC (codec) {
            kw_bytes start = given(starts[round % (int)COUNT_OF(starts)]);
            size_t size = (size_t)start.len + x % 200;
            uint8_t *p = given_size(size);
            for (size_t i = 0; i < size; i++) {
                x = x * 1664525 + 1013904223;
                p[i] = i < (size_t)start.len ? start.data[i] : (uint8_t)(x >> 24 & (x >> 13 & 1 ? 0xff : 0x03));
            }
            kw_bytes in = kw_bytes_of(p, size);
            (void)survive(t, codec, (uint8_t)(codec == KW_CODEC_ZSTD ? 2 : round % 3), in);
            forget_given(NULL);
        }
    tear_down(t);
}

/* ---- names and numbers ---- */

static void names_and_numbers(void **state)
{
    (void)state;
    static const char *const names[] = {"none", "gzip", "snappy", "lz4", "zstd", "?", "?", "?"};
    tools *t = set_up();
    for (int number = 0; number < 8; number++) {
        kw_codec codec = (kw_codec)number;
        assert_string_equal(kw_codec_name(codec), names[number]);
        kw_status want = number > 4 ? KW_ERR_CODEC_UNKNOWN : kw_codec_available(codec) ? KW_OK : KW_ERR_CODEC;
        assert_status(kw_compress(t->compressor, codec, KW_LEVEL_DEFAULT, 2, given("00"), &t->packed), want);
        kw_status got = kw_decompress(t->decompressor, codec, 2, given("00"), &t->content);
        assert_status(got, want == KW_OK && number != 0 && number != 2 ? KW_ERR_COMPRESSED_DATA : want);
        assert_true(kw_writer_ok(&t->content));
    }
    assert_true(kw_codec_available(KW_CODEC_NONE));
    assert_false(kw_codec_available((kw_codec)5));
    for (uint8_t magic = 0; magic < 2; magic++) {
        assert_status(kw_decompress(t->decompressor, KW_CODEC_ZSTD, magic, given("00"), &t->content),
                      KW_ERR_CODEC_UNKNOWN);
        assert_status(kw_compress(t->compressor, KW_CODEC_ZSTD, KW_LEVEL_DEFAULT, magic, given("00"), &t->packed),
                      KW_ERR_CODEC_UNKNOWN);
    }
    tear_down(t);
}

static void a_failed_writer_stays_failed(void **state)
{
    (void)state;
    tools *t = set_up();
    (void)kw_writer_fail(&t->content, KW_ERR_NULL);
    (void)kw_writer_fail(&t->packed, KW_ERR_VERSION);
    assert_status(kw_decompress(t->decompressor, KW_CODEC_NONE, 2, given("00"), &t->content), KW_ERR_NULL);
    assert_status(kw_compress(t->compressor, KW_CODEC_NONE, KW_LEVEL_DEFAULT, 2, given("00"), &t->packed),
                  KW_ERR_VERSION);
    kw_compressor_destroy(NULL);
    kw_decompressor_destroy(NULL);
    tear_down(t);
}

static kw_status work_with(const kw_allocator *allocator, kw_codec codec, int32_t level, kw_bytes content)
{
    kw_compressor *c = kw_compressor_create(allocator);
    kw_decompressor *d = kw_decompressor_create(allocator);
    kw_writer mid;
    kw_writer end;
    kw_writer_init_growing(&mid, allocator, ROOMY);
    kw_writer_init_growing(&end, allocator, ROOMY);
    kw_status status = KW_ERR_NO_MEMORY;
    if (c != NULL && d != NULL)
        status = kw_compress(c, codec, level, 2, content, &mid);
    if (status == KW_OK) {
        kw_bytes in = kw_bytes_of_span(kw_writer_data(&mid));
        status = kw_decompress(d, codec, 2, in, &end);
    }
    if (status == KW_OK)
        assert_int_equal(kw_writer_data(&end).size, content.len);
    kw_writer_finish(&mid);
    kw_writer_finish(&end);
    kw_compressor_destroy(c);
    kw_decompressor_destroy(d);
    return status;
}

static void each_allocation_can_fail(void **state)
{
    (void)state;
    EACH_CODEC (codec)
        for (int on = 0; on <= 1; on++) {
            kw_bytes content = some_content(3000);
            kw_status status = KW_ERR_NO_MEMORY;
            for (size_t nth = 1; status != KW_OK; nth++) {
                struct test_memory memory;
                const kw_allocator *allocator = test_memory_init(&memory);
                memory.fail_at = nth;
                memory.fail_on = on == 1;
                status = work_with(allocator, codec, codec == KW_CODEC_LZ4 ? 3 : KW_LEVEL_DEFAULT, content);
                assert_true(status == KW_OK || status == KW_ERR_NO_MEMORY);
                assert_int_equal(memory.blocks, 0);
                assert_true(nth < 100);
            }
            forget_given(NULL);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(round_trips),
        TEST(levels),
        TEST(exactly_enough_is_enough),
        TEST(every_limit_reports_the_same_size),
        TEST(bombs_are_counted_up_to_the_limit),
        TEST(a_small_compressor_output_reports_the_size_needed),
        TEST(cut_at_every_byte),
        TEST(every_bit_flipped),
        TEST(garbage),
        TEST(names_and_numbers),
        TEST(a_failed_writer_stays_failed),
        TEST(each_allocation_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
