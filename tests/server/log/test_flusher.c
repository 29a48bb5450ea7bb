/* SPDX-License-Identifier: Apache-2.0 */
/* Appends that wait for the disk, with files in memory whose syncs a test holds up. */
#include "upkeep_support.h"

enum { MANY = 20 };

static struct one_append appends[MANY];

/* Another log of the same directory. */
static void make_logs(void)
{
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_status(create("u", id_b, 0, any), KW_OK);
    open_log("t", 0);
    open_log("u", 0);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static size_t done_count;
static struct log_append *done_first;

static void count_done(struct log_append *append)
{
    (void)pthread_mutex_lock(&lock);
    if (done_count++ == 0)
        done_first = append;
    (void)pthread_cond_signal(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void wait_for_done(size_t count)
{
    (void)pthread_mutex_lock(&lock);
    while (done_count < count)
        (void)pthread_cond_wait(&changed, &lock);
    assert_int_equal(done_count, count);
    done_count = 0;
    (void)pthread_mutex_unlock(&lock);
}

static void append_synced(size_t i, const char *topic)
{
    prepare_append(&appends[i], (made_batch){.count = 1, .timestamp = 1000, .producer_id = -1}, 0);
    appends[i].append.want = APPEND_SYNCED;
    appends[i].append.done = count_done;
    assert_false(log_append(&log_of(topic, 0)->log, &appends[i].append));
}

static size_t count_of(const char *part)
{
    size_t count = 0;
    for (const char *at = file_faults_calls(); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static int64_t synced_until(const char *topic)
{
    return atomic_load(&log_of(topic, 0)->synced_until);
}

/* Those that arrive during a sync share the next one. */
static void appends_share_a_sync(void **state)
{
    (void)state;
    make_logs();
    file_faults_record(FAULT_SYNC);
    file_faults_hold(FAULT_SYNC);
    append_synced(0, "t");
    file_faults_wait_for_held();
    for (size_t i = 1; i < MANY; i++)
        append_synced(i, i % 2 == 0 ? "t" : "u");
    assert_int_equal(done_count, 0);
    assert_int_equal(synced_until("t"), 0);
    struct log_snapshot now; /* but readers have them */
    assert_int_equal(partition_log_acquire(&log_of("t", 0)->log, true, &now), KW_ERROR_NONE);
    assert_int_equal(now.high_watermark, MANY / 2);
    log_snapshot_release(&now);
    file_faults_hold(0);
    wait_for_done(MANY);
    assert_ptr_equal(done_first, &appends[0].append);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(appends[i].append.error, KW_ERROR_NONE);
        assert_int_equal(appends[i].append.base_offset, i / 2);
        assert_int_equal(appends[i].append.log_start_offset, 0);
    }
    assert_in_range(count_of("sync /d1/t-0/00000000000000000000.log"), 1, 2);
    assert_int_equal(count_of("sync /d1/u-0/00000000000000000000.log"), 1);
    assert_int_equal(synced_until("t"), MANY / 2);
    assert_int_equal(synced_until("u"), MANY / 2);
}

/* A folder that nobody has synced yet is, with the first records in it. */
static void names_are_synced_once(void **state)
{
    (void)state;
    make_logs();
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    append_synced(0, "t");
    wait_for_done(1);
    assert_string_equal(file_faults_calls(), "sync /d1/t-0/leader-epoch-checkpoint.tmp\nsync_folder /d1/t-0\n"
                                             "sync /d1/t-0/00000000000000000000.log\nsync_folder /d1/t-0\n"
                                             "sync /d1/t-0/partition.metadata\nsync_folder /d1\n");
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    append_synced(0, "t");
    wait_for_done(1);
    assert_string_equal(file_faults_calls(), "sync /d1/t-0/00000000000000000000.log\n");
}

/* The log is offline afterwards, whichever call fails, and the others are not. */
static void a_sync_that_fails_is_not_repeated(void **state)
{
    (void)state;
    static const char *const topics[] = {"t", "a", "b", "c", "d", "e"};
    make_logs();
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        assert_status(create(topics[i], id_a, 0, any), KW_OK);
        open_log(topics[i], 0);
        file_faults_plan(FAULT_SYNC | FAULT_SYNC_FOLDER, i, 1, EIO);
        capture_start(&captured);
        append_synced(0, topics[i]);
        wait_for_done(1);
        const char *said = capture_end(&captured);
        assert_int_equal(appends[0].append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
        assert_int_equal(appends[0].append.log_start_offset, -1);
        assert_non_null(strstr(said, i < 2 ? "-0: writing leader epochs: Input/output error; "
                                           : "-0: writing to the disk: Input/output error; "));
        assert_int_equal(synced_until(topics[i]), 0);
        prepare_append(&appends[0], (made_batch){.count = 1, .producer_id = -1}, 0);
        assert_true(log_append(&log_of(topics[i], 0)->log, &appends[0].append));
        assert_int_equal(appends[0].append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    }
    append_synced(0, "u");
    wait_for_done(1);
    assert_int_equal(appends[0].append.error, KW_ERROR_NONE);
    capture_start(&captured);
    bool stopped = log_upkeep_stop(&logs, 1);
    assert_non_null(strstr(capture_end(&captured), "/d1: not all logs could be closed; they are checked at the next"));
    assert_false(stopped);
    assert_false(file_exists("/d1/.kafka_cleanshutdown"));
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n7\na 0 0\nb 0 0\nc 0 0\nd 0 0\ne 0 0\nt 0 0\nu 0 1\n");
}

/* [flush.messages] */
static void so_many_messages_are_synced(void **state)
{
    (void)state;
    config.flush_messages = 3;
    make_logs();
    (void)append("t", 2);
    assert_int_equal(synced_until("t"), 0);
    prepare_append(&appends[0], (made_batch){.count = 2, .producer_id = -1}, 0);
    appends[0].append.done = count_done;
    assert_false(log_append(&log_of("t", 0)->log, &appends[0].append));
    wait_for_done(1);
    assert_int_equal(appends[0].append.error, KW_ERROR_NONE);
    assert_int_equal(synced_until("t"), 4);
    (void)append("t", 2);
    assert_int_equal(synced_until("t"), 4);
}

/* Without waiting for it. */
static void append_of_producer(size_t i, int32_t sequence)
{
    prepare_append(&appends[i], (made_batch){.count = 1, .timestamp = 1000, .producer_id = 7}, 0);
    change_append(&appends[i], KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&appends[i], KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)sequence, 4);
    appends[i].append.done = count_done;
    assert_false(log_append(&log_of("t", 0)->log, &appends[i].append));
}

static int64_t high_watermark(void)
{
    struct log_snapshot now;
    assert_int_equal(partition_log_acquire(&log_of("t", 0)->log, true, &now), KW_ERROR_NONE);
    assert_int_equal(now.last_stable_offset, now.high_watermark);
    log_snapshot_release(&now);
    return now.high_watermark;
}

/* [flush.messages] Where each append waits for the disk clients do not see what a loss of power may take, and a batch
 * that is sent again is not acknowledged before the first one is safe. */
static void clients_see_what_is_synced(void **state)
{
    (void)state;
    config.flush_messages = 1;
    make_logs();
    append_of_producer(0, 0);
    wait_for_done(1);
    assert_int_equal(high_watermark(), 1);
    file_faults_hold(FAULT_SYNC);
    append_of_producer(1, 1);
    file_faults_wait_for_held();
    append_of_producer(2, 1);
    append_of_producer(3, 2);
    assert_int_equal(done_count, 0);
    assert_int_equal(high_watermark(), 1);
    file_faults_hold(0);
    wait_for_done(3);
    assert_true(appends[2].append.is_duplicate);
    assert_int_equal(appends[2].append.base_offset, 1);
    assert_int_equal(high_watermark(), 3);
}

/* Appends a batch of a producer, again and again. */
static int16_t send_again(size_t kinds, int error)
{
    prepare_append(&appends[0], (made_batch){.count = 1, .producer_id = 5}, 0);
    change_append(&appends[0], KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    appends[0].append.done = count_done;
    file_faults_plan((unsigned)kinds, 0, error != 0, error);
    assert_false(log_append(&log_of("t", 0)->log, &appends[0].append));
    wait_for_done(1);
    file_faults_plan(0, 0, 0, 0);
    return appends[0].append.error;
}

/* Without descriptors nothing was synced: what is sent again waits for the disk as what was sent first. */
static void a_duplicate_is_synced(void **state)
{
    (void)state;
    config.flush_messages = 1;
    make_logs();
    static const char *const opened[] = {"leader-epoch", ".log", "partition.metadata"};
    int16_t errors[COUNT_OF(opened)];
    capture_start(&captured);
    for (size_t i = 0; i < COUNT_OF(opened); i++) {
        file_faults_only(opened[i]);
        errors[i] = send_again(FAULT_OPEN, EMFILE);
    }
    file_faults_only(NULL);
    (void)capture_end(&captured);
    for (size_t i = 0; i < COUNT_OF(opened); i++)
        assert_int_equal(errors[i], KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_true(appends[0].append.is_duplicate);
    assert_int_equal(synced_until("t"), 0);
    file_faults_record(FAULT_SYNC);
    assert_int_equal(send_again(0, 0), KW_ERROR_NONE);
    assert_true(appends[0].append.is_duplicate);
    assert_int_equal(count_of("sync /d1/t-0/00000000000000000000.log"), 1);
    assert_int_equal(synced_until("t"), 1);
}

/* Of memory: pages that could not be written are lost as after any other error. */
static void a_sync_without_memory_is_not_repeated(void **state)
{
    (void)state;
    config.flush_messages = 1;
    make_logs();
    capture_start(&captured);
    file_faults_only(".log");
    assert_int_equal(send_again(FAULT_SYNC, ENOMEM), KW_ERROR_KAFKA_STORAGE_ERROR);
    file_faults_only(NULL);
    assert_non_null(strstr(capture_end(&captured), "/d1/t-0: writing to the disk: Input/output error; "));
    assert_true(atomic_load(&log_of("t", 0)->log.is_offline));
}

static void wait_for_sync(const char *topic, int64_t until)
{
    for (int i = 0; i < 5000 && synced_until(topic) < until; i++)
        clock_sleep_ms(1);
    assert_int_equal(synced_until(topic), until);
}

/* [flush.ms] of one topic, which others do not have. */
static void old_messages_are_synced(void **state)
{
    (void)state;
    make_logs();
    config.flush_ms = 20;
    assert_status(create("t", id_a, 0, any), KW_OK);
    (void)append("t", 2);
    (void)append("u", 2);
    clock_sleep_ms(21);
    sim_advance(&sim, 1000);
    wait_for_sync("t", 2);
    assert_int_equal(synced_until("u"), 0);
    file_faults_record(FAULT_SYNC);
    clock_sleep_ms(21);
    sim_advance(&sim, 1000);
    assert_string_equal(file_faults_calls(), ""); /* nothing new */
}

/* Finished segments are synced before the recovery point is written, the active one is not. */
static void finished_segments_are_synced(void **state)
{
    (void)state;
    make_logs();
    (void)append("t", 2);
    (void)append("u", 2);
    assert_int_equal(log_roll(&log_of("t", 0)->log), KW_ERROR_NONE);
    sim_advance(&sim, log_upkeep_defaults.initial_delay_ms);
    wait_for_sync("t", 2);
    assert_int_equal(synced_until("u"), 0);
    sim_advance(&sim, log_upkeep_defaults.recovery_checkpoint_ms);
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n2\nt 0 2\nu 0 0\n");
}

/* What waits when the broker stops is completed. */
static void the_end_waits_for_all(void **state)
{
    (void)state;
    make_logs();
    file_faults_hold(FAULT_SYNC);
    append_synced(0, "t");
    file_faults_wait_for_held();
    append_synced(1, "t");
    append_synced(2, "u");
    file_faults_hold(0);
    assert_true(log_upkeep_stop(&logs, 1));
    wait_for_done(3);
}

/* A log may be deleted while it waits. */
static void deleted_logs_complete(void **state)
{
    (void)state;
    make_logs();
    file_faults_hold(FAULT_SYNC);
    append_synced(0, "u");
    file_faults_wait_for_held();
    append_synced(1, "t");
    assert_true(log_manager_delete(&logs, kw_string_of("t"), id_a, 0));
    file_faults_hold(0);
    wait_for_done(2);
    assert_int_equal(appends[0].append.error, KW_ERROR_NONE);
    assert_int_equal(appends[1].append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
}

static int reset(void **state)
{
    done_count = 0;
    return set_up(state);
}

#define WITH_FILES(function) cmocka_unit_test_setup_teardown(function, reset, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(appends_share_a_sync),
        WITH_FILES(names_are_synced_once),
        WITH_FILES(a_sync_that_fails_is_not_repeated),
        WITH_FILES(so_many_messages_are_synced),
        WITH_FILES(clients_see_what_is_synced),
        WITH_FILES(a_duplicate_is_synced),
        WITH_FILES(a_sync_without_memory_is_not_repeated),
        WITH_FILES(old_messages_are_synced),
        WITH_FILES(finished_segments_are_synced),
        WITH_FILES(the_end_waits_for_all),
        WITH_FILES(deleted_logs_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
