/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_read FOLDER   in which it makes folders of its own */
#include "log_folder.h"

#include <errno.h>
#include <unistd.h>

#include "../support/captured.h"
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
    const struct log_read_request request = {.offset = offset, .end = end, .max_bytes = max_bytes};
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

/* Batches of all magics are read alike. */
static void test_mixed_magic(void **state)
{
    (void)state;
    kw_bytes old = given("0000000000000000 00000016 00000000 01 00 0000000000000064 ffffffff ffffffff"
                         "0000000000000001 00000016 00000000 01 00 0000000000000064 ffffffff ffffffff");
    enum { OLD = 34 };
    uint8_t whole[2 * OLD + TWO];
    memcpy(whole, old.data, (size_t)old.len);
    for (size_t i = 0; i < 2; i++)
        kw_store_be32(whole + i * OLD + 12, kw_crc32(0, whole + i * OLD + 16, OLD - 16));
    const made_batch newer = {.base_offset = 2, .count = 2, .timestamp = 200, .producer_id = -1};
    assert_int_equal(put_batch(whole + 2 * OLD, newer), TWO);
    log_folder_file(&f, "00000000000000000000.log", kw_bytes_of(whole, sizeof whole));
    struct log_read_request r = request_of(0, 12, LIMIT);
    check_slice(r, 0, sizeof whole, sizeof whole, true);
    r.offset = 1;
    check_slice(r, 1, OLD + TWO, OLD + TWO, true);
    r.max_bytes = OLD;
    check_slice(r, 1, OLD, OLD + TWO, true);
}

/* Bytes behind the end of the log are not read, and not counted. */
static void test_torn_end(void **state)
{
    (void)state;
    kw_bytes good = read_file(join(f.path, "00000000000000000010.log").text);
    uint8_t torn[2 * ONE + 20] = {0};
    memcpy(torn, good.data, (size_t)good.len);
    memset(torn + 2 * ONE, 1, 20);
    log_folder_file(&f, "00000000000000000010.log", kw_bytes_of(torn, sizeof torn));
    static struct captured said;
    capture_start(&said);
    check_slice(request_of(10, 12, LIMIT), 10, 2 * ONE, 2 * ONE, false);
    (void)capture_end(&said);
    check_slice(request_of(11, 12, LIMIT), 11, ONE, ONE, false);
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
    r.max_bytes = 0; /* nothing fits: the bound of the first batch */
    assert_int_equal(read_slice(r).upper_bound, 2);
    r.offset = 1;
    assert_int_equal(read_slice(r).upper_bound, 2);
    r.offset = 3;
    assert_int_equal(read_slice(r).upper_bound, 4);
    log_snapshot_release(&log_now);
    log_folder_finish(&f);

    log_folder_init(&f, root, "bound-0");
    (void)log_folder_segment(&f, 0, first_segment, COUNT_OF(first_segment));
    (void)log_folder_segment(&f, 10, second_segment, COUNT_OF(second_segment));
    log_folder_file(&f, "00000000000000000000.index", given("0000000a 00000098")); /* of no batch of this segment */
    log_now.contents = NULL;
    assert_int_equal(read_slice(request_of(0, 12, ONE)).upper_bound, 10);
    log_snapshot_release(&log_now);
    log_now.contents = NULL;
    log_folder_file(&f, "00000000000000000000.index", given("0000000b 00000098"));
    segment_cache_finish(&f.cache);
    assert_true(segment_cache_init(&f.cache));
    assert_int_equal(read_slice(request_of(0, 12, ONE)).upper_bound, 10);
}

static void damage_bit(const char *name, size_t byte, int bit)
{
    kw_bytes good = read_file(join(f.path, name).text);
    uint8_t *bad = copy_of(good);
    bad[byte] = (uint8_t)(bad[byte] ^ 1 << bit);
    write_file(join(f.path, name).text, bad, (size_t)good.len);
}

static void damage(const char *name, size_t byte)
{
    damage_bit(name, byte, 0);
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

/* A batch that seems to end before it begins is not passed over, as if compaction had left a gap. */
static void test_damaged_last_offset(void **state)
{
    (void)state;
    damage_bit("00000000000000000000.log", ONE + KW_BATCH_V2_LAST_OFFSET_DELTA, 7);
    log_now = log_folder_open(&f);
    check_slice(request_of(3, 12, LIMIT), 3, TWO, TWO, true); /* which nobody has read before */
    assert_int_equal(error_of(request_of(1, 12, LIMIT)), KW_ERROR_CORRUPT_MESSAGE);
    assert_int_equal(error_of(request_of(2, 12, LIMIT)), KW_ERROR_CORRUPT_MESSAGE);
    struct log_read_request request = request_of(1, 12, LIMIT);
    request.dont_block = true;
    assert_int_equal(error_of(request), LOG_WOULD_BLOCK);
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

#ifdef __linux__ /* elsewhere everything counts as in memory */

enum { HOLE = 64 * 1024 * 1024, MIDDLE = HOLE / 2, SEARCHED = 64 * 1024 };

/* The first segment ends with a hole, into which the index of it points; the segment is open and checked. Nothing has
 * touched the hole, as the snapshot says that no transaction is open. */
static struct open_segment *open_with_hole(void)
{
    uint8_t snapshot[10] = {0, 1};
    kw_store_be32(snapshot + 2, kw_crc32c(0, snapshot + 6, 4));
    log_folder_init(&f, root, "hole-0");
    (void)log_folder_segment(&f, 0, first_segment, COUNT_OF(first_segment));
    (void)log_folder_segment(&f, 10, second_segment, COUNT_OF(second_segment));
    assert_int_equal(truncate(join(f.path, "00000000000000000000.log").text, HOLE), 0);
    log_folder_file(&f, "00000000000000000000.index", given("00000000 02000000"));
    assert_int_equal(MIDDLE, 0x2000000);
    log_folder_file(&f, "00000000000000000010.index", kw_bytes_of("", 0));
    log_folder_file(&f, "00000000000000000012.snapshot", kw_bytes_of(snapshot, sizeof snapshot));
    log_now = log_folder_open(&f);
    struct open_segment *open;
    assert_int_equal(segment_hold(&f.cache, log_now.contents->segments[0], f.path, false, &open), KW_ERROR_NONE);
    assert_int_equal(segment_verified_part(open, f.path, 0, ONE + 2 * TWO), ONE + 2 * TWO);
    return open;
}

/* As if these bytes of the hole had been seen in memory. */
static int16_t error_with(struct open_segment *open, const struct log_read_request *request, size_t from, size_t to)
{
    open->resident_from = from;
    open->resident_to = to;
    open->resident_until = INT64_MAX;
    struct log_slice slice;
    int16_t error = log_read(&f.log, &log_now, request, &slice);
    if (slice.segment != NULL)
        segment_release(slice.segment);
    return error;
}

/* How many bytes have to be in memory from the entry of the index on. */
static void test_what_a_search_touches(void **state)
{
    (void)state;
    static const struct {
        int64_t offset, end;
        int32_t max_bytes;
        size_t touched;
    } cases[] = {
        {0, 12, ONE, SEARCHED + ONE}, {3, 12, TWO, SEARCHED + TWO}, {0, 12, -1, SEARCHED}, {0, 3, 0, SEARCHED}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        log_folder_finish(&f);
        struct open_segment *open = open_with_hole();
        struct log_read_request r = request_of(cases[i].offset, cases[i].end, cases[i].max_bytes);
        r.dont_block = r.at_least_one = true;
        const size_t end = MIDDLE + cases[i].touched;
        assert_int_equal(error_with(open, &r, 0, 0), LOG_WOULD_BLOCK);
        assert_int_equal(error_with(open, &r, MIDDLE + 1, end), LOG_WOULD_BLOCK);
        assert_int_equal(error_with(open, &r, MIDDLE, end - 1), LOG_WOULD_BLOCK);
        assert_int_equal(error_with(open, &r, MIDDLE, end), KW_ERROR_NONE);
        segment_release(open);
        log_snapshot_release(&log_now);
        log_now.contents = NULL;
    }
}

#endif

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
    memset(watchers, 0x5a, sizeof watchers);
    for (size_t i = 0; i < 3; i++) {
        watchers[i].callback = count;
        watchers[i].context = &calls[i];
        partition_log_watch(&f.log, &watchers[i]);
    }
    advance_log(&f.log, 20, 12, 12); /* the log is longer, but nothing may be read */
    assert_int_equal(calls[0] + calls[1] + calls[2], 0);
    partition_log_unwatch(&f.log, &watchers[1]);
    advance_log(&f.log, 20, 15, 13);
    advance_log(&f.log, 20, 15, 13);
    assert_int_equal(calls[0], 1);
    assert_int_equal(calls[1], 0);
    assert_int_equal(calls[2], 1);
    partition_log_unwatch(&f.log, &watchers[2]);
    partition_log_unwatch(&f.log, &watchers[0]);
    advance_log(&f.log, 20, 20, 20);
    assert_int_equal(calls[0] + calls[2], 2);

    /* Of two neighbours the second leaves first. */
    for (size_t i = 0; i < 3; i++)
        partition_log_watch(&f.log, &watchers[i]);
    partition_log_unwatch(&f.log, &watchers[1]);
    partition_log_unwatch(&f.log, &watchers[0]);
    advance_log(&f.log, 21, 21, 20);
    partition_log_unwatch(&f.log, &watchers[2]);
    advance_log(&f.log, 22, 22, 20);
    assert_int_equal(calls[0] + calls[1], 1);
    assert_int_equal(calls[2], 2);

    struct log_snapshot now = log_folder_open(&f);
    assert_int_equal(now.log_end_offset, 22);
    assert_int_equal(now.high_watermark, 22);
    assert_int_equal(now.last_stable_offset, 20);
    assert_int_equal(log_now.high_watermark, 12); /* a snapshot stays as it is */
    log_snapshot_release(&now);
}

/* ---- opening ---- */

/* A log that cannot be opened is tried again, and reported when the reason is another one. */
static void test_opening_again(void **state)
{
    (void)state;
    struct log_snapshot log;
    struct partition_log what;
    static struct captured said;
    char moved[KW_PATH_SIZE + 8];
    (void)snprintf(moved, sizeof moved, "%s.moved", f.path);
    (void)remove(moved);
    assert_int_equal(rename(f.path, moved), 0);
    partition_log_finish(&f.log);
    memset(&what, 0x01, sizeof what); /* what is private of it does not count */
    what.folder = f.path;
    what.dir = NULL;
    what.config = NULL;
    what.producer_budget = NULL;
    what.syncer = NULL;
    what.start_offset = -1;
    what.check = 0;
    what.status = KW_ERR_NO_FILE;
    assert_true(partition_log_init(&f.log, &what, &f.cache));
    assert_null(f.log.watchers);
    capture_start(&said);
    assert_int_equal(partition_log_acquire(&f.log, false, &log), KW_ERROR_KAFKA_STORAGE_ERROR);
    const char *text = capture_end(&said);
    assert_non_null(strstr(text, f.path));
    assert_non_null(strstr(text, kw_status_text(KW_ERR_NO_FILE)));
    assert_null(strstr(text, strerror(ENOENT)));
    capture_start(&said);
    assert_int_equal(partition_log_acquire(&f.log, false, &log), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_string_equal(capture_end(&said), ""); /* as before */

    write_file(f.path, "x", 1);
    capture_start(&said);
    assert_int_equal(partition_log_acquire(&f.log, false, &log), KW_ERROR_KAFKA_STORAGE_ERROR);
    text = capture_end(&said);
    assert_non_null(strstr(text, kw_status_text(KW_ERR_FILE)));
    assert_non_null(strstr(text, strerror(ENOTDIR)));
    assert_int_equal(remove(f.path), 0);
    assert_int_equal(rename(moved, f.path), 0);
    log_now = log_folder_open(&f);
    assert_int_equal(log_now.log_end_offset, 12);
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
        TEST_LOG(test_offsets),
        TEST_LOG(test_ends),
        TEST_LOG(test_sizes),
        TEST_LOG(test_upper_bound),
        TEST_LOG(test_damage),
        TEST_LOG(test_damaged_last_offset),
        TEST_LOG(test_lost_records),
        TEST_LOG(test_without_blocking),
        TEST_LOG(test_mixed_magic),
        TEST_LOG(test_torn_end),
#ifdef __linux__
        TEST_LOG(test_what_a_search_touches),
#endif
        TEST_LOG(test_watchers),
        TEST_LOG(test_opening_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
