/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_retention FOLDER   in which it makes folders of its own */
#include "append_support.h"

#include <pthread.h>
#include <utime.h>

#include "../support/captured.h"
#include "../support/file_faults.h"
#include "log/log_change.h"
#include "log/retention.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10 };

static const int64_t NOW = 1000 * 1000;

static const char *root;
static struct log_folder f;
static struct log_config config;

static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "retention-0");
    log_config_init(&config);
    config.segment_bytes = 2 * ONE;
    config.retention_ms = -1;
    config.retention_bytes = -1;
    partition_log_configure(&f.log, &config);
    return 0;
}

static int tear_down(void **state)
{
    log_folder_finish(&f);
    return forget_given(state);
}

static struct log_append append(int64_t timestamp)
{
    return append_made(&f, (made_batch){.count = 1, .timestamp = timestamp, .producer_id = -1}, 0);
}

static struct log_snapshot look(void)
{
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
    return log;
}

/* Segments of two records each, and one with the last. */
static void append_five(int64_t first, int64_t step)
{
    look();
    for (int64_t i = 0; i < 5; i++)
        assert_int_equal(append(first + i * step).error, KW_ERROR_NONE);
}

static size_t retain_at(int64_t now)
{
    size_t removed;
    assert_int_equal(log_retain(&f.log, now, &removed), KW_ERROR_NONE);
    return removed;
}

static bool exists(const char *name)
{
    return file_exists(join(f.path, name).text);
}

static void test_nothing(void **state)
{
    (void)state;
    assert_int_equal(retain_at(NOW), 0);
    append_five(1, 1);
    assert_int_equal(retain_at(INT64_MAX), 0);
    assert_int_equal(look().log_start_offset, 0);
}

static void test_age(void **state)
{
    (void)state;
    append_five(NOW, 10); /* the segments end with NOW + 10, 30 and 40 */
    config.retention_ms = 100;
    assert_int_equal(retain_at(NOW + 110), 0);
    assert_int_equal(retain_at(NOW + 111), 1);
    assert_int_equal(look().log_start_offset, 2);
    assert_false(exists("00000000000000000000.log"));
    assert_true(exists("00000000000000000000.log.deleted"));
    assert_true(exists("00000000000000000000.index.deleted"));
    assert_true(exists("00000000000000000000.timeindex.deleted"));
    assert_true(exists("00000000000000000002.log"));
    assert_int_equal(read_from(&f, 2).len, 2 * ONE);
}

/* One that nobody has opened since the start, and one that was opened before it could be written to. */
static void test_log_that_is_not_open(void **state)
{
    (void)state;
    for (int opened = 0; opened < 2; opened++) {
        append_five(NOW, 10);
        config.retention_ms = 100;
        if (opened != 0) {
            partition_log_configure(&f.log, NULL);
            log_folder_reopen(&f);
            assert_int_equal(look().log_end_offset, 5 + 5 * opened);
            assert_int_equal(retain_at(NOW + 1000), 0); /* it has no settings */
            partition_log_configure(&f.log, &config);
        } else {
            log_folder_reopen(&f);
        }
        assert_int_equal(retain_at(NOW + 1000), 3);
        assert_int_equal(look().log_start_offset, 5 + 5 * opened);
    }
}

/* All of it: another segment follows first. */
static void test_age_of_all(void **state)
{
    (void)state;
    append_five(NOW, 10);
    config.retention_ms = 100;
    assert_int_equal(retain_at(NOW + 1000), 3);
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->segment_count, 1);
    assert_int_equal(log.log_start_offset, 5);
    assert_int_equal(log.log_end_offset, 5);
    log_snapshot_release(&log);
    assert_int_equal(retain_at(INT64_MAX / 2), 0); /* nothing is in it, however old the file is */
    assert_int_equal(append(NOW).base_offset, 5);
    assert_true(exists("00000000000000000005.log"));
    assert_true(exists("00000000000000000005.snapshot"));
    assert_false(exists("00000000000000000004.snapshot"));
}

/* What is from the future stays, and so does what comes after it. */
static void test_age_of_the_future(void **state)
{
    (void)state;
    append_five(NOW, -10);
    config.retention_ms = 0;
    assert_int_equal(retain_at(NOW - 5), 0);
}

/* Without timestamps that of the file counts. */
static void test_age_without_timestamps(void **state)
{
    (void)state;
    append_five(-1, 0);
    config.retention_ms = 1000;
    const struct utimbuf then = {.actime = 100, .modtime = 100};
    assert_int_equal(utime(join(f.path, "00000000000000000000.log").text, &then), 0);
    assert_int_equal(utime(join(f.path, "00000000000000000002.log").text, &then), 0);
    assert_int_equal(retain_at(101 * 1000), 0);
    assert_int_equal(retain_at(101 * 1000 + 1), 2);
}

static void test_size(void **state)
{
    (void)state;
    append_five(NOW, 10);
    config.retention_bytes = 3 * ONE + 1;
    assert_int_equal(retain_at(NOW), 0); /* less would be left */
    config.retention_bytes = 3 * ONE;
    assert_int_equal(retain_at(NOW), 1);
    assert_int_equal(retain_at(NOW), 0);
    config.retention_bytes = 0;
    assert_int_equal(retain_at(NOW), 2);
    assert_int_equal(look().log_start_offset, 5);
}

/* Whatever the policy, segments below the log's start go; but not the last one. */
static void test_deleted_records(void **state)
{
    (void)state;
    int64_t start;
    append_five(NOW, 10);
    config.delete = false;
    config.compact = true;
    config.retention_bytes = 0;
    config.retention_ms = 0;
    assert_int_equal(log_delete_records(&f.log, 3, &start), KW_ERROR_NONE);
    assert_int_equal(retain_at(NOW + 1000), 1);
    assert_int_equal(look().log_start_offset, 3);
    assert_int_equal(log_delete_records(&f.log, -1, &start), KW_ERROR_NONE);
    assert_int_equal(retain_at(NOW + 1000), 1);
    assert_int_equal(look().log_start_offset, 5);
    assert_true(exists("00000000000000000004.log"));
}

static void test_delay(void **state)
{
    (void)state;
    append_five(NOW, 10);
    config.retention_ms = 100;
    config.file_delete_delay_ms = 500;
    assert_int_equal(retain_at(NOW + 111), 1);
    config.retention_ms = -1;
    assert_int_equal(retain_at(NOW + 610), 0);
    assert_true(exists("00000000000000000000.log.deleted"));
    assert_int_equal(retain_at(NOW + 611), 0);
    assert_false(exists("00000000000000000000.log.deleted"));
    assert_false(exists("00000000000000000000.index.deleted"));
}

static int16_t read_first(const struct log_snapshot *log, struct log_slice *slice)
{
    const struct log_read_request request = {.offset = 0, .end = 2, .max_bytes = INT32_MAX};
    return log_read(&f.log, log, &request, slice);
}

/* Who has an older snapshot reads on, by the other name of the file; once it is gone, as if the offset were. */
static void test_readers(void **state)
{
    (void)state;
    static struct captured captured;
    struct log_slice held, slice;
    append_five(NOW, 10);
    log_folder_reopen(&f);
    struct log_snapshot before = log_folder_open(&f);
    config.retention_ms = 100;
    config.file_delete_delay_ms = 500;
    assert_int_equal(retain_at(NOW + 111), 1);
    assert_int_equal(read_first(&before, &held), KW_ERROR_NONE);
    assert_int_equal(held.records.len, 2 * ONE);
    assert_int_equal(retain_at(NOW + 611), 2);
    assert_false(exists("00000000000000000000.log.deleted"));
    assert_int_equal(kw_load_be64(held.records.data), 0);
    segment_release(held.segment);
    segment_cache_remap(&f.cache, before.contents->segments[0], 0);
    capture_start(&captured);
    assert_int_equal(read_first(&before, &slice), KW_ERROR_OFFSET_OUT_OF_RANGE);
    assert_string_equal(capture_end(&captured), "");
    log_snapshot_release(&before);
}

static void test_aborted(void **state)
{
    (void)state;
    int64_t start;
    look();
    config.segment_bytes = 2 * ONE + 7;
    for (int32_t i = 0; i < 3; i++) {
        append_sequence(&f, (made_batch){.count = 1, .timestamp = NOW, .producer_id = 7, .attributes = 16}, i);
        append_sequence(&f, (made_batch){.timestamp = NOW, .producer_id = 7, .attributes = 48, .marker = 0}, -1);
    }
    assert_int_equal(log_delete_records(&f.log, 2, &start), KW_ERROR_NONE);
    assert_int_equal(retain_at(NOW), 1);
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->aborted_count, 2);
    assert_int_equal(log.contents->aborted[0].first_offset, 2);
    log_snapshot_release(&log);
    assert_true(exists("00000000000000000000.txnindex.deleted"));
}

/* A loss of power leaves the new segment, or the old ones. */
static void test_names_first(void **state)
{
    (void)state;
    file_faults_start();
    append_five(NOW, 10);
    config.retention_ms = 100;
    file_faults_record(FAULT_OPEN | FAULT_RENAME | FAULT_SYNC_FOLDER);
    assert_int_equal(retain_at(NOW + 1000), 3);
    const char *made = strstr(file_faults_calls(), "/00000000000000000005.log\n");
    assert_non_null(made);
    const char *synced = strstr(made, "sync_folder ");
    const char *removed = strstr(made, "rename ");
    assert_non_null(synced);
    assert_true(synced < removed);
    log_folder_reopen(&f);
    file_faults_stop();
}

static const char *next_call(const char *at, const char *text)
{
    const char *found = at != NULL ? strstr(at, text) : NULL;
    return found != NULL ? found + strlen(text) : NULL;
}

/* Oldest first, and the disk has that before the next one goes: a loss of power leaves no gap. */
static void test_order_of_names(void **state)
{
    (void)state;
    file_faults_start();
    append_five(NOW, 10);
    config.retention_ms = 100;
    file_faults_record(FAULT_RENAME | FAULT_SYNC_FOLDER);
    assert_int_equal(retain_at(NOW + 131), 2);
    const char *at = next_call(file_faults_calls(), "sync_folder ");
    at = next_call(at, "/00000000000000000000.log ");
    at = next_call(at, "sync_folder ");
    assert_non_null(next_call(at, "/00000000000000000002.log "));
    assert_null(next_call(at, "sync_folder "));
    log_folder_reopen(&f);
    file_faults_stop();
}

/* What goes is on the disk before, as it may come back; what is there already is not synced again. */
static void test_data_first(void **state)
{
    (void)state;
    int64_t until;
    file_faults_start();
    append_five(NOW, 10);
    assert_int_equal(log_roll(&f.log), KW_ERROR_NONE);
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_NONE);
    log_note_sync(&f.log, 3); /* of what is below */
    config.retention_ms = 100;
    file_faults_record(FAULT_RENAME | FAULT_SYNC);
    assert_int_equal(retain_at(NOW + 111), 1);
    assert_null(strstr(file_faults_calls(), "sync "));
    assert_int_equal(retain_at(NOW + 131), 1);
    const char *at = next_call(file_faults_calls(), "sync ");
    at = next_call(at, "/00000000000000000002.log\n");
    assert_non_null(next_call(at, "rename "));

    static struct captured captured;
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    file_faults_only("000004.log");
    capture_start(&captured);
    size_t removed = 0;
    int16_t error = log_retain(&f.log, NOW + 1000, &removed);
    const char *said = capture_end(&captured);
    file_faults_only(NULL);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(removed, 0);
    assert_non_null(strstr(said, "retention-0: writing to the disk: Input/output error; "));
    assert_int_equal(look().log_start_offset, 4);
    assert_true(exists("00000000000000000004.log"));
    file_faults_plan(0, 0, 0, 0);
    log_folder_reopen(&f);
    file_faults_stop();
}

static void *retain_on_thread(void *removed)
{
    return log_retain(&f.log, NOW + 131, removed) == KW_ERROR_NONE ? NULL : removed;
}

static void test_appends_go_on_meanwhile(void **state)
{
    (void)state;
    pthread_t thread;
    size_t removed = 0;
    void *failed;
    file_faults_start();
    append_five(NOW, 10);
    config.retention_ms = 100;
    file_faults_hold(FAULT_SYNC);
    assert_int_equal(pthread_create(&thread, NULL, retain_on_thread, &removed), 0);
    file_faults_wait_for_held();
    assert_int_equal(append(NOW + 50).error, KW_ERROR_NONE);
    file_faults_hold(0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(removed, 2);
    log_folder_reopen(&f);
    file_faults_stop();
}

/* A segment behind one whose file could not be renamed stays, so that the next start finds no gap; what is left is done
 * first the next time. */
static void test_names_that_stay(void **state)
{
    (void)state;
    config.retention_ms = -1;
    file_faults_start();
    append_five(NOW, 10);
    for (size_t pass = 0; pass < 2; pass++) {
        static struct captured captured;
        config.retention_ms = 100;
        file_faults_only(pass == 0 ? "000000.log" : "000002.index");
        file_faults_plan(FAULT_RENAME, 0, FAULT_FOREVER, EIO);
        capture_start(&captured);
        size_t removed = retain_at(NOW + 131);
        size_t again = retain_at(NOW + 2000); /* nothing else is removed before */
        const char *said = capture_end(&captured);
        assert_int_equal(removed, pass == 0 ? 2 : 0);
        assert_int_equal(again, 0);
        assert_non_null(strstr(said, ": renaming a file that is to be removed: "));
        assert_int_equal(look().log_start_offset, 4);
        assert_int_equal(exists("00000000000000000000.log"), pass == 0);
        assert_int_equal(exists("00000000000000000002.log"), pass == 0);
        assert_true(exists("00000000000000000004.log"));
    }
    file_faults_plan(0, 0, 0, 0);
    assert_int_equal(retain_at(NOW + 131), 0);
    assert_false(exists("00000000000000000002.index"));
    assert_true(exists("00000000000000000002.index.deleted"));
    log_folder_reopen(&f);
    file_faults_stop();
    assert_int_equal(look().log_start_offset, 4);
}

/* More than are removed in a turn. */
static void test_many(void **state)
{
    (void)state;
    look();
    for (int i = 0; i < 41; i++)
        assert_int_equal(append(NOW).error, KW_ERROR_NONE);
    config.retention_ms = 100;
    assert_int_equal(retain_at(NOW + 1000), 21);
    assert_int_equal(look().log_start_offset, 41);
    assert_int_equal(retain_at(NOW + 1000), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(test_nothing),
        CASE(test_age),
        CASE(test_log_that_is_not_open),
        CASE(test_age_of_all),
        CASE(test_age_of_the_future),
        CASE(test_age_without_timestamps),
        CASE(test_size),
        CASE(test_deleted_records),
        CASE(test_delay),
        CASE(test_readers),
        CASE(test_aborted),
        CASE(test_names_first),
        CASE(test_order_of_names),
        CASE(test_data_first),
        CASE(test_appends_go_on_meanwhile),
        CASE(test_names_that_stay),
        CASE(test_many),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
