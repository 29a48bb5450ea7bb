/* SPDX-License-Identifier: Apache-2.0 */
#include "record_bytes.h"

#include <kwire/records.h>

static kw_batch first_batch(kw_bytes field)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    return b;
}

/* A batch with these fields and one record given in hex, its length included. */
static kw_batch batch_with(const batch_fields *f, const char *records)
{
    return first_batch(batch_of(f, given(records)));
}

static kw_record only_record(const kw_batch *b)
{
    kw_records rs;
    kw_record r, none;
    assert_status(kw_records_init(&rs, b, NULL, NULL), KW_OK);
    assert_true(kw_records_next(&rs, &r));
    assert_false(kw_records_next(&rs, &none));
    assert_status(rs.status, KW_OK);
    return r;
}

/* A batch of one record is refused at a byte of its records. */
static void check_refused_record(int32_t count, const char *records, size_t good, kw_status want, size_t want_at)
{
    batch_fields f = fields_for(count);
    kw_bytes before = plain_batch(0, 1), damaged = batch_of(&f, given(records));
    kw_bytes field = joined_2(before, damaged);
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    assert_true(kw_batches_next(&bs, &b));
    kw_records rs;
    kw_record r;
    assert_status(kw_records_init(&rs, &b, NULL, NULL), KW_OK);
    for (size_t i = 0; i < good; i++)
        assert_true(kw_records_next(&rs, &r));
    assert_false(kw_records_next(&rs, &r));
    assert_refused(&rs, field, want, (size_t)before.len + KW_BATCH_V2_RECORDS + want_at);
    assert_false(rs.decompressed);
    assert_false(kw_records_next(&rs, &r)); /* sticks */
    assert_status(rs.status, want);
}

/* ---- the parts of a record ---- */

static void every_part_of_a_record_is_read(void **state) /* Q22 */
{
    (void)state;
    batch_fields f = fields_for(1);
    /* length, attributes, timestamp +5, offset +0, key "ab", value "c", two headers: "h" = "v", "" = null */
    kw_batch b = batch_with(&f, "1e 00 0a 00 04 6162 02 63 04 02 68 02 76 00 01");
    kw_record r = only_record(&b);
    assert_int_equal(r.offset, 100);
    assert_int_equal(r.timestamp, 1005);
    assert_int_equal(r.sequence, KW_NO_SEQUENCE);
    assert_bytes(r.key.data, (size_t)r.key.len, "6162");
    assert_bytes(r.value.data, (size_t)r.value.len, "63");
    assert_int_equal(r.header_count, 2);
    assert_bytes(r.headers.data, (size_t)r.headers.len, "02 68 02 76 00 01");

    kw_record_headers hs;
    kw_record_header h;
    kw_record_headers_init(&hs, &r);
    assert_true(kw_record_headers_next(&hs, &h));
    assert_text(h.key, "h");
    assert_bytes(h.value.data, (size_t)h.value.len, "76");
    assert_true(kw_record_headers_next(&hs, &h));
    assert_text(h.key, "");
    assert_int_equal(h.value.len, -1);
    assert_false(kw_record_headers_next(&hs, &h));
    assert_false(kw_record_headers_next(&hs, &h));
}

static void null_and_empty_differ(void **state) /* Q33 */
{
    (void)state;
    batch_fields f = fields_for(1);
    kw_batch nulls = batch_with(&f, "0c 00 00 00 01 01 00"), empties = batch_with(&f, "0c 00 00 00 00 00 00");
    kw_record r = only_record(&nulls);
    assert_int_equal(r.key.len, -1);
    assert_int_equal(r.value.len, -1); /* a tombstone */
    r = only_record(&empties);
    assert_int_equal(r.key.len, 0);
    assert_int_equal(r.value.len, 0);
    assert_int_equal(r.header_count, 0);
    kw_record_headers hs;
    kw_record_header h;
    kw_record_headers_init(&hs, &r);
    assert_false(kw_record_headers_next(&hs, &h));
}

static void any_negative_length_of_key_or_value_is_null(void **state) /* as Kafka reads them */
{
    (void)state;
    batch_fields f = fields_for(1);
    kw_batch b = batch_with(&f, "0e 00 00 00 8b01 05 00");
    kw_record r = only_record(&b);
    assert_int_equal(r.key.len, -1);
    assert_int_equal(r.value.len, -1);
}

static void timestamps_span_more_than_32_bits(void **state) /* Q23, pain 8 */
{
    (void)state;
    batch_fields f = fields_for(2);
    f.base_timestamp = 0; /* 1970, and then 1750000000000 */
    kw_batch b = batch_with(&f, "0c 00 00 00 01 01 00  16 00 80f086c2ee65 02 01 01 00");
    kw_records rs;
    kw_record r;
    kw_records_init(&rs, &b, NULL, NULL);
    assert_true(kw_records_next(&rs, &r));
    assert_int_equal(r.timestamp, 0);
    assert_true(kw_records_next(&rs, &r));
    assert_true(r.timestamp == INT64_C(1750000000000));
    assert_false(kw_records_next(&rs, &r));
    assert_status(rs.status, KW_OK);
}

static void timestamps_wrap_like_java_longs(void **state) /* Q23, pain 7 */
{
    (void)state;
    batch_fields f = fields_for(1);
    f.base_timestamp = INT64_MAX;
    kw_batch b = batch_with(&f, "0c 00 02 00 01 01 00");
    assert_true(only_record(&b).timestamp == INT64_MIN);
    f.base_timestamp = -2;
    b = batch_with(&f, "1e 00 ffffffffffffffffff01 00 01 01 00");
    assert_true(only_record(&b).timestamp == INT64_MAX - 1);
}

static void append_time_replaces_all_timestamps(void **state)
{
    (void)state;
    batch_fields f = fields_for(3);
    f.attributes = KW_ATTRIBUTE_LOG_APPEND_TIME;
    kw_batch b = first_batch(batch_of(&f, plain_records(3)));
    kw_records rs;
    kw_record r;
    for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r);)
        assert_int_equal(r.timestamp, f.max_timestamp);
    assert_status(rs.status, KW_OK);
}

static void a_delete_horizon_is_the_base_of_timestamps(void **state) /* Q21 */
{
    (void)state;
    batch_fields f = fields_for(1);
    f.attributes = KW_ATTRIBUTE_DELETE_HORIZON;
    f.base_timestamp = 5000;
    kw_batch b = batch_with(&f, "0c 00 13 00 01 01 00");
    assert_int_equal(kw_batch_delete_horizon(&b), 5000);
    assert_int_equal(only_record(&b).timestamp, 4990);
}

static void sequences_of_records_wrap_to_zero(void **state) /* Q32, pain 34 */
{
    (void)state;
    batch_fields f = fields_for(3);
    f.producer_id = 9;
    f.producer_epoch = 0;
    f.base_sequence = INT32_MAX - 1;
    kw_batch b = first_batch(batch_of(&f, plain_records(3)));
    const int32_t want[] = {INT32_MAX - 1, INT32_MAX, 0};
    kw_records rs;
    kw_record r;
    size_t n = 0;
    for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r); n++)
        assert_int_equal(r.sequence, want[n]);
    assert_int_equal(n, 3);
}

static void compaction_leaves_gaps(void **state) /* Q30, pain 30 */
{
    (void)state;
    batch_fields f = fields_for(2);
    f.last_offset_delta = 900;
    kw_batch b = batch_with(&f, "0c 00 00 06 01 01 00  0e 00 00 8007 01 01 00");
    kw_records rs;
    kw_record r;
    kw_records_init(&rs, &b, NULL, NULL);
    assert_true(kw_records_next(&rs, &r));
    assert_int_equal(r.offset, 103);
    assert_true(kw_records_next(&rs, &r));
    assert_int_equal(r.offset, 100 + 448);
    assert_false(kw_records_next(&rs, &r));
    assert_int_equal(kw_batch_next_offset(&b), 1001);
}

static void an_empty_batch_has_no_records(void **state) /* Q30, pain 30 */
{
    (void)state;
    for (uint16_t codec = 0; codec < 8; codec++) {
        batch_fields f = fields_for(0);
        f.last_offset_delta = 7;
        f.attributes = codec;
        kw_batch b = first_batch(batch_of(&f, given("")));
        kw_records rs;
        kw_record r;
        assert_status(kw_records_init(&rs, &b, NULL, NULL), KW_OK); /* nothing to decompress */
        assert_false(kw_records_next(&rs, &r));
        assert_status(rs.status, KW_OK);
    }
}

/* The last record is read more carefully than those before it; both ways must agree. */
static void records_are_equal_at_every_position(void **state)
{
    (void)state;
    static const char *const records[] = {
        "0c 00 00 00 01 01 00",
        "0e 00 02 04 02 61 00 00",
        "12 7f 8101 8002 00 02 62 00",
        "16 00 ffff7f 828001 02 61 01 00",
        "18 00 ffffff7f 80808001 00 00 00",
        "1c 00 ffffffff7f 8080808001 00 01 00",
        "1e 00 80808080808080808001 02 01 01 00",
        "14 00 02 04 02 61 02 62 02 00 01",
        "0e 00 00 01 8101 01 00",
    };
    for (size_t i = 0; i < COUNT_OF(records); i++) {
        kw_bytes one = given(records[i]);
        batch_fields f = fields_for(1);
        kw_batch alone = first_batch(batch_of(&f, one));
        kw_record want = only_record(&alone);
        for (int32_t count = 2; count < 12; count++) {
            kw_bytes parts[12];
            for (int32_t k = 0; k < count; k++)
                parts[k] = one;
            f = fields_for(count);
            kw_batch b = first_batch(batch_of(&f, joined(parts, (size_t)count)));
            kw_records rs;
            kw_record r;
            int32_t n = 0;
            for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r); n++) {
                assert_true(r.offset == want.offset && r.timestamp == want.timestamp && r.sequence == want.sequence);
                assert_true(kw_bytes_equal(r.key, want.key));
                assert_true(kw_bytes_equal(r.value, want.value));
                assert_true(kw_bytes_equal(r.headers, want.headers));
                assert_int_equal(r.header_count, want.header_count);
            }
            assert_status(rs.status, KW_OK);
            assert_int_equal(n, count);
        }
    }
}

/* ---- damaged records ---- */

#define PADDING " 10 00 00 00 01 04 6161 00 10 00 00 00 01 04 6161 00 10 00 00 00 01 04 6161 00"

static void a_record_fills_its_length_exactly(void **state) /* Q24 */
{
    (void)state;
    check_refused_record(1, "0e 00 00 00 01 01 00 00", 0, KW_ERR_RECORD_SIZE, 7);
    check_refused_record(4, "0e 00 00 00 01 01 00 00" PADDING, 0, KW_ERR_RECORD_SIZE, 7);
    check_refused_record(1, "0a 00 00 00 01 01 00", 0, KW_ERR_TRUNCATED, 6);
    check_refused_record(4, "0a 00 00 00 01 01 00" PADDING, 0, KW_ERR_TRUNCATED, 6);
    check_refused_record(4, "00 00 00 00 01 01 00" PADDING, 0, KW_ERR_TRUNCATED, 1);
}

static void lengths_of_records_are_checked(void **state) /* pain 7 */
{
    (void)state;
    check_refused_record(1, "01 00 00 00 01 01 00", 0, KW_ERR_NEGATIVE, 0);
    check_refused_record(4, "01 00 00 00 01 01 00" PADDING, 0, KW_ERR_NEGATIVE, 0);
    check_refused_record(1, "0e 00 00 00 01 01 00", 0, KW_ERR_LENGTH, 0);
    check_refused_record(1, "feffffff0f 00 00 00 01 01 00", 0, KW_ERR_LENGTH, 0);
    check_refused_record(1, "ffffffffff 00 00 00 01 01 00", 0, KW_ERR_VARINT, 0);
    check_refused_record(4, "ffffffff0f 00 00 00 01 01 00" PADDING, 0, KW_ERR_NEGATIVE, 0);
}

static void lengths_of_keys_and_values_are_checked(void **state) /* Q24 */
{
    (void)state;
    check_refused_record(1, "0c 00 00 00 08 01 00", 0, KW_ERR_LENGTH, 4);
    check_refused_record(4, "0c 00 00 00 08 01 00" PADDING, 0, KW_ERR_LENGTH, 4);
    check_refused_record(1, "0c 00 00 00 01 04 00", 0, KW_ERR_LENGTH, 5);
    check_refused_record(4, "0c 00 00 00 01 04 00" PADDING, 0, KW_ERR_LENGTH, 5);
    check_refused_record(4, "14 00 00 00 feffffff0f 01 00" PADDING, 0, KW_ERR_LENGTH, 4);
    check_refused_record(4, "14 00 00 00 01 feffffff0f 00" PADDING, 0, KW_ERR_LENGTH, 5);
    check_refused_record(1, "1e 00 ffffffffffffffffff02 00 01 01 00", 0, KW_ERR_VARINT, 2);
}

static void headers_are_checked(void **state) /* Q24, Q22 */
{
    (void)state;
    check_refused_record(1, "0c 00 00 00 01 01 01", 0, KW_ERR_NEGATIVE, 6);
    check_refused_record(4, "0c 00 00 00 01 01 01" PADDING, 0, KW_ERR_NEGATIVE, 6);
    check_refused_record(1, "0e 00 00 00 01 01 02 00", 0, KW_ERR_COUNT, 6);
    check_refused_record(1, "14 00 00 00 01 01 feffffff0f", 0, KW_ERR_COUNT, 6);
    check_refused_record(1, "10 00 00 00 01 01 02 01 01", 0, KW_ERR_NULL, 7); /* a header's key is never null */
    check_refused_record(1, "10 00 00 00 01 01 02 08 01", 0, KW_ERR_LENGTH, 7);
    check_refused_record(1, "10 00 00 00 01 01 02 00 08", 0, KW_ERR_LENGTH, 8);
    check_refused_record(1, "12 00 00 00 01 01 04 00 01 00", 0, KW_ERR_COUNT, 6);
    check_refused_record(1, "14 00 00 00 01 01 04 02 61 01 00", 0, KW_ERR_TRUNCATED, 11);
}

static void the_count_is_that_of_the_records(void **state) /* Q24 */
{
    (void)state;
    check_refused_record(1, "0c 00 00 00 01 01 00 00", 1, KW_ERR_TRAILING, 7);
    check_refused_record(0, "00", 0, KW_ERR_TRAILING, 0);
    check_refused_record(2, "10 00 00 00 01 04 6161 00  10 00 00 00 01 04 6161 00 0c 00 00 00 01 01 00", 2,
                         KW_ERR_TRAILING, 18);
    check_refused_record(2, "1a 00 00 00 01 0e 61616161616161 00", 1, KW_ERR_COUNT, 14);
}

static void check_refused_batch(const batch_fields *f, kw_bytes records, kw_status want, size_t want_at)
{
    kw_bytes field = joined_2(plain_batch(0, 1), batch_of(f, records));
    kw_batches bs;
    kw_batch b;
    kw_records rs;
    kw_record r;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    assert_true(kw_batches_next(&bs, &b));
    assert_status(kw_records_init(&rs, &b, NULL, NULL), want);
    assert_refused(&rs, field, want, 70 + want_at);
    assert_int_equal(rs.error_offset, f->base_offset);
    assert_false(kw_records_next(&rs, &r));
    assert_status(rs.status, want);
}

static void counts_are_bounded_by_the_bytes(void **state) /* pain 6: the CRC is right in all of these */
{
    (void)state;
    batch_fields f = fields_for(1);
    f.count = -1;
    check_refused_batch(&f, plain_records(1), KW_ERR_NEGATIVE, KW_BATCH_V2_COUNT);
    f.count = INT32_MIN;
    check_refused_batch(&f, plain_records(1), KW_ERR_NEGATIVE, KW_BATCH_V2_COUNT);
    f.count = INT32_MAX;
    check_refused_batch(&f, plain_records(1), KW_ERR_COUNT, KW_BATCH_V2_COUNT);
    f.count = 2; /* a record takes 7 bytes or more, and there are 9 */
    check_refused_batch(&f, plain_records(1), KW_ERR_COUNT, KW_BATCH_V2_COUNT);
    f.count = 1;
    f.last_offset_delta = -1;
    check_refused_batch(&f, plain_records(1), KW_ERR_NEGATIVE, KW_BATCH_V2_LAST_OFFSET_DELTA);
}

static void errors_carry_the_offset_of_the_record(void **state)
{
    (void)state;
    batch_fields f = fields_for(2);
    kw_batch b = batch_with(&f, "0c 00 00 00 01 01 00  0e 00 00 06 01 01 00 00");
    kw_records rs;
    kw_record r;
    for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r);)
        ;
    assert_status(rs.status, KW_ERR_RECORD_SIZE);
    assert_int_equal(rs.error_offset, 103);
}

/* ---- compression ---- */

typedef struct bench {
    struct test_memory memory;
    kw_decompressor *decompressor;
    uint8_t buffer[256];
    kw_writer scratch;
} bench;

static void bench_init(bench *t)
{
    t->decompressor = kw_decompressor_create(test_memory_init(&t->memory));
    assert_non_null(t->decompressor);
    kw_writer_init(&t->scratch, t->buffer, sizeof t->buffer);
}

static void bench_finish(bench *t)
{
    kw_writer_finish(&t->scratch);
    kw_decompressor_destroy(t->decompressor);
    assert_int_equal(t->memory.blocks, 0);
}

static void only_what_follows_the_count_is_compressed(void **state) /* Q25 */
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    bench t;
    bench_init(&t);
    batch_fields f = fields_for(3);
    f.attributes = KW_CODEC_GZIP;
    kw_batch b = first_batch(batch_of(&f, gzip_of(plain_records(3))));
    kw_records rs;
    kw_record r;
    for (int round = 0; round < 2; round++) { /* the scratch buffer is reused */
        int32_t n = 0;
        for (kw_records_init(&rs, &b, t.decompressor, &t.scratch); kw_records_next(&rs, &r); n++) {
            assert_int_equal(r.offset, 100 + n);
            assert_int_equal(r.value.data[1], 'a' + n);
        }
        assert_status(rs.status, KW_OK);
        assert_int_equal(n, 3);
    }
    bench_finish(&t);
}

static void errors_inside_say_that_they_are_inside(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    bench t;
    bench_init(&t);
    batch_fields f = fields_for(2);
    f.attributes = KW_CODEC_GZIP;
    kw_batch b = first_batch(batch_of(&f, gzip_of(given("0c 00 00 00 01 01 00  0e 00 00 02 01 01 00 00"))));
    kw_records rs;
    kw_record r;
    for (kw_records_init(&rs, &b, t.decompressor, &t.scratch); kw_records_next(&rs, &r);)
        ;
    assert_status(rs.status, KW_ERR_RECORD_SIZE);
    assert_true(rs.decompressed);
    assert_int_equal(rs.error_at, 14);
    assert_int_equal(rs.error_offset, 101);

    f.count = 3;
    b = first_batch(batch_of(&f, gzip_of(given("0c 00 00 00 01 01 00  0e 00 00 02 01 01 00 00"))));
    assert_status(kw_records_init(&rs, &b, t.decompressor, &t.scratch), KW_ERR_COUNT);
    assert_false(rs.decompressed); /* the count is in the header */
    assert_int_equal(rs.error_at, KW_BATCH_V2_COUNT);
    f.count = 1;
    b = first_batch(batch_of(&f, gzip_of(given("")))); /* nothing in it */
    assert_status(kw_records_init(&rs, &b, t.decompressor, &t.scratch), KW_ERR_COUNT);
    bench_finish(&t);
}

static void a_limit_hit_does_not_make_a_batch_unreadable(void **state) /* pains 9 and 10 */
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    bench t;
    bench_init(&t);
    batch_fields f = fields_for(10);
    f.attributes = KW_CODEC_GZIP;
    kw_batch b = first_batch(batch_of(&f, gzip_of(plain_records(10))));
    kw_records rs;
    kw_record r;
    kw_writer_init(&t.scratch, t.buffer, 89);
    assert_status(kw_records_init(&rs, &b, t.decompressor, &t.scratch), KW_ERR_SPACE);
    assert_int_equal(rs.error_at, KW_BATCH_V2_RECORDS);
    assert_false(kw_records_next(&rs, &r));
    kw_writer_init(&t.scratch, t.buffer, 90);
    assert_status(kw_records_init(&rs, &b, t.decompressor, &t.scratch), KW_OK);
    int32_t n = 0;
    while (kw_records_next(&rs, &r))
        n++;
    assert_int_equal(n, 10);
    assert_status(rs.status, KW_OK);
    kw_writer_init_growing(&t.scratch, &t.memory.allocator, 89);
    assert_status(kw_records_init(&rs, &b, t.decompressor, &t.scratch), KW_ERR_MEMORY_LIMIT);
    bench_finish(&t);
}

static void undecompressed_batches_can_be_forwarded(void **state)
{
    (void)state;
    bench t;
    bench_init(&t);
    for (uint16_t codec = 1; codec < 8; codec++) {
        batch_fields f = fields_for(1);
        f.attributes = codec;
        kw_bytes field = batch_of(&f, given("00 01 02 03"));
        kw_batch b = first_batch(field);
        kw_records rs;
        kw_record r;
        assert_status(kw_records_init(&rs, &b, NULL, NULL), KW_ERR_ARGUMENT);
        kw_status status = kw_records_init(&rs, &b, t.decompressor, &t.scratch);
        if (codec > KW_CODEC_ZSTD)
            assert_status(status, KW_ERR_CODEC_UNKNOWN);
        else
            assert_status(status, kw_codec_available((kw_codec)codec) ? KW_ERR_COMPRESSED_DATA : KW_ERR_CODEC);
        assert_int_equal(rs.error_at, KW_BATCH_V2_RECORDS);
        assert_false(kw_records_next(&rs, &r));
        assert_ptr_equal(b.data, field.data);
        assert_int_equal(b.size, field.len);
        assert_status(kw_batch_check_crc(&b), KW_OK);
    }
    bench_finish(&t);
}

/* ---- damage ---- */

static void walk(kw_bytes field)
{
    kw_batches bs;
    kw_batch b;
    for (kw_batches_init(&bs, field); kw_batches_next(&bs, &b);) {
        kw_records rs;
        kw_record r;
        for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r);) {
            kw_record_headers hs;
            kw_record_header h;
            int32_t n = 0;
            for (kw_record_headers_init(&hs, &r); kw_record_headers_next(&hs, &h); n++)
                assert_true(h.key.len >= 0);
            assert_int_equal(n, r.header_count);
        }
        assert_true(rs.status != KW_OK || rs.pos == rs.end);
    }
}

static void no_flipped_bit_and_no_cut_makes_it_read_too_far(void **state)
{
    (void)state;
    batch_fields f = fields_for(2);
    kw_bytes parts[] = {batch_of(&f, given("14 00 02 04 02 61 02 62 02 00 01  0e 00 00 01 8101 01 00")),
                        message(KW_MAGIC_V1, 7, 5, "abc"), plain_batch(8, 4)};
    kw_bytes whole = joined(parts, 3);
    for (size_t at = 0; at < (size_t)whole.len; at++) {
        walk(given_prefix(whole, at));
        for (unsigned bit = 0; bit < 8; bit++) {
            writable(whole)[at] ^= (uint8_t)(1u << bit);
            walk(whole);
            writable(whole)[at] ^= (uint8_t)(1u << bit);
        }
    }
    walk(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_part_of_a_record_is_read),
        TEST(null_and_empty_differ),
        TEST(any_negative_length_of_key_or_value_is_null),
        TEST(timestamps_span_more_than_32_bits),
        TEST(timestamps_wrap_like_java_longs),
        TEST(append_time_replaces_all_timestamps),
        TEST(a_delete_horizon_is_the_base_of_timestamps),
        TEST(sequences_of_records_wrap_to_zero),
        TEST(compaction_leaves_gaps),
        TEST(an_empty_batch_has_no_records),
        TEST(records_are_equal_at_every_position),
        TEST(a_record_fills_its_length_exactly),
        TEST(lengths_of_records_are_checked),
        TEST(lengths_of_keys_and_values_are_checked),
        TEST(headers_are_checked),
        TEST(the_count_is_that_of_the_records),
        TEST(counts_are_bounded_by_the_bytes),
        TEST(errors_carry_the_offset_of_the_record),
        TEST(only_what_follows_the_count_is_compressed),
        TEST(errors_inside_say_that_they_are_inside),
        TEST(a_limit_hit_does_not_make_a_batch_unreadable),
        TEST(undecompressed_batches_can_be_forwarded),
        TEST(no_flipped_bit_and_no_cut_makes_it_read_too_far),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
