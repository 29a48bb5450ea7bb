/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_slow_disk FOLDER   in which it makes a folder of its own
 *
 * Who appends to a log whose disk is slow, and in which order, by a clock that the test sets. */
#include "../support/captured.h"
#include "../support/file_faults.h"
#include "../support/random_test.h"
#include "append_support.h"
#include "slow_disk.h"

#include "log/log_change.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10, MOST = 8 };

static const char *root;
static struct log_folder f;
static struct log_config config;
static struct log_dir *dir;
static struct one_append ones[MOST];
static size_t done;
static struct captured captured;

static void open_log(void)
{
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
}

static int set_up(void **state)
{
    (void)state;
    file_faults_start();
    slow_disk_start();
    dir = log_dir_create("dir");
    log_folder_init(&f, root, "slow-0");
    log_config_init(&config);
    partition_log_configure(&f.log, &config);
    slow_disk_has(dir, &f.log);
    open_log();
    done = 0;
    return 0;
}

static int tear_down(void **state)
{
    file_faults_plan(0, 0, 0, 0);
    log_folder_finish(&f);
    log_dir_destroy(dir);
    slow_disk_stop();
    file_faults_stop();
    return forget_given(state);
}

static void count_done(struct log_append *append)
{
    struct one_append *one = append->context;
    assert_false(one->was_called);
    one->was_called = true;
    done++;
}

/* Whether it is done at once. */
static bool append_one(size_t i, int64_t producer, int32_t sequence)
{
    struct one_append *one = &ones[i];
    prepare_append(one, (made_batch){.count = 1, .timestamp = 100, .producer_id = producer}, 0);
    if (producer >= 0) {
        change_append(one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
        change_append(one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)sequence, 4);
    }
    one->append.done = count_done;
    return log_append(&f.log, &one->append);
}

static bool append_plain(size_t i)
{
    return append_one(i, -1, 0);
}

static void assert_appended(size_t i, int64_t base_offset)
{
    assert_int_equal(ones[i].append.error, KW_ERROR_NONE);
    assert_int_equal(ones[i].append.base_offset, base_offset);
}

static int64_t log_end(void)
{
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log);
    return log.log_end_offset;
}

/* The next appends are for the appender. */
static void become_slow(void)
{
    slow_disk_set(SLOW_DISK_WRITE_MS);
    assert_true(append_plain(0));
    slow_disk_set(0);
}

/* ---- who appends ---- */

static void a_fast_disk(void **state)
{
    (void)state;
    slow_disk_set(DISK_SLOW_MS - 1);
    for (int64_t i = 0; i < 100; i++) {
        assert_true(append_plain(0));
        assert_appended(0, i);
    }
    assert_int_equal(slow_disk.count, 0);
}

static void a_slow_disk(void **state)
{
    (void)state;
    become_slow();
    assert_appended(0, 0);
    for (size_t i = 1; i < 4; i++)
        assert_false(append_plain(i));
    assert_int_equal(slow_disk.count, 1);
    assert_int_equal(done, 0);
    assert_int_equal(log_end(), 1);
    assert_true(slow_disk_append());
    assert_int_equal(done, 3);
    for (size_t i = 1; i < 4; i++)
        assert_appended(i, (int64_t)i);
    assert_int_equal(slow_disk.count, 0);
    assert_false(append_plain(0)); /* it is still slow */
    assert_true(slow_disk_append());
    slow_disk_pass(DISK_SLOW_FOR_MS);
    assert_true(append_plain(0));
    assert_appended(0, 5);
}

/* The writes of the appender count, too. */
static void it_remains_slow(void **state)
{
    (void)state;
    become_slow();
    slow_disk_pass(DISK_SLOW_FOR_MS - 1);
    slow_disk_set(SLOW_DISK_WRITE_MS);
    assert_false(append_plain(1));
    assert_true(slow_disk_append());
    slow_disk_set(0);
    slow_disk_pass(DISK_SLOW_FOR_MS - 1);
    assert_false(append_plain(1));
    assert_true(slow_disk_append());
    slow_disk_pass(1);
    assert_true(append_plain(1));
}

static struct log_folder other;
static bool other_is_done;

static void append_to_other(void)
{
    static struct one_append one;
    slow_disk.during = NULL;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = 100, .producer_id = -1}, 0);
    other_is_done = log_append(&other.log, &one.append);
}

/* Other threads need not wait for the end of a slow write to know of it, and other directories are not concerned. */
static void during_a_slow_write(void **state)
{
    (void)state;
    struct log_dir *other_dir = log_dir_create("other");
    log_folder_init(&other, root, "other-0");
    partition_log_configure(&other.log, &config);
    struct log_snapshot log = log_folder_open(&other);
    log_snapshot_release(&log);
    slow_disk_has(other_dir, &other.log);
    slow_disk_set(SLOW_DISK_WRITE_MS);
    slow_disk.during = append_to_other;
    assert_true(append_plain(0));
    assert_true(other_is_done);
    slow_disk_pass(DISK_SLOW_FOR_MS + SLOW_DISK_WRITE_MS);
    slow_disk_has(dir, &other.log);
    slow_disk.during = append_to_other;
    assert_true(append_plain(0));
    assert_false(other_is_done);
    assert_true(slow_disk_append());
    log_folder_finish(&other);
    log_dir_destroy(other_dir);
}

/* New files are made by the appender, however fast the disk is. */
static void a_new_segment(void **state)
{
    (void)state;
    config.segment_bytes = 2 * ONE;
    assert_true(append_plain(0));
    assert_true(append_plain(0));
    file_faults_record(FAULT_OPEN);
    assert_false(append_plain(1));
    assert_false(append_plain(2));
    assert_string_equal(file_faults_calls(), "");
    assert_true(slow_disk_append());
    assert_non_null(strstr(file_faults_calls(), "00000000000000000002.log"));
    assert_appended(1, 2);
    assert_appended(2, 3);
    assert_false(append_plain(0));
    assert_true(slow_disk_append());
    assert_true(append_plain(0));
    assert_appended(0, 5);
}

/* Its indexes and last batches are read by the appender; there is nothing to read in an empty one. */
static void a_log_with_records_is_opened(void **state)
{
    (void)state;
    assert_true(append_plain(0));
    log_folder_reopen(&f);
    slow_disk_has(dir, &f.log);
    open_log();
    file_faults_record(FAULT_OPEN | FAULT_MAP | FAULT_LOAD);
    assert_false(append_plain(0));
    assert_string_equal(file_faults_calls(), "");
    assert_true(slow_disk_append());
    assert_appended(0, 1);
    assert_true(append_plain(0));
    assert_appended(0, 2);
}

/* ---- what is queued meanwhile ---- */

/* Three batches of one producer are three writes; the first of them is slow, and the rest is not this thread's. */
static void the_rest_of_a_queue(void **state)
{
    (void)state;
    slow_disk_set(SLOW_DISK_WRITE_MS);
    partition_log_take_turn(&f.log);
    for (int32_t i = 0; i < 3; i++)
        assert_false(append_one((size_t)i, 7, i));
    partition_log_end_turn(&f.log);
    assert_int_equal(done, 1);
    assert_true(ones[0].was_called);
    assert_false(append_one(3, 7, 3));
    assert_int_equal(slow_disk.count, 1);
    assert_true(slow_disk_append());
    assert_int_equal(done, 4);
    for (size_t i = 0; i < 4; i++)
        assert_appended(i, (int64_t)i);
}

static void append_another(struct log_append *append)
{
    count_done(append);
    assert_false(append_plain(2));
}

/* What comes during a round waits for the next one, so that other logs have their turn. */
static void rounds(void **state)
{
    (void)state;
    become_slow();
    assert_false(append_plain(1));
    ones[1].append.done = append_another;
    assert_true(slow_disk_append());
    assert_int_equal(done, 1);
    assert_int_equal(slow_disk.count, 1);
    assert_true(slow_disk_append());
    assert_int_equal(done, 2);
    assert_appended(2, 2);
    assert_false(slow_disk_append());
}

static void duplicates_and_errors(void **state)
{
    (void)state;
    assert_true(append_one(1, 7, 0));
    become_slow();
    assert_false(append_one(1, 7, 0));
    assert_false(append_one(2, 7, 5));
    assert_true(slow_disk_append());
    assert_true(ones[1].append.is_duplicate);
    assert_appended(1, 0);
    assert_int_equal(ones[2].append.error, KW_ERROR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    assert_false(append_one(1, 7, 1));
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    capture_start(&captured);
    assert_true(slow_disk_append());
    assert_non_null(strstr(capture_end(&captured), "the producer may try again"));
    assert_int_equal(ones[1].append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_false(append_one(1, 7, 1));
    assert_true(slow_disk_append());
    assert_appended(1, 2);
}

/* A log that fails, or whose directory does, answers all that wait. */
static void a_directory_that_fails(void **state)
{
    (void)state;
    become_slow();
    assert_false(append_plain(1));
    assert_false(append_plain(2));
    capture_start(&captured);
    assert_true(log_dir_fail(dir));
    (void)capture_end(&captured);
    assert_true(slow_disk_append());
    assert_int_equal(done, 2);
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(ones[i].append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
}

/* Whoever waits for the turn gets it before the appender continues. */
static void others_have_turns(void **state)
{
    (void)state;
    int64_t start;
    become_slow();
    assert_int_equal(log_delete_records(&f.log, 1, &start), KW_ERROR_NONE);
    assert_false(append_plain(1));
    f.log.waiting = 1; /* as another thread has it in partition_log_take_turn() */
    assert_true(slow_disk_append());
    assert_int_equal(done, 0);
    assert_false(f.log.has_turn);
    f.log.waiting = 0;
    assert_int_equal(log_delete_records(&f.log, 1, &start), KW_ERROR_NONE); /* and gives it away with the rest */
    assert_int_equal(slow_disk.count, 1);
    assert_true(slow_disk_append());
    assert_appended(1, 1);
}

/* ---- the order ---- */

/* Producers send one batch after the other, while the disk becomes slow and fast again at any moment: all of them are
 * accepted, in the order in which they came. */
static void any_order_of_events(void **state)
{
    (void)state;
    enum { PRODUCERS = 6, STEPS = 4000 };
    struct random_test random;
    int32_t sequences[PRODUCERS] = {0};
    int64_t sent[STEPS], next = 0, came = 0; /* the producers of all batches, in the order in which they came */
    bool waits[PRODUCERS] = {false};
    size_t at_once = 0, later = 0;
    random_test_init(&random, 1);
    config.segment_bytes = 50 * ONE;
    for (int step = 0; step < STEPS; step++) {
        size_t p = random_below(&random, PRODUCERS);
        slow_disk_set(random_below(&random, 20) == 0 ? SLOW_DISK_WRITE_MS : 0);
        if (random_below(&random, 10) == 0)
            slow_disk_pass(DISK_SLOW_FOR_MS / 2);
        if (waits[p]) {
            (void)slow_disk_append();
        } else {
            sent[came++] = (int64_t)p;
            waits[p] = !append_one(p, (int64_t)p, sequences[p]++);
            *(waits[p] ? &later : &at_once) += 1;
            if (!waits[p])
                assert_appended(p, came - 1);
        }
        for (size_t i = 0; i < PRODUCERS; i++)
            if (waits[i] && ones[i].was_called) {
                assert_int_equal(ones[i].append.error, KW_ERROR_NONE);
                assert_int_equal(sent[ones[i].append.base_offset], i);
                waits[i] = false;
            }
    }
    while (slow_disk_append())
        ;
    assert_true(at_once > 100 && later > 100);
    assert_int_equal(log_end(), came);
    for (int64_t offset = 0; offset < came;) {
        kw_batches batches;
        kw_batch batch;
        kw_batches_init(&batches, read_from(&f, offset));
        batches.flags = KW_BATCHES_CHECK_CRC;
        while (kw_batches_next(&batches, &batch)) {
            assert_int_equal(batch.base_offset, offset);
            assert_int_equal(batch.producer_id, sent[next++]);
            offset++;
        }
        assert_status(batches.status, KW_OK);
    }
    assert_int_equal(next, came);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_fast_disk),           CASE(a_slow_disk),
        CASE(it_remains_slow),       CASE(during_a_slow_write),
        CASE(a_new_segment),         CASE(a_log_with_records_is_opened),
        CASE(the_rest_of_a_queue),   CASE(rounds),
        CASE(duplicates_and_errors), CASE(a_directory_that_fails),
        CASE(others_have_turns),     CASE(any_order_of_events),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests_name("slow_disk", tests, NULL, NULL);
}
