/* SPDX-License-Identifier: Apache-2.0 */
/* Logs that nobody uses are looked at without being opened: what is found is what retention removes once they are. */
#include "upkeep_support.h"

#include "log/retention.h"

enum { START = 1000000, BATCHES = 12 };

static const char *const time_index = "/d1/t-0/00000000000000000000.timeindex";

/* Segments of some batches each; batch i is of START + i. All of it is closed in an orderly way, and not open. */
static void write_log(int batches, int64_t timestamp)
{
    static struct one_append one;
    config = (struct log_config){0};
    log_config_init(&config);
    config.segment_bytes = 512;
    config.index_interval_bytes = 0;
    config.retention_ms = -1;
    open_and_start(1);
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE);
    open_log("t", 0);
    for (int i = 0; i < batches; i++) {
        prepare_append(&one, (made_batch){.count = 1, .timestamp = timestamp + i, .producer_id = -1}, 100);
        assert_true(log_append(&log_of("t", 0)->log, &one.append));
        assert_int_equal(one.append.error, KW_ERROR_NONE);
    }
    assert_true(log_upkeep_stop(&logs, 7));
    log_manager_close(&logs);
}

/* With the settings of the moment. */
static void open_again(void)
{
    open_dirs(1);
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE);
    start();
}

static bool finds(int64_t now)
{
    struct managed_log *log = log_of("t", 0);
    bool found = retention_probe_finds(&log->probe, &log->log, now);
    assert_false(log->log.is_open);
    return found;
}

static size_t remove_old(int64_t now)
{
    size_t removed;
    open_log("t", 0);
    assert_int_equal(log_retain(&log_of("t", 0)->log, now, &removed), KW_ERROR_NONE);
    return removed;
}

static void remove_all(void)
{
    log_manager_close(&logs);
    assert_int_equal(folder_remove("/d1"), KW_OK);
    assert_true(folder_create("/d1"));
}

/* Whatever the settings, both agree. */
static void compare(int batches, int64_t timestamp, int64_t bytes, int64_t ms, int64_t now, bool delete)
{
    write_log(batches, timestamp);
    config.retention_bytes = bytes;
    config.retention_ms = ms;
    config.delete = delete;
    open_again();
    bool found = finds(now);
    size_t removed = remove_old(now);
    if (found != (removed != 0))
        fail_msg("%d batches, %lld bytes, %lld ms, at %lld: found %d, removed %zu", batches, (long long)bytes,
                 (long long)ms, (long long)now, found, removed);
    remove_all();
}

static void by_size(void **state)
{
    (void)state;
    for (int64_t bytes = -1; bytes < 3000; bytes += bytes < 20 ? 7 : 173)
        compare(BATCHES, START, bytes, -1, START, true);
    compare(BATCHES, START, 0, -1, START, false);
    compare(1, START, 0, -1, START, true);
    compare(0, START, 0, -1, START, true);
}

static void by_age(void **state)
{
    (void)state;
    for (int64_t now = START - 2; now < START + 30; now++)
        compare(BATCHES, START, -1, 10, now, true);
    compare(BATCHES, START, -1, 10, START + 1000, false);
    compare(1, START, -1, 10, START + 10, true);
    compare(1, START, -1, 10, START + 11, true);
    compare(0, START, -1, 10, START + 1000, true);
}

/* What nobody has opened does not change: it is looked at once. */
static void the_folder_is_read_once(void **state)
{
    (void)state;
    write_log(BATCHES, START);
    config.retention_ms = 10;
    open_again();
    file_faults_record(FAULT_LIST | FAULT_MAP);
    assert_false(finds(START));
    assert_string_equal(file_faults_calls(), "list /d1/t-0\nmap /d1/t-0/00000000000000000000.timeindex\n");
    file_faults_record(FAULT_ANY);
    assert_false(finds(START));
    assert_true(finds(START + 1000));
    config.retention_ms = -1;
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE); /* other settings */
    assert_false(finds(START + 1000));
    assert_string_equal(file_faults_calls(), "");
}

/* Then the first batch says how old it is at most. */
static void without_a_time_index(void **state)
{
    (void)state;
    write_log(BATCHES, START);
    assert_int_equal(file_remove(time_index), KW_OK);
    config.retention_ms = 10;
    open_again();
    assert_false(finds(START + 10));
    assert_true(finds(START + 11)); /* though the segment may have later ones */
    remove_all();
    write_log(BATCHES, START);
    assert_true(file_replace("/d1/t-0", "00000000000000000000.timeindex", kw_string_of("")));
    config.retention_ms = 10;
    open_again();
    assert_false(finds(START + 10));
    assert_true(finds(START + 11));
}

/* Nothing is known then: the log is opened. */
static void records_without_a_time(void **state)
{
    (void)state;
    write_log(1, -1);
    config.retention_ms = INT64_MAX;
    open_again();
    assert_true(finds(START));
}

static void below_the_start(void **state)
{
    (void)state;
    write_log(BATCHES, START);
    put("/d1/log-start-offset-checkpoint", "0\n1\nt 0 1\n");
    open_again();
    assert_false(finds(START)); /* within the first segment */
    remove_all();
    write_log(BATCHES, START);
    put("/d1/log-start-offset-checkpoint", "0\n1\nt 0 7\n");
    config.delete = false;
    open_again();
    assert_true(finds(START));
    assert_true(remove_old(START) != 0);
}

static void work_that_is_left_over(void **state)
{
    (void)state;
    write_log(BATCHES, START);
    put("/d1/t-0/00000000000000000099.index.deleted", "");
    open_again();
    assert_true(finds(START));
}

/* It is opened, which reports what is wrong. */
static void a_folder_that_cannot_be_read(void **state)
{
    (void)state;
    write_log(BATCHES, START);
    open_again();
    file_faults_plan(FAULT_LIST, 0, FAULT_FOREVER, EIO);
    assert_true(finds(START));
    file_faults_plan(FAULT_LOOK, 0, FAULT_FOREVER, EIO);
    assert_true(finds(START));
    file_faults_plan(0, 0, 0, 0);
    assert_false(finds(START));
}

static void what_is_open(void **state)
{
    (void)state;
    write_log(BATCHES, START);
    open_again();
    open_log("t", 0);
    assert_true(retention_probe_finds(&log_of("t", 0)->probe, &log_of("t", 0)->log, START));
}

/* A thousand partitions with nothing old: none is opened by the check. */
static void checks_open_nothing(void **state)
{
    (void)state;
    retention_check_ms = 1000;
    write_log(BATCHES, clock_wall_ms());
    config.retention_ms = 3600000;
    open_again();
    sim_advance(&sim, log_upkeep_defaults.initial_delay_ms + 5000);
    assert_false(log_of("t", 0)->log.is_open);
    assert_true(file_exists("/d1/t-0/00000000000000000000.log"));
    config.retention_bytes = 600;
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE);
    sim_advance(&sim, 1000);
    assert_true(log_of("t", 0)->log.is_open);
    assert_false(file_exists("/d1/t-0/00000000000000000000.log"));
}

#define PROBE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROBE_TEST(by_size),
        PROBE_TEST(by_age),
        PROBE_TEST(the_folder_is_read_once),
        PROBE_TEST(without_a_time_index),
        PROBE_TEST(records_without_a_time),
        PROBE_TEST(below_the_start),
        PROBE_TEST(work_that_is_left_over),
        PROBE_TEST(a_folder_that_cannot_be_read),
        PROBE_TEST(what_is_open),
        PROBE_TEST(checks_open_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
