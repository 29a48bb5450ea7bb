/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_time FOLDER   in which it makes folders of its own */
#include "log_folder.h"

#include "captured.h"
#include "log/log_time.h"

enum { SEGMENTS = 50 };

static const char *root;
static struct log_folder f;
static struct log_snapshot log_now;

/* Segment i has records at 10 * i and 10 * i + 1, of times 1000 * i + 1 and 1000 * i + 2. */
static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "time-0");
    for (int64_t i = 0; i < SEGMENTS; i++) {
        const made_batch made = {.base_offset = 10 * i, .count = 2, .timestamp = 1000 * i + 1, .producer_id = -1};
        (void)log_folder_segment(&f, 10 * i, &made, 1);
    }
    log_now = log_folder_open(&f);
    return 0;
}

static int tear_down(void **state)
{
    log_snapshot_release(&log_now);
    log_folder_finish(&f);
    return forget_given(state);
}

static int16_t search(int64_t timestamp, bool dont_block, struct time_offset *out)
{
    const struct log_time_search wanted = {.timestamp = timestamp, .dont_block = dont_block};
    return log_find_time(&f.log, &log_now, &wanted, out);
}

static void check(int64_t timestamp, int64_t offset, int64_t found)
{
    struct time_offset t;
    assert_int_equal(search(timestamp, false, &t), KW_ERROR_NONE);
    assert_int_equal(t.offset, offset);
    assert_int_equal(t.timestamp, found);
}

static void check_all(void)
{
    check(0, 0, 1);
    check(2, 1, 2);
    check(3, 10, 1001);
    check(48002, 481, 48002);
    check(49002, 491, 49002);
    check(49003, -1, -1);
    check(LOG_NEWEST, 491, 49002);
}

static void test_times(void **state)
{
    (void)state;
    check_all();
    log_now.log_start_offset = 21; /* records before it do not count, but for the newest */
    check(0, 21, 2002);
    check(2003, 30, 3001);
    log_now.log_start_offset = 492;
    check(0, -1, -1);
    check(LOG_NEWEST, 491, 49002);
    log_now.log_end_offset = 491; /* nor those that are not in the log yet */
    check(LOG_NEWEST, -1, -1);
}

static size_t count_open(void)
{
    size_t count = 0;
    for (size_t i = 0; i < SEGMENTS; i++)
        count += log_now.contents->segments[i]->open != NULL;
    return count;
}

/* Once the greatest timestamps are known, a search opens the segment that has the record and no other: the files of all
 * others may even be gone. */
static void test_one_segment_is_opened(void **state)
{
    (void)state;
    check(49003, -1, -1); /* looks at all of them, and keeps none open */
    assert_int_equal(count_open(), 0);
    for (int64_t i = 0; i < SEGMENTS; i++) {
        char path[KW_PATH_SIZE];
        assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 10 * i), KW_OK);
        if (i != 7 && i != SEGMENTS - 1)
            assert_int_equal(remove(path), 0);
    }
    check(7000, 70, 7001);
    assert_int_equal(count_open(), 1);
    check(49003, -1, -1);
    check(LOG_NEWEST, 491, 49002);
    assert_int_equal(count_open(), 2);
}

static void test_without_blocking(void **state)
{
    (void)state;
    struct time_offset t;
    assert_int_equal(search(49003, true, &t), LOG_WOULD_BLOCK);
    assert_int_equal(search(LOG_NEWEST, true, &t), LOG_WOULD_BLOCK);
    check(49003, -1, -1);
    assert_int_equal(search(49003, true, &t), KW_ERROR_NONE);
    assert_int_equal(t.offset, -1);
    assert_int_equal(search(7, true, &t), LOG_WOULD_BLOCK); /* has to read records */
}

struct patience {
    int left;
};

static bool loses_patience(void *context)
{
    struct patience *p = context;
    return p->left-- <= 0;
}

/* However many questions the caller is asked, it may always have lost interest. */
static void test_cancelled(void **state)
{
    (void)state;
    struct time_offset t;
    int16_t error = LOG_CANCELLED;
    int asked = 0;
    for (; error == LOG_CANCELLED && asked < 1000; asked++) {
        struct patience patience = {asked};
        const struct log_time_search wanted = {.timestamp = 49002, .cancelled = loses_patience, .context = &patience};
        error = log_find_time(&f.log, &log_now, &wanted, &t);
        if (error == LOG_CANCELLED)
            assert_int_equal(t.offset, -1);
        for (size_t i = 0; i < SEGMENTS; i++) /* all is to be learned again */
            atomic_store(&log_now.contents->segments[i]->max_timestamp, INT64_MIN);
    }
    assert_int_equal(error, KW_ERROR_NONE);
    assert_int_equal(t.offset, 491);
    assert_int_equal(asked, SEGMENTS + 2); /* between any two segments, and before a batch is read */
}

static void test_missing_segment(void **state)
{
    (void)state;
    struct time_offset t;
    char path[KW_PATH_SIZE];
    static struct captured said;
    assert_status(path_of_segment(path, f.path, KW_SEGMENT_FILE_LOG, 30), KW_OK);
    assert_int_equal(remove(path), 0);
    capture_start(&said);
    assert_int_equal(search(5000, false, &t), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(capture_end(&said), "segment 30"));
    check(2, 1, 2); /* is before it */
}

/* Records that cannot be read are corrupt, and clients learn that they are. */
static void test_unreadable_records(void **state)
{
    (void)state;
    struct time_offset t;
    const made_batch made = {.base_offset = 0,
                             .count = 2,
                             .timestamp = 1,
                             .producer_id = -1,
                             .attributes = KW_CODEC_GZIP}; /* but it is not compressed */
    (void)log_folder_segment(&f, 0, &made, 1);
    static struct captured said;
    capture_start(&said);
    assert_int_equal(search(0, false, &t), KW_ERROR_CORRUPT_MESSAGE);
    assert_non_null(strstr(capture_end(&said), "looking for timestamp 0 at offset 0"));
    assert_int_equal(t.offset, -1);
}

#define TEST_LOG(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_log_time FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_LOG(test_times),     TEST_LOG(test_one_segment_is_opened), TEST_LOG(test_without_blocking),
        TEST_LOG(test_cancelled), TEST_LOG(test_missing_segment),       TEST_LOG(test_unreadable_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
