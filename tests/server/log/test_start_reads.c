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

/* ---- leader epochs ---- */

static void append_in(int32_t epoch)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = 1000, .producer_id = -1}, 0);
    one.append.leader_epoch = epoch;
    assert_true(log_append(&log_of("t", 0)->log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
}

static void assert_epochs(const char *expected)
{
    char text[256] = "";
    struct log_snapshot log;
    assert_int_equal(partition_log_acquire(&log_of("t", 0)->log, false, &log), KW_ERROR_NONE);
    for (int32_t i = 0; i < log.contents->epochs.len; i++) {
        const kw_leader_epoch *epoch = &log.contents->epochs.items[i];
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%ld from %lld;", (long)epoch->epoch,
                       (long long)epoch->start_offset);
    }
    log_snapshot_release(&log);
    assert_string_equal(text, expected);
}

static const char epoch_file[] = "/d1/t-0/leader-epoch-checkpoint";

/* What a loss of power may leave: the file as it was at the last sync, or newer than the records. Both give the epochs
 * of the records that are left. */
static void epochs_after_a_crash(void **state)
{
    (void)state;
    open_and_start(1);
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE);
    open_log("t", 0);
    append_in(0);
    append_in(3);
    assert_false(file_exists(epoch_file)); /* the batches say it */
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    assert_file(epoch_file, "0\n2\n0 0\n3 1\n");
    assert_int_equal(log_roll(&log_of("t", 0)->log), KW_ERROR_NONE);
    append_in(5);
    append_in(5);
    append_in(8);
    log_upkeep_checkpoint(&logs); /* up to offset 2 */
    assert_file(epoch_file, "0\n2\n0 0\n3 1\n");
    log_manager_close(&logs);
    start_again();
    assert_epochs("0 from 0;3 from 1;5 from 2;8 from 4;");
    assert_file(epoch_file, "0\n2\n0 0\n3 1\n"); /* as a second crash would find the same */
    assert_true(log_upkeep_stop(&logs, 7));
    log_manager_close(&logs);
    assert_file(epoch_file, "0\n4\n0 0\n3 1\n5 2\n8 4\n");

    /* The file has reached the disk, the records that it is ahead of have not. */
    assert_int_equal(file_remove("/d1/.kafka_cleanshutdown"), KW_OK);
    struct file file;
    assert_int_equal(file_open(&file, "/d1/t-0/00000000000000000002.log", FILE_TRUNCATE), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    put("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 2\n");
    open_dirs(1);
    capture_start(&captured);
    kw_status status = create("t", id_a, 0, any);
    start();
    assert_non_null(strstr(capture_end(&captured), "1 leader epochs are removed"));
    assert_int_equal(status, KW_OK);
    assert_epochs("0 from 0;3 from 1;");
    append_in(9);
    assert_epochs("0 from 0;3 from 1;9 from 2;");
}

/* The file is on the disk before the recovery point is beyond what it has to say, and never half. */
static void epochs_are_synced_first(void **state)
{
    (void)state;
    open_and_start(1);
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE);
    open_log("t", 0);
    append_in(2);
    file_faults_record(FAULT_SYNC | FAULT_RENAME | FAULT_SYNC_FOLDER);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    const char *calls = file_faults_calls();
    const char *synced = strstr(calls, "sync /d1/t-0/leader-epoch-checkpoint.tmp\n");
    const char *renamed = strstr(calls, "rename /d1/t-0/leader-epoch-checkpoint.tmp");
    const char *log = strstr(calls, "sync /d1/t-0/00000000000000000000.log\n");
    assert_true(synced != NULL && synced < renamed && renamed < log);
    append_in(2);
    file_faults_record(FAULT_SYNC | FAULT_RENAME);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    assert_string_equal(file_faults_calls(), "sync /d1/t-0/00000000000000000000.log\n"); /* once */
    append_in(4);
    int64_t before = atomic_load(&log_of("t", 0)->synced_until);
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    capture_start(&captured);
    int16_t error = flusher_sync(log_of("t", 0));
    (void)capture_end(&captured);
    file_faults_plan(0, 0, 0, 0);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(atomic_load(&log_of("t", 0)->synced_until), before);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE); /* there is space again */
    assert_file(epoch_file, "0\n2\n2 0\n4 2\n");
}

/* A log that is recovered and not written to afterwards has them in the file after a clean stop. */
static void epochs_of_a_log_that_is_only_read(void **state)
{
    (void)state;
    open_and_start(1);
    assert_int_equal(create("t", id_a, 0, any), KW_ERROR_NONE);
    open_log("t", 0);
    append_in(6);
    log_manager_close(&logs);
    assert_false(file_exists(epoch_file));
    start_again();
    assert_true(log_upkeep_stop(&logs, 7));
    assert_file(epoch_file, "0\n1\n6 0\n");
    log_manager_close(&logs);
    start_again();
    assert_epochs("6 from 0;");
}

#define START_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        START_TEST(after_a_crash),           START_TEST(after_a_crash_without_checkpoint),
        START_TEST(after_a_clean_stop),      START_TEST(epochs_after_a_crash),
        START_TEST(epochs_are_synced_first), START_TEST(epochs_of_a_log_that_is_only_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
