/* SPDX-License-Identifier: Apache-2.0 */
/* [flush.messages] Logs of a broker that was killed, where each append waits for the disk: nobody reads what recovery
 * has found before the disk has it. With files in memory. */
#include "upkeep_support.h"

/* Written, synced by nobody. */
static void kill_after_appends(size_t dirs)
{
    config.flush_messages = INT64_MAX;
    open_and_start(dirs);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_status(create("u", id_b, 0, any), KW_OK);
    open_log("t", 0);
    open_log("u", 0);
    (void)append("t", 3);
    (void)append("u", 1);
    log_manager_close(&logs);
}

/* Both partitions have their settings, and are opened. */
static const char *start_again(size_t dirs)
{
    config.flush_messages = 1;
    open_dirs(dirs);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_status(create("u", id_b, 0, any), KW_OK);
    capture_start(&captured);
    start();
    return capture_end(&captured);
}

static void assert_called(const char *line)
{
    if (strstr(file_faults_calls(), line) == NULL)
        fail_msg("no `%s` in `%s`", line, file_faults_calls());
}

static int64_t high_watermark(const char *topic)
{
    struct log_snapshot now;
    if (partition_log_acquire(&log_of(topic, 0)->log, false, &now) != KW_ERROR_NONE)
        return -1;
    int64_t high_watermark = now.high_watermark;
    log_snapshot_release(&now);
    return high_watermark;
}

static int16_t append_error(const char *topic)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = 1000, .producer_id = -1}, 0);
    one.append.want = APPEND_WRITTEN;
    assert_true(log_append(&log_of(topic, 0)->log, &one.append));
    return one.append.error;
}

/* The recovery point stays, as other files have not been written; nothing is due any more. */
static void what_is_found_is_synced(void **state)
{
    (void)state;
    kill_after_appends(1);
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    assert_string_equal(start_again(1), "");
    assert_called("sync /d1/t-0/00000000000000000000.log\n"); /* two threads open both logs */
    assert_called("sync_folder /d1/t-0\n");
    assert_called("sync /d1/t-0/partition.metadata\n");
    assert_called("sync_folder /d1\n");
    assert_int_equal(atomic_load(&log_of("t", 0)->log.flushed_until), 3);
    assert_int_equal(atomic_load(&log_of("t", 0)->synced_until), 0);
    assert_int_equal(high_watermark("t"), 3);
}

/* Nobody asks for it. */
static void where_appends_do_not_wait(void **state)
{
    (void)state;
    kill_after_appends(1);
    open_dirs(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    start();
    assert_string_equal(file_faults_calls(), "");
    assert_int_equal(high_watermark("t"), 3);
    assert_int_equal(atomic_load(&log_of("t", 0)->log.flushed_until), 0);
}

/* Neither is what is below the recovery point. */
static void what_is_on_the_disk_is_not_synced(void **state)
{
    (void)state;
    kill_after_appends(1);
    put("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 3\n");
    file_faults_record(FAULT_SYNC);
    (void)start_again(1);
    assert_null(strstr(file_faults_calls(), "sync /d1/t-0/"));
    assert_non_null(strstr(file_faults_calls(), "sync /d1/u-0/"));
    assert_int_equal(atomic_load(&log_of("t", 0)->log.flushed_until), 3);
}

/* Whichever call fails: that log alone is closed until the next start, and the stop is not a clean one. */
static void what_cannot_be_synced_is_not_read(void **state)
{
    (void)state;
    static const char *const parts[] = {"t-0/00000000000000000000.log", "t-0", "t-0/partition.metadata"};
    kill_after_appends(1);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        file_faults_plan(FAULT_SYNC | FAULT_SYNC_FOLDER, i == 1, 1, EIO);
        file_faults_only(parts[i]);
        const char *said = start_again(1);
        const char *line = strstr(said, "/d1/t-0: writing to the disk what was recovered: Input/output error; the "
                                        "partition stays closed until the next start\n");
        assert_non_null(line);
        assert_null(strstr(line + 1, "/d1/t-0"));
        file_faults_only(NULL);
        assert_int_equal(high_watermark("t"), -1);
        assert_int_equal(append_error("t"), KW_ERROR_KAFKA_STORAGE_ERROR);
        assert_int_equal(high_watermark("u"), 1);
        assert_false(log_dir_is_offline(log_of("t", 0)->log.dir));
        capture_start(&captured);
        bool stopped = log_upkeep_stop(&logs, 1);
        assert_non_null(strstr(capture_end(&captured), "/d1: not all logs could be closed; "));
        assert_false(stopped);
        log_manager_close(&logs);
    }
    assert_string_equal(start_again(1), "");
    assert_int_equal(high_watermark("t"), 3);
}

/* In another directory than the first one, all its logs with it. */
static void another_directory_is_offline(void **state)
{
    (void)state;
    const struct log_wanted wanted = {kw_string_of("v"), id_b, 0, any, true};
    config.flush_messages = INT64_MAX;
    open_and_start(2);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_int_equal(log_manager_create(&logs, &wanted, &config), KW_OK);
    bool is_second = strncmp(log_of("t", 0)->log.folder, "/d2", 3) == 0;
    const char *topic = is_second ? "t" : "v";
    open_log(topic, 0);
    (void)append(topic, 3);
    log_manager_close(&logs);

    config.flush_messages = 1;
    open_dirs(2);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_int_equal(log_manager_create(&logs, &wanted, &config), KW_OK);
    logs.dirs[0]->has_metadata = true;
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    file_faults_only("/d2/");
    capture_start(&captured);
    start();
    assert_non_null(strstr(capture_end(&captured), ": writing to the disk what was recovered: Input/output error; "));
    file_faults_only(NULL);
    assert_true(log_dir_is_offline(log_of(topic, 0)->log.dir));
    assert_int_equal(high_watermark(topic), -1);
    assert_int_equal(high_watermark(is_second ? "v" : "t"), 0);
}

/* It is opened and synced when it is asked for again. */
static void what_cannot_be_synced_yet(void **state)
{
    (void)state;
    kill_after_appends(1);
    file_faults_plan(FAULT_OPEN, 0, 1, EMFILE);
    file_faults_only("t-0/partition.metadata"); /* opened by the sync alone */
    const char *said = start_again(1);
    assert_non_null(strstr(said, "/d1/t-0: "));
    assert_non_null(strstr(said, ": Too many open files\n"));
    file_faults_only(NULL);
    assert_false(log_of("t", 0)->log.is_open);
    file_faults_record(FAULT_SYNC);
    assert_int_equal(high_watermark("t"), 3);
    assert_non_null(strstr(file_faults_calls(), "sync /d1/t-0/00000000000000000000.log\n"));
    assert_int_equal(atomic_load(&log_of("t", 0)->log.flushed_until), 3);
}

#define WITH_FILES(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(what_is_found_is_synced),           WITH_FILES(where_appends_do_not_wait),
        WITH_FILES(what_is_on_the_disk_is_not_synced), WITH_FILES(what_cannot_be_synced_is_not_read),
        WITH_FILES(another_directory_is_offline),      WITH_FILES(what_cannot_be_synced_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
