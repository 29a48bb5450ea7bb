/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_disk_partition_log FOLDER   in which it makes folders of its own */
#include "disk_support.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <kwire/storage/file.h>
#include <kwire/storage/partition_log.h>

static const char *root;
static path_text folder;
static kw_arena arena;

static const char *const names[] = {
    "00000000000000000000.log",      "00000000000000000000.index",    "00000000000000000000.timeindex",
    "00000000000000000000.txnindex", "00000000000000000010.log",      "00000000000000000010.index",
    "00000000000000000010.txnindex", "00000000000000000010.snapshot", "leader-epoch-checkpoint",
    "00000000000000000005.log.swap", "00000000000000000020.log",
};

static int set_up(void **state)
{
    (void)state;
    folder = join(root, "t-0");
    make_folder(folder.text);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        (void)remove(join(folder.text, names[i]).text);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    kw_arena_finish(&arena);
    return forget_given(state);
}

static void put_file(const char *name, kw_bytes bytes)
{
    write_file(join(folder.text, name).text, bytes.data, (size_t)bytes.len);
}

static kw_bytes batches(const made_batch *made, size_t count)
{
    uint8_t whole[2048];
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += put_batch(whole + size, made[i]);
    kw_bytes b = {memcpy(given_size(size), whole, size), (int32_t)size};
    return b;
}

enum { TXN = KW_ATTRIBUTE_TRANSACTIONAL, MARKER = KW_ATTRIBUTE_TRANSACTIONAL | KW_ATTRIBUTE_CONTROL };

/* Producer 7: 0-1 to 4, aborted. Producer 8: 2-3 to 5, committed. Producer 9: from 10 on, open. Producer 7 again: 11 to
 * 12, aborted. */
static const made_batch first_segment[] = {
    {.base_offset = 0, .count = 2, .timestamp = 100, .producer_id = 7, .attributes = TXN},
    {.base_offset = 2, .count = 2, .timestamp = 200, .producer_id = 8, .attributes = TXN},
    {.base_offset = 4, .timestamp = 300, .producer_id = 7, .attributes = MARKER, .marker = 0},
    {.base_offset = 5, .timestamp = 300, .producer_id = 8, .attributes = MARKER, .marker = 1},
    {.base_offset = 6, .count = 3, .timestamp = 250, .producer_id = -1},
};
static const made_batch second_segment[] = {
    {.base_offset = 10, .count = 1, .timestamp = 150, .producer_id = 9, .attributes = TXN},
    {.base_offset = 11, .count = 1, .timestamp = 301, .producer_id = 7, .attributes = TXN},
    {.base_offset = 12, .timestamp = 300, .producer_id = 7, .attributes = MARKER, .marker = 0},
    {.base_offset = 13, .count = 2, .timestamp = 400, .producer_id = -1},
};

static void make_segments(void)
{
    put_file("00000000000000000000.log", batches(first_segment, COUNT_OF(first_segment)));
    put_file("00000000000000000010.log", batches(second_segment, COUNT_OF(second_segment)));
}

static void make_indexes(void)
{
    const kw_bytes empty = {(const uint8_t *)"", 0};
    put_file("00000000000000000000.index", empty);
    put_file("00000000000000000010.index", empty);
    put_file("00000000000000000000.txnindex",
             given("0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002"));
    put_file("00000000000000000010.txnindex",
             given("0000 0000000000000007 000000000000000b 000000000000000c 000000000000000a"));
}

static kw_partition_log opened(int64_t start_offset, unsigned what, problem_log *problems)
{
    const kw_disk_listener listener = {log_problem, problems};
    kw_partition_log log;
    assert_status(kw_partition_log_open(&log, folder.text, start_offset, what, &arena, &listener), KW_OK);
    return log;
}

static void check_transactions(const kw_partition_log *log)
{
    assert_int_equal(log->aborted_count, 2);
    assert_int_equal(log->aborted[0].producer_id, 7);
    assert_int_equal(log->aborted[0].first_offset, 0);
    assert_int_equal(log->aborted[0].last_offset, 4);
    assert_int_equal(log->aborted[0].last_stable_offset, 2);
    assert_int_equal(log->aborted[1].first_offset, 11);
    assert_int_equal(log->aborted[1].last_offset, 12);
    assert_int_equal(log->aborted[1].last_stable_offset, 10);
    assert_int_equal(log->last_stable_offset, 10);
}

static void test_only_segments(void **state)
{
    (void)state;
    make_segments();
    problem_log problems = {0};
    kw_partition_log log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.segment_count, 2);
    assert_int_equal(log.start_offset, 0);
    assert_int_equal(log.end_offset, 15);
    assert_int_equal(log.epochs.len, 0);
    check_transactions(&log);
    size_t segment;
    assert_true(kw_partition_log_segment(&log, 9, &segment));
    assert_int_equal(segment, 0);
    assert_true(kw_partition_log_segment(&log, 10, &segment));
    assert_int_equal(segment, 1);
    assert_false(kw_partition_log_segment(&log, -1, &segment));
}

static void test_with_indexes(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    put_file("leader-epoch-checkpoint", given("300a310a3020300a")); /* "0\n1\n0 0\n" */
    problem_log problems = {0};
    kw_partition_log log = opened(3, KW_CHECK_CRC, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.start_offset, 3);
    assert_int_equal(log.epochs.len, 1);
    check_transactions(&log);
}

static void check_aborted(const kw_partition_log *log, int64_t start, int64_t end, size_t count)
{
    kw_aborted_txn txn;
    size_t found = 0;
    for (size_t i = 0; kw_partition_log_aborted(log, &i, start, end, &txn);)
        found++;
    assert_int_equal(found, count);
}

static void test_aborted_in_range(void **state)
{
    (void)state;
    make_segments();
    problem_log problems = {0};
    kw_partition_log log = opened(-1, 0, &problems);
    check_aborted(&log, 0, 15, 2);
    check_aborted(&log, 4, 11, 1);
    check_aborted(&log, 5, 11, 0);
    check_aborted(&log, 5, 12, 1);
    check_aborted(&log, 12, 13, 1);
    check_aborted(&log, 13, 15, 0);
}

static void test_damaged_txn_index(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        kw_status status;
        int64_t position;
    } cases[] = {
        {"0001 0000000000000007 0000000000000000 0000000000000004 0000000000000002", KW_ERR_VERSION, 0},
        {"0000 0000000000000007 0000000000000000 000000000000000a 0000000000000002", KW_ERR_INDEX, 0},
        {"0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002 00", KW_ERR_INDEX, 0},
        {"0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002"
         "0000 0000000000000007 0000000000000000 0000000000000004 0000000000000002",
         KW_ERR_INDEX, 34},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        make_segments();
        make_indexes();
        put_file("00000000000000000000.txnindex", given(cases[i].hex));
        problem_log problems = {0};
        kw_partition_log log = opened(-1, 0, &problems);
        assert_problem(&problems, cases[i].status, cases[i].position);
        check_transactions(&log);
    }
}

static kw_bytes snapshot(const char *hex)
{
    kw_bytes b = given(hex);
    uint8_t *data = copy_of(b);
    kw_store_be32(data + 2, kw_crc32c(0, data + 6, (size_t)b.len - 6));
    kw_bytes s = {data, b.len};
    return s;
}

/* A snapshot at 10 that says producer 3 has a transaction open since 5: only it can know. */
static void test_snapshot(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    put_file("00000000000000000010.snapshot",
             snapshot("0001 00000000 00000001"
                      "0000000000000003 0000 ffffffff ffffffffffffffff 00000000 0000000000000000 00000000"
                      "0000000000000005"));
    problem_log problems = {0};
    kw_partition_log log = opened(-1, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.last_stable_offset, 5);
    assert_int_equal(log.aborted_count, 2);

    put_file("00000000000000000010.snapshot", given("0001 00000000 00000000"));
    log = opened(-1, 0, &problems);
    assert_problem(&problems, KW_ERR_CRC, 2);
    check_transactions(&log);
}

static void check_time(const kw_partition_log *log, int64_t timestamp, int64_t offset, int64_t found)
{
    kw_time_offset t;
    assert_status(kw_partition_log_find_time(log, timestamp, NULL, NULL, &t), KW_OK);
    assert_int_equal(t.offset, offset);
    assert_int_equal(t.timestamp, found);
}

static void test_times(void **state)
{
    (void)state;
    make_segments();
    problem_log problems = {0};
    kw_partition_log log = opened(-1, 0, &problems);
    check_time(&log, 0, 0, 100);
    check_time(&log, 101, 1, 101);
    check_time(&log, 102, 2, 200);
    check_time(&log, 301, 11, 301);
    check_time(&log, 401, 14, 401);
    check_time(&log, 402, -1, -1);
    kw_time_offset newest;
    assert_status(kw_partition_log_find_newest(&log, NULL, NULL, &newest), KW_OK);
    assert_int_equal(newest.offset, 14);
    assert_int_equal(newest.timestamp, 401);
    log = opened(2, 0, &problems);
    check_time(&log, 0, 2, 200);
}

static void test_empty(void **state)
{
    (void)state;
    problem_log problems = {0};
    kw_partition_log log = opened(-1, 0, &problems);
    kw_time_offset newest;
    size_t segment;
    assert_no_problem(&problems);
    assert_int_equal(log.segment_count, 0);
    assert_int_equal(log.end_offset, 0);
    assert_false(kw_partition_log_segment(&log, 0, &segment));
    assert_status(kw_partition_log_find_newest(&log, NULL, NULL, &newest), KW_OK);
    assert_int_equal(newest.offset, -1);
    check_time(&log, 0, -1, -1);

    const kw_bytes empty = {(const uint8_t *)"", 0};
    put_file("00000000000000000020.log", empty);
    log = opened(25, 0, &problems);
    assert_no_problem(&problems);
    assert_int_equal(log.start_offset, 20);
    assert_int_equal(log.end_offset, 20);
    assert_int_equal(log.last_stable_offset, 20);
}

static void test_interrupted_cleaner(void **state)
{
    (void)state;
    make_segments();
    put_file("00000000000000000005.log.swap", batches(first_segment, 1));
    problem_log problems = {0};
    kw_partition_log log = opened(-1, 0, &problems);
    assert_problem(&problems, KW_ERR_NO_FILE, -1);
    assert_int_equal(log.segment_count, 2);
}

static void test_check(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    problem_log problems = {0};
    const kw_disk_listener listener = {log_problem, &problems};
    kw_partition_log log = opened(-1, 0, &problems);
    bool sound;
    assert_status(kw_partition_log_check(&log, KW_CHECK_CRC | KW_CHECK_INDEXES, &listener, &sound), KW_OK);
    assert_no_problem(&problems);
    assert_true(sound);

    made_batch overlap = first_segment[4];
    overlap.count = 6;
    kw_bytes b = batches(&overlap, 1);
    kw_bytes whole = batches(first_segment, 4);
    uint8_t *joint = given_size((size_t)whole.len + (size_t)b.len);
    memcpy(joint, whole.data, (size_t)whole.len);
    memcpy(joint + whole.len, b.data, (size_t)b.len);
    kw_bytes longer = {joint, whole.len + b.len};
    put_file("00000000000000000000.log", longer);
    put_file("00000000000000000010.index", given("00000009 00000001"));
    assert_status(kw_partition_log_check(&log, KW_CHECK_INDEXES, &listener, &sound), KW_OK);
    assert_false(sound);
    assert_int_equal(problems.count, 2);
    assert_problem(&problems, KW_ERR_OFFSET_ORDER, -1);

    assert_int_equal(remove(join(folder.text, "00000000000000000000.log").text), 0);
    assert_status(kw_partition_log_check(&log, 0, NULL, &sound), KW_ERR_NO_FILE);
}

/* The last segment, cut at every byte and with every bit flipped: the log ends before the damage, and it is said. */
static void test_damaged_everywhere(void **state)
{
    (void)state;
    make_segments();
    kw_bytes good = batches(second_segment, COUNT_OF(second_segment));
    size_t said = 0;
    for (size_t n = 0; n <= (size_t)good.len; n++) {
        put_file("00000000000000000010.log", given_prefix(good, n));
        problem_log problems = {0};
        kw_partition_log log = opened(-1, KW_CHECK_CRC, &problems);
        assert_int_equal(problems.count, log.tail.position != n);
        assert_true(log.end_offset >= 10 && log.end_offset <= 15);
        kw_arena_reset(&arena);
    }
    for (size_t bit = 0; bit < (size_t)good.len * 8; bit++) {
        uint8_t *data = copy_of(good);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        kw_bytes bad = {data, good.len};
        put_file("00000000000000000010.log", bad);
        problem_log problems = {0};
        kw_partition_log log = opened(-1, KW_CHECK_CRC, &problems);
        said += problems.count;
        kw_time_offset t;
        (void)(kw_partition_log_find_time(&log, 402, NULL, NULL, &t) == KW_OK);
        kw_arena_reset(&arena);
    }
    /* All but what has no checksum: the offset, if it still ascends, and the leader epoch of 4 batches. */
    assert_true(said >= (size_t)good.len * 8 - 4 * 12 * 8);
}

static void test_no_folder(void **state)
{
    (void)state;
    kw_partition_log log;
    path_text none = join(root, "none-0");
    assert_status(kw_partition_log_open(&log, none.text, -1, 0, &arena, NULL), KW_ERR_NO_FILE);
    path_text file = join(root, "a-file");
    write_file(file.text, "x", 1);
    assert_status(kw_partition_log_open(&log, file.text, -1, 0, &arena, NULL), KW_ERR_FILE);
}

static void test_without_memory(void **state)
{
    (void)state;
    make_segments();
    make_indexes();
    struct test_memory memory;
    test_memory_init(&memory);
    for (size_t limit = 64; limit < 4096; limit += 64) {
        kw_arena small;
        kw_partition_log log;
        kw_arena_init_growing(&small, NULL, 0, &memory.allocator, limit);
        kw_status status = kw_partition_log_open(&log, folder.text, -1, 0, &small, NULL);
        assert_true(status == KW_OK || status == KW_ERR_MEMORY_LIMIT);
        assert_true(limit > 128 || status != KW_OK);
        kw_arena_finish(&small);
        assert_int_equal(memory.blocks, 0);
    }
}

/* ---- files ---- */

static void test_files(void **state)
{
    (void)state;
    path_text path = join(root, "some-bytes");
    write_file(path.text, "bytes", 5);
    kw_file file;
    assert_status(kw_file_open(&file, path.text), KW_OK);
    assert_int_equal(file.size, 5);
    assert_memory_equal(file.data, "bytes", 5);
    assert_true(file.descriptor >= 0);
    kw_file_close(&file);
    assert_int_equal(file.descriptor, -1);
    kw_file_close(&file);

    assert_status(kw_file_open(&file, path.text), KW_OK);
    int descriptor = file.descriptor;
    for (int i = 0; i < 2; i++) {
        kw_file_drop_descriptor(&file);
        assert_int_equal(file.descriptor, KW_FILE_MAPPED);
        assert_int_equal(fcntl(descriptor, F_GETFD), -1);
        assert_memory_equal(file.data, "bytes", 5);
    }
    kw_file_close(&file);
    kw_file_drop_descriptor(&file);
    assert_int_equal(file.descriptor, -1);
    assert_null(file.data);

    kw_bytes copy;
    assert_status(kw_file_load(path.text, 5, &arena, &copy), KW_OK);
    assert_int_equal(copy.len, 5);
    errno = 0;
    assert_status(kw_file_load(path.text, 4, &arena, &copy), KW_ERR_FILE);
    assert_int_equal(errno, EFBIG);
    kw_arena none;
    kw_arena_init(&none, NULL, 0);
    assert_status(kw_file_load(path.text, 5, &none, &copy), KW_ERR_NO_MEMORY);

    write_file(path.text, "", 0);
    assert_status(kw_file_open(&file, path.text), KW_OK);
    assert_int_equal(file.size, 0);
    assert_non_null(file.data);
    kw_file_close(&file);
    assert_status(kw_file_load(path.text, 0, &arena, &copy), KW_OK);
    assert_int_equal(copy.len, 0);

    assert_status(kw_file_open(&file, root), KW_ERR_FILE);
    assert_int_equal(errno, EINVAL);
    assert_status(kw_file_open(&file, join(path.text, "below").text), KW_ERR_NO_FILE);
    assert_status(kw_file_load("", 5, &arena, &copy), KW_ERR_NO_FILE);
}

static void test_problem_text(void **state)
{
    (void)state;
    char text[256];
    const kw_disk_problem at = {"a/b.log", 182, 2, KW_ERR_CRC, 0, "detail"};
    size_t length = kw_disk_problem_text(&at, text, sizeof text);
    assert_string_equal(text, "a/b.log: byte 182 (offset 2): checksum does not match: detail");
    assert_int_equal(length, strlen(text));
    assert_int_equal(kw_disk_problem_text(&at, text, 8), length);
    assert_string_equal(text, "a/b.log");
    assert_int_equal(kw_disk_problem_text(&at, NULL, 0), length);
    const kw_disk_problem whole = {"a", -1, -1, KW_ERR_FILE, EACCES, "detail"};
    (void)kw_disk_problem_text(&whole, text, sizeof text);
    assert_non_null(strstr(text, strerror(EACCES)));
}

#define TEST_FILES(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_disk_partition_log FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_FILES(test_only_segments),
        TEST_FILES(test_with_indexes),
        TEST_FILES(test_aborted_in_range),
        TEST_FILES(test_damaged_txn_index),
        TEST_FILES(test_snapshot),
        TEST_FILES(test_times),
        TEST_FILES(test_empty),
        TEST_FILES(test_interrupted_cleaner),
        TEST_FILES(test_check),
        TEST_FILES(test_damaged_everywhere),
        TEST_FILES(test_no_folder),
        TEST_FILES(test_without_memory),
        TEST_FILES(test_files),
        TEST_FILES(test_problem_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
