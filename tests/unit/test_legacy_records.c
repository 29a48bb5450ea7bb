/* SPDX-License-Identifier: Apache-2.0 */
#include "record_bytes.h"

#include <kwire/records.h>

static const kw_bytes null_bytes = {NULL, -1};

static struct test_memory memory;
static kw_decompressor *decompressor;
static uint8_t buffer[1024];
static kw_writer scratch;

static int set_up(void **state)
{
    (void)state;
    decompressor = kw_decompressor_create(test_memory_init(&memory));
    kw_writer_init(&scratch, buffer, sizeof buffer);
    return decompressor == NULL;
}

static int tear_down(void **state)
{
    kw_decompressor_destroy(decompressor);
    return forget_given(state) != 0 || memory.blocks != 0;
}

static kw_batch first_batch(kw_bytes field)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, field);
    assert_true(kw_batches_next(&bs, &b));
    return b;
}

/* A message whose value is other messages in gzip. */
static kw_bytes wrapper_of(uint8_t magic, int64_t offset, uint8_t attributes, int64_t timestamp, kw_bytes inner)
{
    return message_of(magic, offset, KW_CODEC_GZIP | attributes, timestamp, null_bytes, gzip_of(inner));
}

typedef struct expected {
    int64_t offset;
    int64_t timestamp;
    const char *value;
} expected;

static void check_records(kw_bytes field, const expected *want, size_t count)
{
    kw_batch b = first_batch(field);
    kw_records rs;
    kw_record r;
    size_t n = 0;
    for (kw_records_init(&rs, &b, decompressor, &scratch); kw_records_next(&rs, &r); n++) {
        assert_true(n < count);
        assert_int_equal(r.offset, want[n].offset);
        assert_int_equal(r.timestamp, want[n].timestamp);
        assert_int_equal(r.key.len, -1);
        assert_int_equal(r.value.len, strlen(want[n].value));
        assert_memory_equal(r.value.data, want[n].value, (size_t)r.value.len);
        assert_int_equal(r.sequence, KW_NO_SEQUENCE);
        assert_int_equal(r.header_count, 0);
    }
    assert_status(rs.status, KW_OK);
    assert_int_equal(n, count);
}

#define needs_gzip()                            \
    do {                                        \
        if (!kw_codec_available(KW_CODEC_GZIP)) \
            skip();                             \
    } while (0)

/* ---- uncompressed ---- */

static void a_message_is_one_record(void **state)
{
    (void)state;
    const expected zero = {5, KW_NO_TIMESTAMP, "zero"}, one = {6, 77, "one"};
    check_records(message(KW_MAGIC_V0, 5, 99, "zero"), &zero, 1);
    check_records(message(KW_MAGIC_V1, 6, 77, "one"), &one, 1);
}

static void keys_and_values_may_be_null_or_empty(void **state) /* Q33 */
{
    (void)state;
    for (uint8_t magic = 0; magic < 2; magic++) {
        kw_batch nulls = first_batch(message_of(magic, 0, 0, 0, null_bytes, null_bytes));
        kw_batch empties = first_batch(message_of(magic, 0, 0, 0, given(""), given("")));
        kw_records rs;
        kw_record r;
        kw_records_init(&rs, &nulls, NULL, NULL);
        assert_true(kw_records_next(&rs, &r));
        assert_int_equal(r.key.len, -1);
        assert_int_equal(r.value.len, -1);
        kw_records_init(&rs, &empties, NULL, NULL);
        assert_true(kw_records_next(&rs, &r));
        assert_int_equal(r.key.len, 0);
        assert_int_equal(r.value.len, 0);
        assert_false(kw_records_next(&rs, &r));
        assert_status(rs.status, KW_OK);
    }
}

static void check_refused_field(kw_bytes field, kw_status want, size_t want_at, bool inside)
{
    kw_batch b = first_batch(field);
    kw_records rs;
    kw_record r;
    for (kw_records_init(&rs, &b, decompressor, &scratch); kw_records_next(&rs, &r);)
        ;
    assert_refused(&rs, field, want, want_at);
    assert_int_equal(rs.decompressed, inside);
    assert_false(kw_records_next(&rs, &r)); /* sticks */
    assert_status(rs.status, want);
}

static void a_message_fills_its_length_exactly(void **state) /* pain 7 */
{
    (void)state;
    kw_bytes field = message(KW_MAGIC_V1, 6, 77, "one");
    uint8_t *value_length = writable(field) + KW_LEGACY_V1_KEY + 4;
    check_records(field, &(const expected){6, 77, "one"}, 1);
    kw_store_be32(value_length, 2);
    check_refused_field(field, KW_ERR_RECORD_SIZE, KW_LEGACY_V1_KEY + 10, false);
    kw_store_be32(value_length, 4);
    check_refused_field(field, KW_ERR_LENGTH, KW_LEGACY_V1_KEY + 4, false);
    kw_store_be32(value_length, INT32_MAX);
    check_refused_field(field, KW_ERR_LENGTH, KW_LEGACY_V1_KEY + 4, false);
    kw_store_be32(value_length - 4, 100);
    check_refused_field(field, KW_ERR_LENGTH, KW_LEGACY_V1_KEY, false);
}

/* ---- compressed ---- */

static void offsets_inside_magic_0_are_absolute(void **state) /* Q26, pain 31 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V0, 1005, 0, "a"), message(KW_MAGIC_V0, 1007, 0, "b")};
    const expected want[] = {{1005, -1, "a"}, {1007, -1, "b"}};
    check_records(wrapper_of(KW_MAGIC_V0, 1007, 0, 0, joined(inner, 2)), want, 2);
    check_records(wrapper_of(KW_MAGIC_V0, 3, 0, 0, joined(inner, 2)), want, 2); /* independent of the wrapper */
}

static void offsets_inside_magic_1_count_back_from_the_last(void **state) /* Q26, pain 31 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V1, 0, 10, "a"), message(KW_MAGIC_V1, 1, 11, "b"),
                        message(KW_MAGIC_V1, 2, 12, "c")};
    const expected want[] = {{1005, 10, "a"}, {1006, 11, "b"}, {1007, 12, "c"}};
    kw_bytes field = wrapper_of(KW_MAGIC_V1, 1007, 0, 12, joined(inner, 3));
    check_records(field, want, 3);
    kw_batch b = first_batch(field);
    assert_int_equal(kw_batch_next_offset(&b), 1008);

    const expected absolute[] = {{0, 10, "a"}, {1, 11, "b"}, {2, 12, "c"}};
    check_records(wrapper_of(KW_MAGIC_V1, 2, 0, 12, joined(inner, 3)), absolute, 3);
}

static void compaction_leaves_gaps_inside_magic_1(void **state) /* Q26, pain 30 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V1, 3, 10, "a"), message(KW_MAGIC_V1, 7, 11, "b")};
    const expected want[] = {{1003, 10, "a"}, {1007, 11, "b"}};
    check_records(wrapper_of(KW_MAGIC_V1, 1007, 0, 11, joined(inner, 2)), want, 2);
}

static void a_wrapper_at_offset_0_is_ignored(void **state) /* Q26, pain 31: KAFKA-5365 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V1, 0, 10, "a"), message(KW_MAGIC_V1, 1, 11, "b")};
    const expected want[] = {{0, 10, "a"}, {1, 11, "b"}};
    check_records(wrapper_of(KW_MAGIC_V1, 0, 0, 11, joined(inner, 2)), want, 2);
}

static void a_wrapper_below_its_last_offset_is_refused(void **state) /* Q26, pain 31 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V1, 0, 10, "a"), message(KW_MAGIC_V1, 5, 11, "b")};
    check_refused_field(wrapper_of(KW_MAGIC_V1, 4, 0, 11, joined(inner, 2)), KW_ERR_WRAPPER_OFFSET, 0, false);
    check_refused_field(wrapper_of(KW_MAGIC_V1, -1, 0, 11, joined(inner, 2)), KW_ERR_WRAPPER_OFFSET, 0, false);
}

static void offsets_that_overflow_wrap(void **state) /* pain 7 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V1, INT64_MAX, 10, "a"), message(KW_MAGIC_V1, INT64_MIN, 11, "b")};
    const expected want[] = {{INT64_MAX - 1, 10, "a"}, {INT64_MAX, 11, "b"}};
    check_records(wrapper_of(KW_MAGIC_V1, INT64_MAX, 0, 11, joined(inner, 2)), want, 2);
}

static void the_wrappers_append_time_overrides(void **state) /* Q27 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V1, 0, 10, "a"),
                        message_of(KW_MAGIC_V1, 1, KW_ATTRIBUTE_LOG_APPEND_TIME, 11, null_bytes, given("62"))};
    const expected appended[] = {{1, 99, "a"}, {2, 99, "b"}}, created[] = {{1, 10, "a"}, {2, 11, "b"}};
    check_records(wrapper_of(KW_MAGIC_V1, 2, KW_ATTRIBUTE_LOG_APPEND_TIME, 99, joined(inner, 2)), appended, 2);
    check_records(wrapper_of(KW_MAGIC_V1, 2, 0, 99, joined(inner, 2)), created, 2); /* the inner bit is ignored */
}

static void magic_0_inside_magic_1_has_no_timestamps(void **state) /* pain 33 */
{
    (void)state;
    needs_gzip();
    kw_bytes inner[] = {message(KW_MAGIC_V0, 0, 0, "a"), message(KW_MAGIC_V1, 1, 11, "b")};
    const expected want[] = {{1, -1, "a"}, {2, 99, "b"}};
    check_records(wrapper_of(KW_MAGIC_V1, 2, KW_ATTRIBUTE_LOG_APPEND_TIME, 99, joined(inner, 2)), want, 2);
}

static void what_is_inside_is_checked(void **state)
{
    (void)state;
    needs_gzip();
    for (uint8_t magic = 0; magic < 2; magic++) {
        size_t value_at = (magic == KW_MAGIC_V0 ? KW_LEGACY_V0_KEY : KW_LEGACY_V1_KEY) + 4;
        kw_bytes good = message(magic, 0, 10, "ab"), twice = joined_2(good, good);
        size_t size = (size_t)good.len;
        check_refused_field(message_of(magic, 0, KW_CODEC_GZIP, 0, null_bytes, null_bytes), KW_ERR_NULL, value_at,
                            false);
        check_refused_field(wrapper_of(magic, 0, 0, 0, given("")), KW_ERR_NO_RECORDS, 0, true);
        check_refused_field(wrapper_of(magic, 0, 0, 0, wrapper_of(magic, 0, 0, 0, good)), KW_ERR_NESTED,
                            KW_LEGACY_ATTRIBUTES, true);
        check_refused_field(wrapper_of(magic, 0, 0, 0, given_prefix(twice, size + 11)), KW_ERR_TRUNCATED, size, true);
        check_refused_field(wrapper_of(magic, 0, 0, 0, given_prefix(twice, size * 2 - 1)), KW_ERR_LENGTH, size + 8,
                            true);
        check_refused_field(wrapper_of(magic, 0, 0, 0, plain_batch(0, 1)), KW_ERR_MAGIC, KW_BATCH_MAGIC, true);
        kw_store_be32(writable(twice) + size + KW_BATCH_LENGTH, 13);
        check_refused_field(wrapper_of(magic, 0, 0, 0, twice), KW_ERR_BATCH_SIZE, size + 8, true);
    }
    kw_bytes too_small = given("0000000000000000 00000015 00000000 0100 0000000000000000 00000000 000000");
    check_refused_field(wrapper_of(KW_MAGIC_V1, 0, 0, 0, too_small), KW_ERR_BATCH_SIZE, 8, true);
}

static void checksums_inside_are_checked_on_request(void **state) /* Q19, pain 32 */
{
    (void)state;
    needs_gzip();
    kw_bytes parts[] = {message(KW_MAGIC_V1, 0, 10, "a"), message(KW_MAGIC_V1, 1, 11, "b")};
    kw_bytes inner = joined(parts, 2);
    size_t size = (size_t)parts[0].len;
    kw_batch b = first_batch(wrapper_of(KW_MAGIC_V1, 1, 0, 11, inner));
    kw_records rs;
    kw_record r;
    kw_records_init(&rs, &b, decompressor, &scratch);
    rs.flags |= KW_RECORDS_CHECK_CRC;
    for (int i = 0; i < 2; i++)
        assert_true(kw_records_next(&rs, &r));
    assert_false(kw_records_next(&rs, &r));
    assert_status(rs.status, KW_OK);

    writable(inner)[2 * size - 1] ^= 1;
    b = first_batch(wrapper_of(KW_MAGIC_V1, 1, 0, 11, inner));
    kw_records_init(&rs, &b, decompressor, &scratch);
    rs.flags |= KW_RECORDS_CHECK_CRC;
    assert_true(kw_records_next(&rs, &r));
    assert_false(kw_records_next(&rs, &r));
    assert_refused(&rs, inner, KW_ERR_CRC, size + KW_LEGACY_CRC);
    assert_int_equal(rs.error_offset, 1);
    int n = 0;
    for (kw_records_init(&rs, &b, decompressor, &scratch); kw_records_next(&rs, &r);)
        n++;
    assert_int_equal(n, 2);
    assert_status(rs.status, KW_OK);
}

static void zstd_does_not_exist_before_magic_2(void **state) /* Q28 */
{
    (void)state;
    for (uint8_t magic = 0; magic < 2; magic++) {
        kw_bytes field = message_of(magic, 0, KW_CODEC_ZSTD, 0, null_bytes, given("28b52ffd2000010000"));
        size_t value = (magic == KW_MAGIC_V0 ? KW_LEGACY_V0_KEY : KW_LEGACY_V1_KEY) + 8;
        check_refused_field(field, KW_ERR_CODEC_UNKNOWN, value, false);
    }
}

static void no_flipped_bit_inside_makes_it_read_too_far(void **state)
{
    (void)state;
    needs_gzip();
    for (uint8_t magic = 0; magic < 2; magic++) {
        kw_bytes parts[] = {message(magic, 0, 10, "a"), message(magic, 1, 11, "b")};
        kw_bytes inner = joined(parts, 2);
        for (size_t at = 0; at < (size_t)inner.len; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                writable(inner)[at] ^= (uint8_t)(1u << bit);
                kw_batch b = first_batch(wrapper_of(magic, 9, 0, 11, inner));
                kw_records rs;
                kw_record r;
                uint8_t *exact = given_size((size_t)inner.len);
                kw_writer_init(&scratch, exact, (size_t)inner.len);
                for (kw_records_init(&rs, &b, decompressor, &scratch); kw_records_next(&rs, &r);)
                    assert_true(r.value.len <= inner.len);
                assert_true(rs.status != KW_OK || rs.pos == rs.end);
                writable(inner)[at] ^= (uint8_t)(1u << bit);
            }
        }
    }
}

#define LEGACY_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEGACY_TEST(a_message_is_one_record),
        LEGACY_TEST(keys_and_values_may_be_null_or_empty),
        LEGACY_TEST(a_message_fills_its_length_exactly),
        LEGACY_TEST(offsets_inside_magic_0_are_absolute),
        LEGACY_TEST(offsets_inside_magic_1_count_back_from_the_last),
        LEGACY_TEST(compaction_leaves_gaps_inside_magic_1),
        LEGACY_TEST(a_wrapper_at_offset_0_is_ignored),
        LEGACY_TEST(a_wrapper_below_its_last_offset_is_refused),
        LEGACY_TEST(offsets_that_overflow_wrap),
        LEGACY_TEST(the_wrappers_append_time_overrides),
        LEGACY_TEST(magic_0_inside_magic_1_has_no_timestamps),
        LEGACY_TEST(what_is_inside_is_checked),
        LEGACY_TEST(checksums_inside_are_checked_on_request),
        LEGACY_TEST(zstd_does_not_exist_before_magic_2),
        LEGACY_TEST(no_flipped_bit_inside_makes_it_read_too_far),
    };
    return cmocka_run_group_tests_name("legacy records", tests, NULL, NULL);
}
