/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_unreadable_pages FOLDER   in which it makes folders of its own
 *
 * Pages of mapped segments that the disk cannot read: an error for whoever reads them, and nothing is cut off. */
#include "append_support.h"

#include <errno.h>
#include <sys/stat.h>

#include "../support/captured.h"
#include "../support/unreadable_pages.h"
#include "log/log_change.h"
#include "log/log_time.h"

enum {
    PAGE = 4096,
    BATCH = KW_BATCH_V2_RECORDS + 10,
    RECORDS = 200,
    END = RECORDS + 3,
    BEYOND_PAGE = PAGE / BATCH + 1
};

#define FIRST "00000000000000000000"

static const char *root;
static struct log_folder f;
static struct log_config config;
static struct captured captured;
static unsigned failures;

static void note_failure(void *context, const char *folder, kw_status status)
{
    assert_ptr_equal(context, &failures);
    assert_string_equal(folder, f.path);
    assert_status(status, KW_ERR_FILE);
    assert_int_equal(errno, EIO);
    failures++;
}

static void reopen(bool is_clean)
{
    log_folder_reopen(&f);
    f.log.check = is_clean ? 0 : CHECK_CRC;
    f.log.recovery_point = is_clean ? END : 0;
    f.cache.failed = note_failure;
    f.cache.context = &failures;
    failures = 0;
}

static int16_t append(int32_t sequence)
{
    return append_sequence(&f, (made_batch){.count = 1, .timestamp = 1000 + sequence, .producer_id = 7}, sequence)
        .error;
}

/* Of two segments the first one has four pages. */
static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "unreadable-0");
    log_config_init(&config);
    config.index_interval_bytes = 0;
    partition_log_configure(&f.log, &config);
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
    for (int32_t i = 0; i < RECORDS; i++)
        assert_int_equal(append(i), KW_ERROR_NONE);
    assert_int_equal(log_roll(&f.log), KW_ERROR_NONE);
    for (int32_t i = RECORDS; i < END; i++)
        assert_int_equal(append(i), KW_ERROR_NONE);
    int64_t until;
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    unreadable_pages_start(root);
    return 0;
}

static int tear_down(void **state)
{
    unreadable_pages_stop();
    log_folder_finish(&f);
    return forget_given(state);
}

static int16_t read_at(int64_t offset, int32_t max_bytes)
{
    struct log_slice slice;
    struct log_snapshot log = log_folder_open(&f);
    const struct log_read_request request = {.offset = offset, .end = END, .max_bytes = max_bytes};
    int16_t error = log_read(&f.log, &log, &request, &slice);
    assert_int_equal(slice.records.len > 0, error == KW_ERROR_NONE);
    assert_int_equal(slice.segment != NULL, error == KW_ERROR_NONE);
    if (slice.segment != NULL)
        segment_release(slice.segment);
    log_snapshot_release(&log);
    return error;
}

static void a_read_is_refused(void **state)
{
    (void)state;
    reopen(true);
    unreadable_pages_plan(FIRST ".log", PAGE);
    assert_int_equal(read_at(0, 1000), KW_ERROR_NONE);
    assert_int_equal(failures, 0);
    capture_start(&captured);
    assert_int_equal(read_at(BEYOND_PAGE, 1000), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(read_at(0, 1024 * 1024), KW_ERROR_KAFKA_STORAGE_ERROR);
    const char *said = capture_end(&captured);
    assert_int_equal(failures, 2);
    const char *line =
        strstr(said, FIRST
               ".log: file cannot be read (Input/output error): a segment to be read; its records are not served\n");
    if (line == NULL)
        fail_msg("%s", said);
    assert_null(strstr(line + 1, FIRST)); /* once */
    assert_int_equal(read_at(RECORDS, 1000), KW_ERROR_NONE);
    unreadable_pages_plan(NULL, 0); /* it was for that moment */
    assert_int_equal(read_at(BEYOND_PAGE, 1000), KW_ERROR_NONE);
    assert_int_equal(failures, 2);
}

/* What is before the zeros that stand for such a page is valid. */
static void a_check_ends_there(void **state)
{
    (void)state;
    struct log_slice slice;
    struct file_reading reading;
    reopen(true);
    unreadable_pages_plan(FIRST ".log", PAGE);
    struct log_snapshot log = log_folder_open(&f);
    const struct log_read_request request = {.offset = 0, .end = RECORDS, .max_bytes = 1000};
    assert_int_equal(log_read(&f.log, &log, &request, &slice), KW_ERROR_NONE);
    segment_reading_start(&slice.segment->segment, &reading);
    assert_int_equal(segment_verified_part(slice.segment, f.path, 0, RECORDS * BATCH), PAGE / BATCH * BATCH);
    assert_status(file_reading_end(&reading), KW_ERR_FILE);
    segment_release(slice.segment);
    log_snapshot_release(&log);
}

/* Another reader that holds the same mapping gets no zeros. */
static void a_second_reader_is_refused(void **state)
{
    (void)state;
    struct log_slice slice;
    reopen(true);
    unreadable_pages_plan(FIRST ".log", PAGE);
    struct log_snapshot log = log_folder_open(&f);
    const struct log_read_request request = {.offset = 0, .end = RECORDS, .max_bytes = 1000};
    assert_int_equal(log_read(&f.log, &log, &request, &slice), KW_ERROR_NONE);
    struct file_reading reading;
    segment_reading_start(&slice.segment->segment, &reading);
    assert_status(file_reading_end(&reading), KW_OK);
    capture_start(&captured);
    assert_int_equal(read_at(BEYOND_PAGE, 1000), KW_ERROR_KAFKA_STORAGE_ERROR);
    (void)capture_end(&captured);
    segment_reading_start(&slice.segment->segment, &reading);
    assert_status(file_reading_end(&reading), KW_ERR_FILE);
    assert_int_equal(errno, EIO);
    segment_release(slice.segment);
    log_snapshot_release(&log);
}

/* Of records that it has been given already. */
static void whoever_looks_at_records_is_refused(void **state)
{
    (void)state;
    struct log_slice slice;
    struct file_reading reading;
    reopen(true);
    unreadable_pages_plan(FIRST ".log", SIZE_MAX);
    struct log_snapshot log = log_folder_open(&f);
    const struct log_read_request request = {.offset = 0, .end = RECORDS, .max_bytes = 2 * PAGE};
    assert_int_equal(log_read(&f.log, &log, &request, &slice), KW_ERROR_NONE);
    log_slice_reading_start(&slice, &reading);
    assert_int_not_equal(slice.records.data[slice.records.len - 1], 0x55);
    assert_int_equal(log_slice_reading_end(&slice, &log, &reading), KW_ERROR_NONE);
    assert_int_equal(failures, 0);
    unreadable_pages_lose(PAGE);
    capture_start(&captured);
    log_slice_reading_start(&slice, &reading);
    assert_int_equal(slice.records.data[PAGE], 0);
    assert_int_equal(log_slice_reading_end(&slice, &log, &reading), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(capture_end(&captured), FIRST ".log: file cannot be read (Input/output error)"));
    assert_int_equal(failures, 1);
    segment_release(slice.segment);
    log_snapshot_release(&log);
    assert_int_equal(read_at(BEYOND_PAGE, 1000), KW_ERROR_NONE); /* it is opened anew */
}

static void an_index_is_left_out(void **state)
{
    (void)state;
    reopen(true);
    unreadable_pages_plan(FIRST ".index", 0);
    capture_start(&captured);
    assert_int_equal(read_at(BEYOND_PAGE, 1000), KW_ERROR_NONE);
    const char *said = capture_end(&captured);
    assert_non_null(strstr(said, FIRST ".index: file cannot be read (Input/output error): index of a segment"));
    assert_int_equal(failures, 0);
}

static int16_t find_time(int64_t timestamp, int64_t *offset)
{
    struct time_offset found;
    struct log_snapshot log = log_folder_open(&f);
    const struct log_time_search search = {.timestamp = timestamp};
    int16_t error = log_find_time(&f.log, &log, &search, &found);
    log_snapshot_release(&log);
    *offset = found.offset;
    return error;
}

static void a_time_is_refused(void **state)
{
    (void)state;
    int64_t offset;
    reopen(true);
    unreadable_pages_plan(FIRST ".log", PAGE);
    capture_start(&captured);
    assert_int_equal(find_time(1000 + BEYOND_PAGE, &offset), KW_ERROR_KAFKA_STORAGE_ERROR);
    (void)capture_end(&captured);
    assert_int_equal(offset, -1);
    assert_true(failures > 0);
    unreadable_pages_plan(NULL, 0);
    assert_int_equal(find_time(1000 + BEYOND_PAGE, &offset), KW_ERROR_NONE);
    assert_int_equal(offset, BEYOND_PAGE);
}

static off_t size_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(join(f.path, name).text, &st), 0);
    return st.st_size;
}

static int16_t open_log(void)
{
    struct log_snapshot log;
    capture_start(&captured);
    int16_t error = partition_log_acquire(&f.log, false, &log);
    (void)capture_end(&captured);
    if (error == KW_ERROR_NONE) {
        assert_int_equal(log.log_end_offset, END);
        log_snapshot_release(&log);
    }
    return error;
}

/* Recovery would have cut off the first zeros that it saw. */
static void recovery_cuts_nothing_off(void **state)
{
    (void)state;
    static const char *const unreadable[] = {FIRST ".log", ".log"};
    for (size_t i = 0; i < COUNT_OF(unreadable); i++) {
        reopen(false);
        unreadable_pages_plan(unreadable[i], i == 0 ? PAGE : 0);
        assert_int_equal(open_log(), KW_ERROR_KAFKA_STORAGE_ERROR);
        assert_true(unreadable_pages.mapped > 0);
        assert_int_equal(size_of(FIRST ".log"), RECORDS * BATCH);
        assert_int_equal(size_of("00000000000000000200.log"), (END - RECORDS) * BATCH);
    }
    unreadable_pages_plan(NULL, 0);
    reopen(false);
    assert_int_equal(open_log(), KW_ERROR_NONE);
}

/* What a log needs to be written to: its end, its producers, the indexes and times of the last segment. */
static void a_log_is_not_written_to(void **state)
{
    (void)state;
    static const char *const unreadable[] = {"200.log", "200.index", "200.timeindex", FIRST ".log"};
    for (size_t i = 0; i < COUNT_OF(unreadable); i++) {
        reopen(true);
        (void)remove(join(f.path, "00000000000000000200.snapshot").text);
        (void)remove(join(f.path, "00000000000000000203.snapshot").text);
        unreadable_pages_plan(unreadable[i], 0);
        int16_t error = open_log();
        capture_start(&captured);
        if (error == KW_ERROR_NONE)
            error = append(END);
        (void)capture_end(&captured);
        assert_true(unreadable_pages.mapped > 0);
        if (error != KW_ERROR_KAFKA_STORAGE_ERROR)
            fail_msg("%s: %d", unreadable[i], error);
        assert_int_equal(size_of("00000000000000000200.log"), (END - RECORDS) * BATCH);
    }
    unreadable_pages_plan(NULL, 0);
    reopen(true);
    assert_int_equal(open_log(), KW_ERROR_NONE);
    assert_int_equal(append(END), KW_ERROR_NONE);
}

#define TEST_PAGES(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_unreadable_pages FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_PAGES(a_read_is_refused),          TEST_PAGES(a_check_ends_there),
        TEST_PAGES(a_second_reader_is_refused), TEST_PAGES(whoever_looks_at_records_is_refused),
        TEST_PAGES(an_index_is_left_out),       TEST_PAGES(a_time_is_refused),
        TEST_PAGES(recovery_cuts_nothing_off),  TEST_PAGES(a_log_is_not_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
