/* SPDX-License-Identifier: Apache-2.0 */
#include "record_bytes.h"

#include <kwire/batches.h>

static void assert_last(kw_batches *bs, size_t partial, size_t needed)
{
    kw_batch b;
    assert_false(kw_batches_next(bs, &b));
    assert_status(bs->status, KW_OK);
    assert_int_equal(bs->partial, partial);
    assert_int_equal(bs->needed, needed);
    assert_false(kw_batches_next(bs, &b)); /* and it remains so */
    assert_status(bs->status, KW_OK);
    assert_int_equal(bs->partial, partial);
    assert_int_equal(bs->needed, needed);
}

static void check_end_with(kw_bytes field, kw_status want, size_t want_at, int64_t want_offset)
{
    kw_batches bs;
    kw_batch b;
    for (kw_batches_init(&bs, field); kw_batches_next(&bs, &b);)
        ;
    assert_refused(&bs, field, want, want_at);
    assert_int_equal(bs.error_offset, want_offset);
    assert_int_equal(bs.partial, 0);
    assert_false(kw_batches_next(&bs, &b)); /* sticks */
    assert_refused(&bs, field, want, want_at);
}

static void null_and_empty_fields_have_no_batches(void **state)
{
    (void)state;
    const kw_bytes fields[] = {{NULL, -1}, {NULL, 0}}; /* Q15 */
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        kw_batches bs;
        kw_batches_init(&bs, fields[i]);
        assert_last(&bs, 0, 0);
    }
}

static void every_header_field_of_magic_2_is_read(void **state)
{
    (void)state;
    batch_fields f = {.base_offset = INT64_C(0x0102030405060708),
                      .leader_epoch = 0x11121314,
                      .attributes = KW_CODEC_ZSTD | KW_ATTRIBUTE_LOG_APPEND_TIME | KW_ATTRIBUTE_TRANSACTIONAL,
                      .last_offset_delta = 0x21222324,
                      .base_timestamp = INT64_C(0x3132333435363738),
                      .max_timestamp = INT64_C(0x4142434445464748),
                      .producer_id = INT64_C(0x5152535455565758),
                      .producer_epoch = 0x6162,
                      .base_sequence = 0x71727374,
                      .count = 3};
    kw_bytes field = joined_2(plain_batch(7, 1), batch_of(&f, given("00")));
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    assert_true(kw_batches_next(&bs, &b));
    assert_int_equal(b.magic, KW_MAGIC_V2);
    assert_int_equal(b.position, 70);
    assert_int_equal(b.size, 62); /* Q20: 12 bytes more than its length says */
    assert_ptr_equal(b.data, field.data + 70);
    assert_int_equal(b.base_offset, f.base_offset);
    assert_int_equal(b.last_offset, f.base_offset + f.last_offset_delta);
    assert_int_equal(kw_batch_next_offset(&b), f.base_offset + f.last_offset_delta + 1);
    assert_int_equal(b.leader_epoch, f.leader_epoch);
    assert_int_equal(b.base_timestamp, f.base_timestamp);
    assert_int_equal(b.max_timestamp, f.max_timestamp);
    assert_int_equal(b.producer_id, f.producer_id);
    assert_int_equal(b.producer_epoch, f.producer_epoch);
    assert_int_equal(b.base_sequence, f.base_sequence);
    assert_int_equal(b.count, 3);
    assert_int_equal(b.crc, kw_load_be32(b.data + KW_BATCH_V2_CRC));
    assert_int_equal(kw_batch_codec(&b), KW_CODEC_ZSTD);
    assert_last(&bs, 0, 0);
}

static void each_attribute_has_its_bit(void **state) /* Q21 */
{
    (void)state;
    static const struct {
        uint16_t attributes;
        kw_codec codec;
        bool append_time, transactional, control;
        int64_t horizon;
    } cases[] = {
        {0, KW_CODEC_NONE, false, false, false, -1},      {1, KW_CODEC_GZIP, false, false, false, -1},
        {2, KW_CODEC_SNAPPY, false, false, false, -1},    {3, KW_CODEC_LZ4, false, false, false, -1},
        {4, KW_CODEC_ZSTD, false, false, false, -1},      {7, (kw_codec)7, false, false, false, -1},
        {0x08, KW_CODEC_NONE, true, false, false, -1},    {0x10, KW_CODEC_NONE, false, true, false, -1},
        {0x20, KW_CODEC_NONE, false, false, true, -1},    {0x40, KW_CODEC_NONE, false, false, false, 1000},
        {0xff80, KW_CODEC_NONE, false, false, false, -1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        batch_fields f = fields_for(0);
        f.attributes = cases[i].attributes;
        kw_batches bs;
        kw_batch b;
        kw_batches_init(&bs, batch_of(&f, given("")));
        assert_true(kw_batches_next(&bs, &b));
        assert_int_equal(b.attributes, cases[i].attributes);
        assert_int_equal(kw_batch_codec(&b), cases[i].codec);
        assert_int_equal(kw_batch_has_append_time(&b), cases[i].append_time);
        assert_int_equal(kw_batch_is_transactional(&b), cases[i].transactional);
        assert_int_equal(kw_batch_is_control(&b), cases[i].control);
        assert_int_equal(kw_batch_delete_horizon(&b), cases[i].horizon);
    }
}

static void messages_of_magic_0_and_1_are_batches_of_their_own(void **state)
{
    (void)state;
    kw_bytes none = {NULL, -1};
    kw_bytes parts[] = {message(KW_MAGIC_V0, 5, 0, "zero"), message_of(KW_MAGIC_V1, 6, 0x08, 77, none, given("61")),
                        message_of(KW_MAGIC_V1, 9, 0xf1, 88, none, given("61"))};
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, joined(parts, 3));
    assert_true(kw_batches_next(&bs, &b));
    assert_int_equal(b.magic, KW_MAGIC_V0);
    assert_int_equal(b.base_offset, 5);
    assert_int_equal(b.last_offset, 5);
    assert_int_equal(b.max_timestamp, KW_NO_TIMESTAMP);
    assert_int_equal(b.count, 1);
    assert_int_equal(b.producer_id, KW_NO_PRODUCER_ID);
    assert_int_equal(b.producer_epoch, KW_NO_PRODUCER_EPOCH);
    assert_int_equal(b.base_sequence, KW_NO_SEQUENCE);
    assert_int_equal(b.leader_epoch, KW_NO_LEADER_EPOCH);
    assert_true(kw_batches_next(&bs, &b));
    assert_int_equal(b.magic, KW_MAGIC_V1);
    assert_int_equal(b.max_timestamp, 77);
    assert_true(kw_batch_has_append_time(&b));
    assert_true(kw_batches_next(&bs, &b));
    assert_int_equal(b.count, KW_COUNT_UNKNOWN);
    assert_int_equal(kw_batch_codec(&b), KW_CODEC_GZIP);
    assert_int_equal(kw_batch_next_offset(&b), 10);
    assert_false(kw_batch_is_control(&b)); /* these bits exist since magic 2 */
    assert_false(kw_batch_is_transactional(&b));
    assert_int_equal(kw_batch_delete_horizon(&b), KW_NO_TIMESTAMP);
    assert_last(&bs, 0, 0);
}

static void log_append_time_does_not_exist_in_magic_0(void **state)
{
    (void)state;
    kw_bytes none = {NULL, -1};
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, message_of(KW_MAGIC_V0, 0, 0xf8, 0, none, none));
    assert_true(kw_batches_next(&bs, &b));
    assert_int_equal(b.attributes, 0);
}

static void magics_mix_in_one_field(void **state) /* Q17, pain 33 */
{
    (void)state;
    kw_bytes parts[] = {plain_batch(1, 2), message(KW_MAGIC_V0, 3, 0, "a"), plain_batch(4, 1),
                        message(KW_MAGIC_V1, 5, 9, "b")};
    const uint8_t magics[] = {2, 0, 2, 1};
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, joined(parts, 4));
    bs.flags |= KW_BATCHES_CHECK_CRC;
    for (size_t i = 0; i < COUNT_OF(magics); i++) {
        assert_true(kw_batches_next(&bs, &b));
        assert_int_equal(b.magic, magics[i]);
        assert_int_equal(b.size, parts[i].len);
    }
    assert_last(&bs, 0, 0);
}

static void a_partial_last_batch_is_no_error(void **state) /* Q16, pain 29 */
{
    (void)state;
    kw_bytes seconds[] = {plain_batch(2, 3), message(KW_MAGIC_V0, 2, 0, "abc"), message(KW_MAGIC_V1, 2, 0, "abc")};
    for (size_t i = 0; i < COUNT_OF(seconds); i++) {
        size_t first = (size_t)plain_batch(0, 2).len;
        kw_bytes whole = joined_2(plain_batch(0, 2), seconds[i]);
        size_t second = (size_t)seconds[i].len;
        for (size_t cut = 1; cut < second; cut++) {
            kw_batches bs;
            kw_batch b;
            kw_batches_init(&bs, given_prefix(whole, first + cut));
            assert_true(kw_batches_next(&bs, &b));
            assert_int_equal(kw_batch_next_offset(&b), 2);
            assert_last(&bs, cut, cut < 12 ? 12 : second);
        }
    }
}

static void sizes_that_no_batch_has_end_the_iteration(void **state) /* pain 7 */
{
    (void)state;
    static const struct {
        const char *hex;
        kw_status status;
        size_t at;
    } cases[] = {
        {"0000000000000009 ffffffff", KW_ERR_BATCH_SIZE, 8},
        {"0000000000000009 80000000", KW_ERR_BATCH_SIZE, 8},
        {"0000000000000009 00000000", KW_ERR_BATCH_SIZE, 8}, /* a preallocated segment's tail is zeros */
        {"0000000000000009 0000000d", KW_ERR_BATCH_SIZE, 8},
        {"0000000000000009 7ffffff4", KW_ERR_BATCH_SIZE, 8}, /* larger than a records field can be */
        {"0000000000000009 0000000d 00000000 02", KW_ERR_BATCH_SIZE, 8},
        {"0000000000000009 00000030 00000000 02", KW_ERR_BATCH_SIZE, 8},
        {"0000000000000009 00000015 00000000 01", KW_ERR_BATCH_SIZE, 8},
        {"0000000000000009 00000031 00000000 03", KW_ERR_MAGIC, 16},
        {"0000000000000009 00000031 00000000 ff", KW_ERR_MAGIC, 16},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes damaged = given(cases[i].hex);
        check_end_with(damaged, cases[i].status, cases[i].at, 9);
        check_end_with(joined_2(plain_batch(0, 1), damaged), cases[i].status, 70 + cases[i].at, 9);
    }
}

static void sizes_at_the_bounds_are_partial_batches(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        size_t needed;
    } cases[] = {
        {"0000000000000009 0000000e 00000000", 26},           {"0000000000000009 0000000e 00000000 00", 26},
        {"0000000000000009 00000016 00000000 01", 34},        {"0000000000000009 00000031 00000000 02", 61},
        {"0000000000000009 7ffffff3 00000000 02", INT32_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes field = given(cases[i].hex);
        kw_batches bs;
        kw_batches_init(&bs, field);
        assert_last(&bs, (size_t)field.len, cases[i].needed);
    }
}

static void crc_32c_of_magic_2_starts_at_the_attributes(void **state) /* Q18 */
{
    (void)state;
    kw_bytes batch = plain_batch(0, 2);
    for (size_t at = 0; at < (size_t)batch.len; at++) {
        if (at >= KW_BATCH_LENGTH && at < KW_BATCH_OVERHEAD)
            continue; /* the length */
        if (at == KW_BATCH_MAGIC)
            continue;
        writable(batch)[at] ^= 0x40;
        kw_batches bs;
        kw_batch b;
        kw_batches_init(&bs, batch);
        assert_true(kw_batches_next(&bs, &b)); /* only checked on request */
        bool covered = at >= KW_BATCH_V2_CRC;
        assert_status(kw_batch_check_crc(&b), covered ? KW_ERR_CRC : KW_OK);
        kw_batches_init(&bs, batch);
        bs.flags |= KW_BATCHES_CHECK_CRC;
        assert_int_equal(kw_batches_next(&bs, &b), !covered);
        if (covered) {
            assert_refused(&bs, batch, KW_ERR_CRC, KW_BATCH_V2_CRC);
            assert_int_equal(b.size, batch.len);
        }
        writable(batch)[at] ^= 0x40;
    }
}

static void crc_32_of_messages_ends_with_the_message(void **state) /* Q19, pain 32 */
{
    (void)state;
    kw_bytes parts[] = {message(KW_MAGIC_V0, 0, 0, "first"), message(KW_MAGIC_V1, 1, 3, "second"),
                        message(KW_MAGIC_V0, 2, 0, "third")};
    kw_bytes field = joined(parts, 3);
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    bs.flags |= KW_BATCHES_CHECK_CRC;
    for (int i = 0; i < 3; i++)
        assert_true(kw_batches_next(&bs, &b));
    assert_last(&bs, 0, 0);

    size_t second = (size_t)parts[0].len;
    writable(field)[second + (size_t)parts[1].len - 1] ^= 1;
    kw_batches_init(&bs, field);
    bs.flags |= KW_BATCHES_CHECK_CRC;
    assert_true(kw_batches_next(&bs, &b));
    assert_false(kw_batches_next(&bs, &b));
    assert_refused(&bs, field, KW_ERR_CRC, second + KW_LEGACY_CRC);
    assert_int_equal(bs.error_offset, 1);
}

static void the_next_offset_outlives_compaction(void **state) /* Q30, pain 30 */
{
    (void)state;
    batch_fields f = fields_for(0); /* nothing left */
    f.last_offset_delta = 7;
    kw_bytes field = joined_2(plain_batch(90, 1), batch_of(&f, given("")));
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    assert_true(kw_batches_next(&bs, &b));
    assert_int_equal(b.count, 0);
    assert_int_equal(b.last_offset, 107);
    assert_int_equal(kw_batch_next_offset(&b), 108);
    assert_int_equal(kw_next_fetch_offset(field, 90), 108);
}

static void the_next_fetch_offset_never_goes_back(void **state)
{
    (void)state;
    kw_bytes nothing = {NULL, -1};
    assert_int_equal(kw_next_fetch_offset(nothing, 42), 42);
    kw_bytes field = joined_2(plain_batch(40, 5), plain_batch(45, 5));
    assert_int_equal(kw_next_fetch_offset(field, 43), 50); /* a fetch inside a batch gets the whole batch */
    assert_int_equal(kw_next_fetch_offset(given_prefix(field, (size_t)field.len - 1), 43), 45);
    assert_int_equal(kw_next_fetch_offset(given_prefix(field, 60), 43), 43);
    assert_int_equal(kw_next_fetch_offset(field, 60), 60);
    batch_fields f = fields_for(1);
    f.last_offset_delta = -50; /* would let a consumer loop forever */
    assert_int_equal(kw_next_fetch_offset(batch_of(&f, plain_records(1)), 100), 100);
}

static void offsets_wrap_like_java_longs(void **state)
{
    (void)state;
    batch_fields f = fields_for(1);
    f.base_offset = INT64_MAX;
    f.last_offset_delta = 0;
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, batch_of(&f, plain_records(1)));
    assert_true(kw_batches_next(&bs, &b));
    assert_true(kw_batch_next_offset(&b) == INT64_MIN);
    f.last_offset_delta = 2;
    kw_batches_init(&bs, batch_of(&f, plain_records(1)));
    assert_true(kw_batches_next(&bs, &b));
    assert_true(b.last_offset == INT64_MIN + 1);
}

static void sequences_wrap_to_zero(void **state) /* Q32, pain 34 */
{
    (void)state;
    assert_int_equal(kw_sequence_add(0, 0), 0);
    assert_int_equal(kw_sequence_add(5, 7), 12);
    assert_int_equal(kw_sequence_add(INT32_MAX - 1, 1), INT32_MAX);
    assert_int_equal(kw_sequence_add(INT32_MAX, 1), 0);
    assert_int_equal(kw_sequence_add(INT32_MAX, 2), 1);
    assert_int_equal(kw_sequence_add(INT32_MAX, INT32_MAX), INT32_MAX - 1);
}

static void a_segment_is_read_in_place(void **state)
{
    (void)state;
    kw_bytes parts[] = {plain_batch(0, 3), message(KW_MAGIC_V1, 3, 9, "b"), plain_batch(4, 2)};
    kw_bytes whole = joined(parts, 3);
    for (size_t shift = 0; shift < 8; shift++) { /* any alignment */
        uint8_t *segment = given_size(shift + (size_t)whole.len);
        memcpy(segment + shift, whole.data, (size_t)whole.len);
        kw_batches bs;
        kw_batch b;
        int64_t next = 0;
        for (kw_batches_init_memory(&bs, segment + shift, (size_t)whole.len); kw_batches_next(&bs, &b);) {
            assert_int_equal(b.base_offset, next);
            assert_status(kw_batch_check_crc(&b), KW_OK);
            next = kw_batch_next_offset(&b);
        }
        assert_int_equal(next, 6);
        assert_last(&bs, 0, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(null_and_empty_fields_have_no_batches),
        TEST(every_header_field_of_magic_2_is_read),
        TEST(each_attribute_has_its_bit),
        TEST(messages_of_magic_0_and_1_are_batches_of_their_own),
        TEST(log_append_time_does_not_exist_in_magic_0),
        TEST(magics_mix_in_one_field),
        TEST(a_partial_last_batch_is_no_error),
        TEST(sizes_that_no_batch_has_end_the_iteration),
        TEST(sizes_at_the_bounds_are_partial_batches),
        TEST(crc_32c_of_magic_2_starts_at_the_attributes),
        TEST(crc_32_of_messages_ends_with_the_message),
        TEST(the_next_offset_outlives_compaction),
        TEST(the_next_fetch_offset_never_goes_back),
        TEST(offsets_wrap_like_java_longs),
        TEST(sequences_wrap_to_zero),
        TEST(a_segment_is_read_in_place),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
