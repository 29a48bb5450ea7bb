/* SPDX-License-Identifier: Apache-2.0 */
/* What a start reads: no data after a clean stop, only what is not known to be on the disk after a crash; and how often
 * it looks at a folder. */
#include "upkeep_support.h"

enum { SEGMENT = 512, RECORDED = FAULT_MAP | FAULT_LOAD | FAULT_LIST | FAULT_LOOK };

static const char folder[] = "/d1/t-0";

static size_t size_of(const char *path)
{
    struct file_facts facts;
    assert_int_equal(file_look(path, &facts), KW_OK);
    return facts.size;
}

static const char *segment_at(int64_t offset)
{
    static char path[KW_PATH_SIZE];
    assert_int_equal(path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, offset), KW_OK);
    return path;
}

static int64_t last_segment(void)
{
    struct log_snapshot log;
    assert_int_equal(partition_log_acquire(&log_of("t", 0)->log, false, &log), KW_ERROR_NONE);
    int64_t offset = log.contents->segments[log.contents->segment_count - 1]->base_offset;
    assert_true(log.contents->segment_count > 20);
    log_snapshot_release(&log);
    return offset;
}

/* More than twenty finished segments, and one that is not; all of it is on the disk but for a last record. */
static int64_t write_log(void)
{
    config.segment_bytes = SEGMENT;
    open_and_start(1);
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE);
    open_log("t", 0);
    for (int64_t end = 0; end < 1200; end += 10)
        assert_int_equal(append("t", 10), end);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    log_upkeep_checkpoint(&logs);
    return append("t", 1);
}

static size_t count(const char *what)
{
    size_t found = 0;
    for (const char *at = file_faults_calls(); (at = strstr(at, what)) != NULL; at++)
        found++;
    return found;
}

static int64_t end_of_log(void)
{
    struct log_snapshot log;
    assert_int_equal(partition_log_acquire(&log_of("t", 0)->log, false, &log), KW_ERROR_NONE);
    int64_t end = log.log_end_offset;
    log_snapshot_release(&log);
    return end;
}

static void start_again(void)
{
    file_faults_record(RECORDED);
    capture_start(&captured);
    open_dirs(1);
    kw_status status = create("t", id_a, 0, any);
    start();
    assert_string_equal(capture_end(&captured), ""); /* nothing was damaged */
    assert_status(status, KW_OK);
}

static void after_a_crash(void **state)
{
    (void)state;
    int64_t last = write_log(), tail = last_segment();
    log_manager_close(&logs);
    start_again();
    assert_int_equal(count("list /d1/t-0\n"), 2); /* to recover it, and to load what has been recovered */
    assert_int_equal(count("list /d1\n"), 1);
    assert_int_equal(count(".log\n"), count(segment_at(tail)));
    assert_int_equal(count(segment_at(tail)), 2);
    size_t read = atomic_load(&file_faults.bytes_read), segment = size_of(segment_at(tail));
    assert_in_range(read, segment, 3 * segment + 1024);
    assert_int_equal(end_of_log(), last + 1);
}

/* A log of which nothing is known to be on the disk is read as a whole. */
static void after_a_crash_without_checkpoint(void **state)
{
    (void)state;
    int64_t last = write_log();
    log_manager_close(&logs);
    assert_int_equal(file_remove("/d1/recovery-point-offset-checkpoint"), KW_OK);
    start_again();
    assert_true(count(".log\n") > 20);
    assert_true(atomic_load(&file_faults.bytes_read) > 10 * SEGMENT);
    assert_int_equal(end_of_log(), last + 1);
}

static void after_a_clean_stop(void **state)
{
    (void)state;
    int64_t last = write_log();
    assert_true(log_upkeep_stop(&logs, 7));
    log_manager_close(&logs);
    start_again();
    assert_int_equal(count("list /d1/t-0\n"), 0);
    assert_int_equal(count("list /d1\n"), 1);
    assert_int_equal(count("map "), 0);
    assert_int_equal(count("load /d1/t-0/"), 1); /* its id */
    assert_true(atomic_load(&file_faults.bytes_read) < 512);
    assert_int_equal(end_of_log(), last + 1); /* opens it */
    assert_true(count("list /d1/t-0\n") <= 2);
    assert_int_equal(count(".log\n"), count(segment_at(last_segment())));
}

#define START_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        START_TEST(after_a_crash),
        START_TEST(after_a_crash_without_checkpoint),
        START_TEST(after_a_clean_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
