/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/problem_log.h"

#include "log/segment.h"

enum { BASE = 1000, BATCHES = 5 };

/* Offsets 1000-1001, 1002, (gap), 1010-1012, 1013, 1014; times 100-101, 50, 200-202, 202, 150. */
static const made_batch made[BATCHES] = {
    {.base_offset = 1000, .count = 2, .timestamp = 100, .producer_id = -1},
    {.base_offset = 1002, .count = 1, .timestamp = 50, .producer_id = -1},
    {.base_offset = 1010, .count = 3, .timestamp = 200, .producer_id = -1},
    {.base_offset = 1013, .count = 1, .timestamp = 202, .producer_id = -1},
    {.base_offset = 1014, .count = 1, .timestamp = 150, .producer_id = -1},
};

static size_t positions[BATCHES + 1];

static kw_bytes make_log(void)
{
    uint8_t whole[1024];
    size_t size = 0;
    for (size_t i = 0; i < BATCHES; i++) {
        positions[i] = size;
        size += put_batch(whole + size, made[i]);
    }
    positions[BATCHES] = size;
    kw_bytes b = {memcpy(given_size(size), whole, size), (int32_t)size};
    return b;
}

static struct segment segment_of(kw_bytes log)
{
    struct segment s;
    segment_wrap(&s, log.data, (size_t)log.len, BASE);
    return s;
}

static void add_offsets(struct segment *s, kw_bytes index)
{
    kw_offset_index_init(&s->offsets, index.data, (size_t)index.len, BASE);
}

static void add_times(struct segment *s, kw_bytes index)
{
    kw_time_index_init(&s->times, index.data, (size_t)index.len, BASE);
}

/* Entries for the third and fourth batch, which 61 + 20, 61 + 10 and 61 + 30 bytes precede. */
#define OFFSETS "0000000c 00000098 0000000d 000000f3"
#define TIMES "0000000000000065 00000001 00000000000000ca 0000000c"

static void check_finds(const struct segment *s)
{
    static const struct {
        int64_t offset;
        size_t batch;
    } offsets[] = {{0, 0},    {1000, 0}, {1001, 0}, {1002, 1}, {1003, 2},
                   {1009, 2}, {1010, 2}, {1012, 2}, {1013, 3}, {1014, 4}};
    static const struct {
        int64_t timestamp;
        int64_t offset;
        size_t batch;
    } times[] = {{-1, 0, 0},     {101, 0, 0},    {102, 0, 2},   {202, 0, 2},
                 {202, 1013, 3}, {150, 1014, 4}, {50, 1002, 1}, {40, 1003, 2}};
    kw_batch b;
    for (size_t i = 0; i < COUNT_OF(offsets); i++) {
        assert_true(segment_find_offset(s, offsets[i].offset, &b));
        assert_int_equal(b.position, positions[offsets[i].batch]);
    }
    assert_false(segment_find_offset(s, 1015, &b));
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        assert_true(segment_find_time(s, times[i].timestamp, times[i].offset, &b));
        assert_int_equal(b.position, positions[times[i].batch]);
    }
    assert_false(segment_find_time(s, 203, 0, &b));
    assert_false(segment_find_time(s, 151, 1014, &b));
    assert_true(segment_find_newest(s, &b));
    assert_int_equal(b.position, positions[2]);
}

static void test_without_index(void **state)
{
    (void)state;
    struct segment s = segment_of(make_log());
    check_finds(&s);
}

static void test_with_indexes(void **state)
{
    (void)state;
    struct segment s = segment_of(make_log());
    add_offsets(&s, given(OFFSETS));
    add_times(&s, given(TIMES));
    struct segment_end end;
    problem_log log = {0};
    const struct problem_listener listener = {log_problem, &log};
    segment_check(&s, "f", CHECK_CRC | CHECK_INDEXES, &listener, &end);
    assert_no_problem(&log);
    check_finds(&s);
}

/* A damaged index never changes the result, and a check detects it. */
static void test_damaged_offset_index(void **state)
{
    (void)state;
    kw_bytes good = given(OFFSETS);
    for (size_t bit = 0; bit < (size_t)good.len * 8; bit++) {
        struct segment s = segment_of(make_log());
        uint8_t *data = copy_of(good);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        kw_bytes bad = {data, good.len};
        add_offsets(&s, bad);
        check_finds(&s);
        struct segment_end end;
        problem_log log = {0};
        const struct problem_listener listener = {log_problem, &log};
        segment_check(&s, "f", CHECK_INDEXES, &listener, &end);
        assert_problem(&log, KW_ERR_INDEX, (int64_t)(bit / 64 * 8));
    }
}

static void test_damaged_time_index(void **state)
{
    (void)state;
    kw_bytes good = given(TIMES);
    size_t seen = 0;
    for (size_t bit = 0; bit < (size_t)good.len * 8; bit++) {
        struct segment s = segment_of(make_log());
        uint8_t *data = copy_of(good);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        kw_bytes bad = {data, good.len};
        add_times(&s, bad);
        check_finds(&s);
        struct segment_end end;
        problem_log log = {0};
        const struct problem_listener listener = {log_problem, &log};
        segment_check(&s, "f", CHECK_INDEXES, &listener, &end);
        seen += log.count;
    }
    /* All except another offset of the same batch, or of another batch with the same time. */
    assert_true(seen >= (size_t)good.len * 8 - 8);
}

static void test_index_of_another_log(void **state)
{
    (void)state;
    struct segment s = segment_of(make_log());
    add_offsets(&s, given("00000001 00000000 00000002 00000051 ffffffff 00000098"));
    add_times(&s, given("0000000000000001 00000000 00000000000000ca 00000fff"));
    check_finds(&s);
    struct segment_end end;
    problem_log log = {0};
    const struct problem_listener listener = {log_problem, &log};
    segment_check(&s, "f", CHECK_INDEXES, &listener, &end);
    assert_int_equal(log.count, 2);
    assert_problem(&log, KW_ERR_INDEX, 16);
}

/* Of ascending times, with indexes that know the second batch and the fourth. */
static void test_indexes_are_used(void **state)
{
    (void)state;
    enum { ONE = KW_BATCH_V2_RECORDS + 10 };
    uint8_t whole[BATCHES * ONE];
    struct segment s;
    kw_batch b;
    for (int i = 0; i < BATCHES; i++) {
        const made_batch one = {.base_offset = BASE + i, .count = 1, .timestamp = 2000 + i, .producer_id = -1};
        assert_int_equal(put_batch(whole + i * ONE, one), ONE);
    }
    segment_wrap(&s, whole, sizeof whole, BASE);
    whole[KW_BATCH_MAGIC] = 9; /* what is behind it is found by an index only */
    assert_false(segment_find_offset(&s, 1004, &b));
    assert_false(segment_find_time(&s, 2004, 1004, &b));
    assert_false(segment_find_newest(&s, &b));

    add_offsets(&s, given("00000001 00000047 00000003 000000d5"));
    assert_true(segment_find_offset(&s, 1004, &b));
    assert_int_equal(b.base_offset, 1004);
    assert_true(segment_find_time(&s, 2004, 1001, &b));
    assert_false(segment_find_time(&s, 2004, 1000, &b));

    add_times(&s, given("00000000000007d1 00000001 00000000000007d3 00000003"));
    assert_true(segment_find_time(&s, 2004, 1000, &b));
    assert_int_equal(b.base_offset, 1004);
    assert_true(segment_find_newest(&s, &b));
    assert_int_equal(b.base_offset, 1004);

    whole[2 * ONE + KW_BATCH_MAGIC] = 9; /* the index that leads farther is used */
    add_times(&s, given("00000000000007d1 00000001"));
    assert_true(segment_find_time(&s, 2004, 1003, &b));
    assert_false(segment_find_time(&s, 2004, 1000, &b));
}

/* The first batch that has the greatest time is the newest, whichever the index names. */
static void test_equal_times(void **state)
{
    (void)state;
    struct segment s = segment_of(make_log());
    add_times(&s, given("00000000000000ca 0000000d"));
    check_finds(&s);
}

static void test_no_times(void **state)
{
    (void)state;
    uint8_t whole[256];
    kw_batch b;
    struct segment s;
    const made_batch none = {.base_offset = BASE, .count = 1, .timestamp = -1, .producer_id = -1};
    const made_batch first = {.base_offset = BASE + 1, .count = 1, .timestamp = 0, .producer_id = -1};
    size_t size = put_batch(whole, none);
    segment_wrap(&s, whole, size, BASE);
    assert_false(segment_find_newest(&s, &b));
    segment_wrap(&s, whole, size + put_batch(whole + size, first), BASE);
    assert_true(segment_find_newest(&s, &b));
    assert_int_equal(b.base_offset, BASE + 1);
}

static void test_check_from_index(void **state)
{
    (void)state;
    kw_bytes b = make_log();
    uint8_t *data = copy_of(b);
    data[KW_BATCH_V2_RECORDS] ^= 1;
    kw_bytes damaged = {data, b.len};
    struct segment s = segment_of(damaged);
    add_offsets(&s, given(OFFSETS "000000ff 00000001"));
    struct segment_end end;
    segment_check(&s, "f", CHECK_CRC | CHECK_FROM_INDEX, NULL, &end);
    assert_status(end.status, KW_OK);
    assert_int_equal(end.next_offset, 1015);
    assert_int_equal(end.max_timestamp, 202);
    segment_check(&s, "f", CHECK_CRC, NULL, &end);
    assert_status(end.status, KW_ERR_CRC);
    assert_int_equal(end.error_at, KW_BATCH_V2_CRC);
    assert_int_equal(end.position, 0);
    assert_int_equal(end.next_offset, BASE);
}

/* The number of batches that end at or before `position`. */
static size_t whole_batches(size_t position)
{
    size_t n = 0;
    while (n < BATCHES && positions[n + 1] <= position)
        n++;
    return n;
}

/* Whatever the bytes are: all functions can be called, and results lie within the segment. */
static void use(const struct segment *s)
{
    kw_batch b;
    kw_batches bs;
    kw_record r;
    kw_status status;
    for (int64_t offset = BASE - 1; offset < BASE + 17; offset += 4) {
        if (!segment_find_offset(s, offset, &b))
            continue;
        assert_true(b.last_offset >= offset && b.position + b.size <= s->log.size);
        if (batch_find_time(&b, 100, offset, NULL, NULL, &r, &status))
            assert_true(r.timestamp >= 100 && r.offset >= offset);
    }
    if (segment_find_time(s, 202, BASE, &b))
        assert_true(b.max_timestamp >= 202 && b.position + b.size <= s->log.size);
    if (segment_find_newest(s, &b))
        assert_true(b.position + b.size <= s->log.size);
    for (segment_batches(s, 0, &bs); kw_batches_next(&bs, &b);) {
        kw_records rs;
        for (kw_records_init(&rs, &b, NULL, NULL); kw_records_next(&rs, &r);)
            ;
    }
}

static void test_torn_everywhere(void **state)
{
    (void)state;
    kw_bytes b = make_log();
    for (size_t n = 0; n <= (size_t)b.len; n++) {
        struct segment s = segment_of(given_prefix(b, n));
        struct segment_end end;
        problem_log log = {0};
        const struct problem_listener listener = {log_problem, &log};
        segment_check(&s, "f", CHECK_CRC, &listener, &end);
        size_t whole = whole_batches(n);
        assert_int_equal(end.position, positions[whole]);
        assert_int_equal(end.next_offset, whole == 0 ? BASE : made[whole - 1].base_offset + made[whole - 1].count);
        assert_false(end.zeros);
        if (n == positions[whole])
            assert_status(end.status, KW_OK);
        else
            assert_problem(&log, KW_ERR_TORN, (int64_t)positions[whole]);
        use(&s);
    }
}

static void test_bit_flips_everywhere(void **state)
{
    (void)state;
    kw_bytes b = make_log();
    for (size_t bit = 0; bit < (size_t)b.len * 8; bit++) {
        uint8_t *data = copy_of(b);
        size_t byte = bit / 8;
        data[byte] ^= (uint8_t)(1 << bit % 8);
        kw_bytes bad = {data, b.len};
        struct segment s = segment_of(bad);
        struct segment_end end;
        problem_log log = {0};
        const struct problem_listener listener = {log_problem, &log};
        segment_check(&s, "f", CHECK_CRC, &listener, &end);
        use(&s);
        size_t whole = whole_batches(byte);
        size_t at = byte - positions[whole];
        bool has_no_checksum = at < 8 || (at >= KW_BATCH_V2_LEADER_EPOCH && at < KW_BATCH_MAGIC);
        if (has_no_checksum)
            continue;
        assert_int_equal(log.count, 1);
        assert_true(end.status != KW_OK);
        assert_int_equal(end.position, positions[whole]);
        assert_true(end.error_at >= positions[whole]);
    }
}

/* Offsets have no checksum; they must ascend. */
static void test_offset_order(void **state)
{
    (void)state;
    static const struct {
        size_t batch;
        int64_t offset;
        size_t at;
    } cases[] = {{0, 999, 0}, {1, 1001, 0}, {2, 1002, 0}, {2, 1013, 0}, {4, INT64_MAX, 4}, {3, -1, 0}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes b = make_log();
        uint8_t *data = copy_of(b);
        kw_store_be64(data + positions[cases[i].batch], (uint64_t)cases[i].offset);
        kw_bytes bad = {data, b.len};
        struct segment s = segment_of(bad);
        struct segment_end end;
        segment_check(&s, "f", CHECK_CRC, NULL, &end);
        assert_status(end.status, KW_ERR_OFFSET_ORDER);
        size_t batch = cases[i].at != 0 ? cases[i].at : cases[i].batch;
        assert_true(end.error_at >= positions[batch] && end.error_at < positions[batch] + 30);
    }
}

static void test_allocated_ahead(void **state)
{
    (void)state;
    kw_bytes b = make_log();
    for (size_t zeros = KW_BATCH_OVERHEAD; zeros < 90; zeros++) {
        size_t size = (size_t)b.len + zeros;
        uint8_t *data = given_size(size);
        memset(data, 0, size);
        memcpy(data, b.data, (size_t)b.len);
        kw_bytes longer = kw_bytes_of(data, size);
        struct segment s = segment_of(longer);
        struct segment_end end;
        segment_check(&s, "f", CHECK_CRC, NULL, &end);
        assert_status(end.status, KW_OK);
        assert_true(end.zeros);
        assert_int_equal(end.position, b.len);
        check_finds(&s);
        data[size - 1] = 1;
        segment_check(&s, "f", CHECK_CRC, NULL, &end);
        assert_true(end.status != KW_OK);
        assert_false(end.zeros);
    }
}

static void test_record_by_time(void **state)
{
    (void)state;
    struct segment s = segment_of(make_log());
    kw_batch b;
    kw_record r;
    kw_status status;
    assert_true(segment_find_offset(&s, 1010, &b));
    assert_true(batch_find_time(&b, 201, 0, NULL, NULL, &r, &status));
    assert_int_equal(r.offset, 1011);
    assert_true(batch_find_time(&b, 0, 1012, NULL, NULL, &r, &status));
    assert_int_equal(r.offset, 1012);
    assert_false(batch_find_time(&b, 203, 0, NULL, NULL, &r, &status));
    assert_status(status, KW_OK);
    b.attributes |= KW_CODEC_GZIP;
    assert_false(batch_find_time(&b, 0, 0, NULL, NULL, &r, &status));
    assert_status(status, KW_ERR_ARGUMENT);
}

static void test_close(void **state)
{
    (void)state;
    struct segment s;
    kw_batch b;
    problem_log log = {0};
    const struct problem_listener listener = {log_problem, &log};
    assert_status(segment_open(&s, "no/such/folder", 7, &listener), KW_ERR_NO_FILE);
    assert_no_problem(&log);
    assert_int_equal(s.base_offset, 7);
    segment_close(&s);
    segment_close(&s);
    assert_false(segment_find_offset(&s, 0, &b));
    assert_false(segment_find_newest(&s, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_without_index),
        TEST(test_with_indexes),
        TEST(test_damaged_offset_index),
        TEST(test_damaged_time_index),
        TEST(test_index_of_another_log),
        TEST(test_indexes_are_used),
        TEST(test_equal_times),
        TEST(test_no_times),
        TEST(test_check_from_index),
        TEST(test_torn_everywhere),
        TEST(test_bit_flips_everywhere),
        TEST(test_offset_order),
        TEST(test_allocated_ahead),
        TEST(test_record_by_time),
        TEST(test_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
