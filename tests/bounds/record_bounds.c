/* SPDX-License-Identifier: Apache-2.0 */
/* The most work that bytes of records can cause in a reader: batches, records and headers for each byte, which are
 * counted, and memory for decompression. Prints the results; the bounds are those of docs/security.md. */
#include "../unit/record_bytes.h"

#include <kwire/batches.h>
#include <kwire/compression.h>
#include <kwire/records.h>

enum {
    COUNT = 5000,            /* of each thing */
    LIMIT = 1024 * 1024,     /* for decompressed records */
    BOMB = 24 * 1024 * 1024, /* their decompressed size */
    FIXED = 256 * 1024       /* memory of a decompressor, independent of the records */
};

/* ---- an allocator that records its maximum ---- */

struct meter {
    kw_allocator allocator;
    size_t now;
    size_t peak;
};

static void *meter_acquire(void *context, size_t size)
{
    struct meter *m = context;
    m->now += size;
    m->peak = m->now > m->peak ? m->now : m->peak;
    return malloc(size);
}

static void meter_release(void *context, void *memory, size_t size)
{
    struct meter *m = context;
    m->now -= size;
    free(memory);
}

/* ---- counting ---- */

static size_t count_batches(kw_bytes field)
{
    kw_batches bs;
    kw_batch b;
    size_t n = 0;
    for (kw_batches_init(&bs, field); kw_batches_next(&bs, &b);)
        n++;
    assert_status(bs.status, KW_OK);
    return n;
}

static kw_bytes repeated(kw_bytes part, size_t times)
{
    size_t size = (size_t)part.len;
    uint8_t *p = given_size(size * times);
    for (size_t i = 0; i < times; i++)
        memcpy(p + i * size, part.data, size);
    kw_bytes whole = kw_bytes_of(p, size * times);
    return whole;
}

static void report(const char *what, size_t count, kw_bytes field)
{
    print_message("%s: %.2f for a byte\n", what, (double)count / (double)field.len);
}

static void batches_for_a_byte(void **state)
{
    (void)state;
    kw_bytes none = {NULL, -1};
    kw_bytes smallest[] = {plain_batch(7, 0), message_of(KW_MAGIC_V0, 7, 0, 0, none, none),
                           message_of(KW_MAGIC_V1, 7, 0, 0, none, none)};
    for (size_t i = 0; i < COUNT_OF(smallest); i++) {
        kw_bytes field = repeated(smallest[i], COUNT);
        assert_int_equal(count_batches(field), COUNT);
        assert_true((size_t)field.len >= COUNT * (size_t)26);
        report("batches", COUNT, field);
    }
}

/* Records and headers of a batch; their number bounds the work, as each is read once. */
static size_t count_records(kw_bytes field, size_t *headers)
{
    kw_batches bs;
    kw_batch b;
    kw_records rs;
    kw_record r;
    kw_record_header h;
    size_t n = 0;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r); n++) {
        kw_record_headers hs;
        for (kw_record_headers_init(&hs, &r); kw_record_headers_next(&hs, &h);)
            ++*headers;
    }
    assert_status(rs.status, KW_OK);
    return n;
}

static void records_for_a_byte(void **state)
{
    (void)state;
    size_t headers = 0;
    batch_fields f = fields_for(COUNT);
    kw_bytes field = batch_of(&f, repeated(given("0c 00 00 00 01 01 00"), COUNT));
    assert_int_equal(count_records(field, &headers), COUNT);
    assert_true((size_t)field.len >= COUNT * (size_t)7);
    report("records", COUNT, field);

    f = fields_for(1);
    kw_bytes parts[] = {given("ae 9c 01  00 00 00 01 01  90 4e"), repeated(given("00 01"), COUNT)};
    field = batch_of(&f, joined(parts, 2));
    assert_int_equal(count_records(field, &headers), 1);
    assert_int_equal(headers, COUNT);
    report("headers", headers, field);
}

/* A batch with a wrong count is refused, or ends with its bytes. */
static void counts_that_are_not_true(void **state)
{
    (void)state;
    static const int32_t counts[] = {COUNT - 1, COUNT + 1, 7 * COUNT, 1 << 24, INT32_MAX - 1, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        batch_fields f = fields_for(counts[i]);
        kw_bytes field = batch_of(&f, repeated(given("0c 00 00 00 01 01 00"), COUNT));
        kw_batches bs;
        kw_batch b;
        kw_records rs;
        kw_record r;
        size_t n = 0;
        kw_batches_init(&bs, field);
        assert_true(kw_batches_next(&bs, &b));
        for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r);)
            n++;
        assert_true(rs.status != KW_OK);
        assert_true(n <= COUNT);
    }
}

/* ---- compressed ---- */

static kw_bytes bomb(kw_codec codec)
{
    kw_compressor *c = kw_compressor_create(kw_allocator_libc());
    kw_writer w;
    uint8_t *zeros = calloc(BOMB, 1);
    kw_bytes in = {zeros, BOMB};
    assert_non_null(c);
    assert_non_null(zeros);
    kw_writer_init_growing(&w, kw_allocator_libc(), BOMB);
    assert_status(kw_compress(c, codec, KW_LEVEL_DEFAULT, 2, in, &w), KW_OK);
    kw_span packed = kw_writer_data(&w);
    kw_bytes out = {memcpy(given_size(packed.size), packed.data, packed.size), (int32_t)packed.size};
    kw_writer_finish(&w);
    kw_compressor_destroy(c);
    free(zeros);
    return out;
}

static void bombs_take_no_more_than_their_limit(void **state)
{
    (void)state;
    for (kw_codec codec = KW_CODEC_GZIP; codec <= KW_CODEC_ZSTD; codec++) {
        if (!kw_codec_available(codec))
            continue;
        struct meter meter = {{meter_acquire, meter_release, &meter}, 0, 0};
        batch_fields f = fields_for(1);
        f.attributes = (uint16_t)codec;
        kw_bytes field = batch_of(&f, bomb(codec));
        kw_decompressor *d = kw_decompressor_create(&meter.allocator);
        kw_writer scratch;
        kw_batches bs;
        kw_batch b;
        kw_records rs;
        kw_writer_init_growing(&scratch, &meter.allocator, LIMIT);
        kw_batches_init(&bs, field);
        assert_true(kw_batches_next(&bs, &b));
        assert_status(kw_records_init(&rs, &b, d, &scratch), KW_ERR_MEMORY_LIMIT);
        print_message("%s: %d bytes would be %d, limit %d, most taken %zu\n", kw_codec_name(codec), (int)field.len,
                      (int)BOMB, (int)LIMIT, meter.peak);
        assert_true(meter.peak <= 2 * (size_t)LIMIT + FIXED);
        kw_writer_finish(&scratch);
        kw_decompressor_destroy(d);
        assert_int_equal(meter.now, 0);
        forget_given(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(batches_for_a_byte),
        TEST(records_for_a_byte),
        TEST(counts_that_are_not_true),
        TEST(bombs_take_no_more_than_their_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
