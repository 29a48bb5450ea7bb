/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_read FOLDER   in which it makes folders of its own */
#include "log_folder.h"

#include "captured.h"
#include "log/log_read.h"

/* Sizes of batches with one record and with two. */
enum { ONE = KW_BATCH_V2_RECORDS + 10, TWO = ONE + 10, LIMIT = 1024 * 1024 };

static const char *root;
static struct log_folder f;
static struct log_snapshot log_now;

/* Offsets 0, 1-2, 3-4 | 10, 11; compaction has left the gap. */
static const made_batch first_segment[] = {
    {.base_offset = 0, .count = 1, .timestamp = 100, .producer_id = -1},
    {.base_offset = 1, .count = 2, .timestamp = 200, .producer_id = -1},
    {.base_offset = 3, .count = 2, .timestamp = 300, .producer_id = -1},
};
static const made_batch second_segment[] = {
    {.base_offset = 10, .count = 1, .timestamp = 400, .producer_id = -1},
    {.base_offset = 11, .count = 1, .timestamp = 500, .producer_id = -1},
};

static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "read-0");
    (void)log_folder_segment(&f, 0, first_segment, COUNT_OF(first_segment));
    (void)log_folder_segment(&f, 10, second_segment, COUNT_OF(second_segment));
    log_now.contents = NULL;
    return 0;
}

static int tear_down(void **state)
{
    if (log_now.contents != NULL)
        log_snapshot_release(&log_now);
    log_folder_finish(&f);
    return forget_given(state);
}

static struct log_read_request request_of(int64_t offset, int64_t end, int32_t max_bytes)
{
    const struct log_read_request request = {
        .offset = offset, .end = end, .max_bytes = max_bytes, .max_magic = KW_MAGIC_V2};
    return request;
}

static struct log_slice read_slice(struct log_read_request request)
{
    struct log_slice slice;
    if (log_now.contents == NULL)
        log_now = log_folder_open(&f);
    assert_int_equal(log_read(&f.log, &log_now, &request, &slice), KW_ERROR_NONE);
    assert_int_equal(slice.segment != NULL, slice.records.len > 0);
    if (slice.segment != NULL)
        segment_release(slice.segment);
    return slice;
}

/* The first offset of the slice is that of a batch of which `size` bytes are given. */
static void check_slice(struct log_read_request request, int64_t first, int32_t size, size_t available, bool continues)
{
    struct log_slice slice = read_slice(request);
    assert_int_equal(slice.records.len, size);
    if (size > 0)
        assert_int_equal(kw_load_be64(slice.records.data), first);
    assert_int_equal(slice.available, available);
    assert_int_equal(slice.continues, continues);
}

static void test_offsets(void **state)
{
    (void)state;
    const int32_t whole = ONE + 2 * TWO;
    check_slice(request_of(0, 12, LIMIT), 0, whole, (size_t)whole, true);
    check_slice(request_of(1, 12, LIMIT), 1, 2 * TWO, 2 * TWO, true);
    check_slice(request_of(2, 12, LIMIT), 1, 2 * TWO, 2 * TWO, true); /* in the middle of a batch */
    check_slice(request_of(4, 12, LIMIT), 3, TWO, TWO, true);
    check_slice(request_of(5, 12, LIMIT), 10, 2 * ONE, 2 * ONE, false); /* in the gap */
    check_slice(request_of(11, 12, LIMIT), 11, ONE, ONE, false);
    check_slice(request_of(12, 12, LIMIT), 0, 0, 0, false);
}

/* Records at the end or after it are not for the reader. */
static void test_ends(void **state)
{
    (void)state;
    check_slice(request_of(0, 3, LIMIT), 0, ONE + TWO, ONE + TWO, false);
    check_slice(request_of(0, 2, LIMIT), 0, ONE, ONE, false); /* a batch that reaches across it */
    check_slice(request_of(0, 10, LIMIT), 0, ONE + 2 * TWO, ONE + 2 * TWO, false);
    check_slice(request_of(5, 10, LIMIT), 0, 0, 0, false);
    check_slice(request_of(5, 11, LIMIT), 10, ONE, ONE, false);
    check_slice(request_of(3, 3, LIMIT), 0, 0, 0, false);
}

static void test_sizes(void **state)
{
    (void)state;
    struct log_read_request r = request_of(0, 12, ONE + TWO);
    check_slice(r, 0, ONE + TWO, ONE + 2 * TWO, true);
    r.max_bytes = ONE - 1;
    check_slice(r, 0, 0, ONE + 2 * TWO, true);
    r.at_least_one = true;
    check_slice(r, 0, ONE, ONE + 2 * TWO, true);
    r.at_least_one = false;
    r.may_cut = true;
    check_slice(r, 0, ONE - 1, ONE + 2 * TWO, true);
    r.max_bytes = 0;
    check_slice(r, 0, 0, ONE + 2 * TWO, true);
    r.max_bytes = -1;
    check_slice(r, 0, 0, ONE + 2 * TWO, true);
}

static void test_magic(void **state)
{
    (void)state;
    struct log_slice slice;
    struct log_read_request r = request_of(0, 12, LIMIT);
    r.max_magic = KW_MAGIC_V1;
    log_now = log_folder_open(&f);
    assert_int_equal(log_read(&f.log, &log_now, &r, &slice), KW_ERROR_UNSUPPORTED_VERSION);
    assert_null(slice.segment);
}

/* Which aborted transactions are listed is decided by the bound: without an index the end of the segment, with one the
 * offset of the first entry behind the slice. */
static void test_upper_bound(void **state)
{
    (void)state;
    struct log_read_request r = request_of(0, 12, ONE);
    assert_int_equal(read_slice(r).upper_bound, 10);
    assert_int_equal(read_slice(request_of(10, 12, ONE)).upper_bound, 12);
    assert_int_equal(read_slice(request_of(12, 12, ONE)).upper_bound, 12); /* nothing was read */
    log_snapshot_release(&log_now);
    log_folder_finish(&f);

    log_folder_init(&f, root, "bound-0");
    (void)log_folder_segment(&f, 0, first_segment, COUNT_OF(first_segment));
    (void)log_folder_segment(&f, 10, second_segment, COUNT_OF(second_segment));
    log_folder_file(&f, "00000000000000000000.index", given("00000002 00000047 00000004 00000098"));
    assert_int_equal(ONE, 0x47);
    assert_int_equal(ONE + TWO, 0x98);
    log_now.contents = NULL;
    assert_int_equal(read_slice(r).upper_bound, 2); /* the entry's batch begins where the slice ends */
    r.max_bytes = ONE + 1;
    r.may_cut = true;
    assert_int_equal(read_slice(r).upper_bound, 4);
    r.max_bytes = ONE + TWO;
    assert_int_equal(read_slice(r).upper_bound, 4);
    r.max_bytes = ONE + TWO + 1;
    assert_int_equal(read_slice(r).upper_bound, 10);
}

static void damage(const char *name, size_t byte)
{
    kw_bytes good = read_file(join(f.path, name).text);
    uint8_t *bad = copy_of(good);
    bad[byte] ^= 1;
    write_file(join(f.path, name).text, bad, (size_t)good.len);
}

static int16_t error_of(struct log_read_request request)
{
    struct log_slice slice;
    static struct captured said;
    capture_start(&said);
    int16_t error = log_read(&f.log, &log_now, &request, &slice);
    (void)capture_end(&said);
    if (slice.segment != NULL)
        segment_release(slice.segment);
    return error;
}

/* What is before the damage is served; what is behind it in the same slice is not. */
static void test_damage(void **state)
{
    (void)state;
    damage("00000000000000000000.log", ONE + TWO - 1);
    log_now = log_folder_open(&f);
    static struct captured said;
    capture_start(&said);
    check_slice(request_of(0, 12, LIMIT), 0, ONE, ONE + 2 * TWO, true);
    (void)capture_end(&said);
    assert_int_equal(error_of(request_of(1, 12, LIMIT)), KW_ERROR_CORRUPT_MESSAGE);
    check_slice(request_of(3, 12, LIMIT), 3, TWO, TWO, true);
}

/* A segment that ends in the middle has no records at an offset that should be in it. */
static void test_lost_records(void **state)
{
    (void)state;
    log_now = log_folder_open(&f);
    kw_bytes whole = read_file(join(f.path, "00000000000000000000.log").text);
    write_file(join(f.path, "00000000000000000000.log").text, whole.data, ONE + 20);
    assert_int_equal(error_of(request_of(3, 12, LIMIT)), KW_ERROR_CORRUPT_MESSAGE);
    assert_int_equal(remove(join(f.path, "00000000000000000010.log").text), 0);
    assert_int_equal(error_of(request_of(10, 12, LIMIT)), KW_ERROR_KAFKA_STORAGE_ERROR);
}

/* First the log is opened, then the segment, then its bytes are checked: none of it by who must not wait. */
static void test_without_blocking(void **state)
{
    (void)state;
    struct log_slice slice;
    struct log_read_request wait = request_of(0, 12, ONE), r = wait;
    r.dont_block = true;
    assert_int_equal(partition_log_acquire(&f.log, true, &log_now), LOG_WOULD_BLOCK);
    log_now.contents = NULL;
    log_now = log_folder_open(&f);
    struct log_snapshot again;
    assert_int_equal(partition_log_acquire(&f.log, true, &again), KW_ERROR_NONE);
    log_snapshot_release(&again);
    assert_int_equal(log_read(&f.log, &log_now, &r, &slice), LOG_WOULD_BLOCK);
    assert_null(slice.segment);
    struct open_segment *open;
    assert_int_equal(segment_hold(&f.cache, log_now.contents->segments[0], f.path, false, &open), KW_ERROR_NONE);
    segment_release(open);
    assert_int_equal(log_read(&f.log, &log_now, &r, &slice), LOG_WOULD_BLOCK); /* not checked yet */
    (void)read_slice(wait);
    check_slice(r, 0, ONE, ONE + 2 * TWO, true);
    r.max_bytes = LIMIT;
    assert_int_equal(log_read(&f.log, &log_now, &r, &slice), LOG_WOULD_BLOCK);
    r.offset = 12;
    assert_int_equal(log_read(&f.log, &log_now, &r, &slice), KW_ERROR_NONE); /* nothing to be read */
}

/* ---- watchers ---- */

static void count(void *context)
{
    ++*(int *)context;
}

static void test_watchers(void **state)
{
    (void)state;
    int calls[3] = {0, 0, 0};
    struct log_watcher watchers[3];
    log_now = log_folder_open(&f);
    for (size_t i = 0; i < 3; i++) {
        watchers[i] = (struct log_watcher){.callback = count, .context = &calls[i]};
        partition_log_watch(&f.log, &watchers[i]);
    }
    partition_log_advance(&f.log, 20, 12, 12); /* the log is longer, but nothing may be read */
    assert_int_equal(calls[0] + calls[1] + calls[2], 0);
    partition_log_unwatch(&f.log, &watchers[1]);
    partition_log_advance(&f.log, 20, 15, 13);
    partition_log_advance(&f.log, 20, 15, 13);
    partition_log_advance(&f.log, 19, 14, 12); /* it never goes back */
    assert_int_equal(calls[0], 1);
    assert_int_equal(calls[1], 0);
    assert_int_equal(calls[2], 1);
    partition_log_unwatch(&f.log, &watchers[2]);
    partition_log_unwatch(&f.log, &watchers[0]);
    partition_log_advance(&f.log, 20, 20, 20);
    assert_int_equal(calls[0] + calls[2], 2);

    struct log_snapshot now = log_folder_open(&f);
    assert_int_equal(now.log_end_offset, 20);
    assert_int_equal(now.high_watermark, 20);
    assert_int_equal(now.last_stable_offset, 20);
    assert_int_equal(log_now.high_watermark, 12); /* a snapshot stays as it is */
    log_snapshot_release(&now);
}

#define TEST_LOG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_log_read FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_LOG(test_offsets),     TEST_LOG(test_ends),   TEST_LOG(test_sizes),        TEST_LOG(test_magic),
        TEST_LOG(test_upper_bound), TEST_LOG(test_damage), TEST_LOG(test_lost_records), TEST_LOG(test_without_blocking),
        TEST_LOG(test_watchers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
