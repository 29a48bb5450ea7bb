/* SPDX-License-Identifier: Apache-2.0 */
/* Where a segment ends, and which entries of its indexes are reported. */
#include "../support/problem_log.h"

#include "log/segment.h"

enum { BASE = 100, ONE = KW_BATCH_V2_RECORDS + 10, BATCHES = 4 };

static uint8_t bytes[16 * ONE];
static struct segment segment;
static problem_log problems;

/* Batches of one record each at 100 to 103, of the times 1000 to 1003. */
static int set_up(void **state)
{
    (void)state;
    for (int i = 0; i < BATCHES; i++) {
        const made_batch made = {.base_offset = BASE + i, .count = 1, .timestamp = 1000 + i, .producer_id = -1};
        assert_int_equal(put_batch(bytes + i * ONE, made), ONE);
    }
    segment_wrap(&segment, bytes, (size_t)BATCHES * ONE, BASE);
    return 0;
}

static struct segment_end check(unsigned what)
{
    const struct problem_listener listener = {log_problem, &problems};
    struct segment_end end;
    memset(&end, 0x55, sizeof end);
    end.zeros = true;
    memset(&problems, 0, sizeof problems);
    segment_check(&segment, "folder", what, &listener, &end);
    return end;
}

static void set_map(struct file_map *map, kw_bytes of)
{
    map->data = of.data;
    map->size = (size_t)of.len;
}

static void set_offsets(const char *hex)
{
    kw_bytes index = given(hex);
    set_map(&segment.index, index);
    kw_offset_index_init(&segment.offsets, index.data, (size_t)index.len, segment.base_offset);
}

static void set_times(const char *hex)
{
    kw_bytes index = given(hex);
    set_map(&segment.time_index, index);
    kw_time_index_init(&segment.times, index.data, (size_t)index.len, segment.base_offset);
}

static void set_aborted(const char *hex)
{
    kw_bytes index = given(hex);
    set_map(&segment.txn_index, index);
    kw_txn_index_init(&segment.aborted, index.data, (size_t)index.len);
}

static void assert_clean(unsigned what)
{
    (void)check(what);
    assert_no_problem(&problems);
}

/* One problem, in one of the files. */
static void assert_report(const char *file, kw_status status, int64_t position, int64_t offset)
{
    (void)check(CHECK_INDEXES);
    assert_problem(&problems, status, position);
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.offset, offset);
    assert_non_null(strstr(problems.text, file));
}

/* ---- the log ---- */

static void assert_wrong_order(size_t batch, size_t field)
{
    struct segment_end end = check(0);
    assert_status(end.status, KW_ERR_OFFSET_ORDER);
    assert_int_equal(end.error_at, batch * ONE + field);
    assert_int_equal(end.position, batch * ONE);
    assert_int_equal(end.next_offset, BASE + (int64_t)batch);
    assert_false(end.zeros);
    assert_problem(&problems, KW_ERR_OFFSET_ORDER, (int64_t)(batch * ONE + field));
    assert_int_equal(problems.offset, BASE + (int64_t)batch);
    (void)set_up(NULL);
}

/* The position is that of the field which is wrong. */
static void test_wrong_fields(void **state)
{
    (void)state;
    kw_store_be64(bytes, BASE - 1);
    assert_wrong_order(0, KW_BATCH_OFFSET);
    kw_store_be64(bytes + 2 * ONE, BASE + 1);
    assert_wrong_order(2, KW_BATCH_OFFSET);
    kw_store_be64(bytes + 2 * ONE, INT64_MAX);
    assert_wrong_order(2, KW_BATCH_V2_LAST_OFFSET_DELTA);
    kw_store_be64(bytes + 2 * ONE, INT64_MAX - 1);
    kw_store_be32(bytes + 2 * ONE + KW_BATCH_V2_LAST_OFFSET_DELTA, 1);
    assert_wrong_order(2, KW_BATCH_V2_LAST_OFFSET_DELTA);
    for (int64_t before = 1; before <= 2; before++) { /* the offset before it may be right in front of it */
        kw_store_be64(bytes + 2 * ONE, (uint64_t)(INT64_MAX - before));
        kw_store_be64(bytes + 3 * ONE, INT64_MAX);
        struct segment_end wrong = check(0);
        assert_status(wrong.status, KW_ERR_OFFSET_ORDER);
        assert_int_equal(wrong.error_at, 3 * ONE + KW_BATCH_V2_LAST_OFFSET_DELTA);
    }
    (void)set_up(NULL);
    kw_store_be64(bytes + 3 * ONE, INT64_MAX - 1); /* the greatest offset that can be followed by one */
    struct segment_end end = check(0);
    assert_status(end.status, KW_OK);
    assert_int_equal(end.next_offset, INT64_MAX);
}

/* A message of magic 1 has its offset only, not a number of records. */
static void test_wrong_offset_of_magic_1(void **state)
{
    (void)state;
    kw_bytes message = given("7fffffffffffffff 00000016 00000000 01 00 0000000000000001 ffffffff ffffffff");
    memcpy(bytes + ONE, message.data, (size_t)message.len);
    segment_wrap(&segment, bytes, ONE + (size_t)message.len, BASE);
    assert_wrong_order(1, KW_BATCH_OFFSET);
}

/* Fewer than 12 zeros may be the start of a batch that was cut off. */
static void test_zeros(void **state)
{
    (void)state;
    enum { END = BATCHES * ONE };
    memset(bytes + END, 0, ONE);
    for (size_t zeros = 1; zeros < 30; zeros++) {
        bool ahead = zeros >= KW_BATCH_OVERHEAD;
        segment_wrap(&segment, bytes, END + zeros, BASE);
        struct segment_end end = check(0);
        assert_status(end.status, ahead ? KW_OK : KW_ERR_TORN);
        assert_int_equal(end.zeros, ahead);
        assert_int_equal(end.position, END);
        assert_int_equal(end.error_at, ahead ? 0 : END);
        assert_int_equal(problems.count, ahead ? 0 : 1);
    }
    segment_wrap(&segment, bytes, END, BASE);
    assert_false(check(0).zeros);
}

static void test_greatest_timestamp(void **state)
{
    (void)state;
    assert_int_equal(check(0).max_timestamp, 1003);
    segment_wrap(&segment, bytes, 0, BASE);
    assert_int_equal(check(0).max_timestamp, -1);
    const made_batch made = {.base_offset = BASE, .count = 1, .timestamp = 0, .producer_id = -1};
    segment_wrap(&segment, bytes, put_batch(bytes, made), BASE);
    assert_int_equal(check(0).max_timestamp, 0);
}

/* Of the entries at the end of the index eight are tried. */
static void test_entries_that_are_tried(void **state)
{
    (void)state;
    enum { SEVEN_WRONG = 8 * 16, EIGHT_WRONG = 9 * 16 };
    char hex[EIGHT_WRONG + 1] = "00000001" /* offset 101, at byte 71 */
                                "00000047";
    for (size_t i = 16; i < EIGHT_WRONG; i += 16)
        memcpy(hex + i, "0000000200000001", 17);
    assert_int_equal(ONE, 0x47);
    bytes[ONE - 1] ^= 1; /* in front of the entry that is right */
    set_offsets(hex);
    assert_status(check(CHECK_CRC | CHECK_FROM_INDEX).status, KW_ERR_CRC);
    hex[SEVEN_WRONG] = '\0';
    set_offsets(hex);
    assert_status(check(CHECK_CRC | CHECK_FROM_INDEX).status, KW_OK);
}

/* ---- the indexes ---- */

static void test_offset_index(void **state)
{
    (void)state;
    set_offsets("00000000 00000000 00000001 00000047 00000003 000000d5");
    assert_clean(CHECK_INDEXES);
    set_offsets("00000000 00000000 00000001 00000047 00000001 00000047"); /* twice */
    assert_report(".index", KW_ERR_INDEX, 16, 101);
    set_offsets("00000000 00000000 00000001 00000047 0000");
    assert_report(".index", KW_ERR_INDEX, 16, -1);
    assert_clean(0);
}

/* An entry for a batch that the log ends before. */
static void test_offset_index_behind_the_end(void **state)
{
    (void)state;
    kw_store_be64(bytes + 3 * ONE, BASE + 2); /* again */
    set_offsets("00000002 000000d5");
    (void)check(CHECK_INDEXES);
    assert_problem(&problems, KW_ERR_OFFSET_ORDER, 3 * ONE);
    assert_int_equal(problems.count, 2); /* the entry is the second */
}

static void test_time_index(void **state)
{
    (void)state;
    set_times("00000000000003e8 00000000 00000000000003eb 00000003");
    assert_clean(CHECK_INDEXES);
    set_times("00000000000003e8 00000000 00000000000003e9 00000001 00"); /* ends with a part of an entry */
    assert_report(".timeindex", KW_ERR_INDEX, 24, -1);
    assert_clean(0);

    const made_batch older = {.base_offset = BASE + 2, .count = 1, .timestamp = 900, .producer_id = -1};
    (void)put_batch(bytes + 2 * ONE, older);
    set_times("00000000000003e9 00000001 0000000000000384 00000002"); /* the time does not ascend */
    assert_report(".timeindex", KW_ERR_INDEX, 12, 102);
    set_times("0000000000000384 00000002 00000000000003e9 00000001"); /* nor does the offset */
    assert_report(".timeindex", KW_ERR_INDEX, 12, 101);
    const made_batch same = {.base_offset = BASE + 2, .count = 1, .timestamp = 1001, .producer_id = -1};
    (void)put_batch(bytes + 2 * ONE, same);
    set_times("00000000000003e9 00000001 00000000000003e9 00000002"); /* the same time again */
    assert_report(".timeindex", KW_ERR_INDEX, 12, 102);
}

/* The first offset of all may be in both. */
static void test_indexes_of_offset_zero(void **state)
{
    (void)state;
    kw_store_be64(bytes, 0);
    kw_store_be64(bytes + ONE, 1);
    segment_wrap(&segment, bytes, (size_t)2 * ONE, 0);
    set_offsets("00000000 00000000 00000001 00000047");
    set_times("00000000000003e8 00000000");
    assert_clean(CHECK_INDEXES);
}

#define ABORTED(last) "0000 0000000000000007 0000000000000001 " last " 0000000000000001"

static void test_aborted_index(void **state)
{
    (void)state;
    set_aborted(ABORTED("0000000000000064") ABORTED("0000000000000067")); /* the first offset and the last */
    assert_clean(CHECK_INDEXES);
    assert_clean(0);
    set_aborted(ABORTED("0000000000000063")); /* before the segment */
    assert_report(".txnindex", KW_ERR_INDEX, 0, -1);
    set_aborted(ABORTED("0000000000000064") ABORTED("0000000000000068")); /* behind it */
    assert_report(".txnindex", KW_ERR_INDEX, 34, -1);
    set_aborted(ABORTED("0000000000000064") ABORTED("0000000000000064")); /* twice */
    assert_report(".txnindex", KW_ERR_INDEX, 34, -1);
    set_aborted("0001 0000000000000007 0000000000000001 0000000000000064 0000000000000001");
    assert_report(".txnindex", KW_ERR_VERSION, 0, -1);
    set_aborted(ABORTED("0000000000000064") "0000");
    assert_report(".txnindex", KW_ERR_INDEX, 34, -1);
}

#define TEST_SEGMENT(function) cmocka_unit_test_setup_teardown(function, set_up, forget_given)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_SEGMENT(test_wrong_fields),
        TEST_SEGMENT(test_wrong_offset_of_magic_1),
        TEST_SEGMENT(test_zeros),
        TEST_SEGMENT(test_greatest_timestamp),
        TEST_SEGMENT(test_entries_that_are_tried),
        TEST_SEGMENT(test_offset_index),
        TEST_SEGMENT(test_offset_index_behind_the_end),
        TEST_SEGMENT(test_time_index),
        TEST_SEGMENT(test_indexes_of_offset_zero),
        TEST_SEGMENT(test_aborted_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
