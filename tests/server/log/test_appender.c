/* SPDX-License-Identifier: Apache-2.0 */
/* The threads that append to the logs of a slow directory, with files in memory whose writes a test holds up. */
#include "upkeep_support.h"

#include <pthread.h>

#include "log/appender.h"
#include "slow_disk.h"

enum { MANY = 20, THREADS = 4, EACH = 300 };

static struct one_append appends[MANY];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct log_append *done[MANY]; /* in this order */
static size_t done_count;

static int set_up_slow(void **state)
{
    int failed = set_up(state);
    slow_disk_start();
    has_appenders = true;
    done_count = 0;
    return failed;
}

static int tear_down_slow(void **state)
{
    file_faults_hold(0);
    log_manager_close(&logs);
    slow_disk_stop();
    return tear_down(state);
}

static void note_order(struct log_append *append)
{
    (void)pthread_mutex_lock(&lock);
    done[done_count++] = append;
    (void)pthread_cond_signal(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static void wait_until_done(size_t count)
{
    (void)pthread_mutex_lock(&lock);
    while (done_count < count)
        (void)pthread_cond_wait(&changed, &lock);
    assert_int_equal(done_count, count);
    (void)pthread_mutex_unlock(&lock);
}

/* Logs "t" and "u" of a slow directory, with `threads` for them. */
static void start_slow(int threads)
{
    open_and_start(1);
    disk_pace_init(&logs.dirs[0]->pace, &slow_disk_watch);
    logs.dirs[0]->appender->threads.limit = threads;
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_status(create("u", id_b, 0, any), KW_OK);
    open_log("t", 0);
    open_log("u", 0);
    assert_int_equal(append("u", 1), 0);
    slow_disk_set(SLOW_DISK_WRITE_MS);
    assert_int_equal(append("t", 1), 0);
    slow_disk_set(0);
}

static void append_later(size_t i, const char *topic)
{
    prepare_append(&appends[i], (made_batch){.count = 1, .timestamp = 1000, .producer_id = -1}, 0);
    appends[i].append.done = note_order;
    assert_false(log_append(&log_of(topic, 0)->log, &appends[i].append));
}

/* One of the two logs has been queued again while the other one waits: it is that one's turn. */
static void logs_take_turns(void **state)
{
    (void)state;
    start_slow(1);
    file_faults_hold(FAULT_WRITE);
    append_later(0, "t");
    file_faults_wait_for_held();
    append_later(1, "t");
    append_later(2, "u");
    append_later(3, "t");
    file_faults_hold(0);
    wait_until_done(4);
    assert_ptr_equal(done[0], &appends[0].append);
    assert_ptr_equal(done[1], &appends[2].append);
    assert_ptr_equal(done[2], &appends[1].append);
    assert_ptr_equal(done[3], &appends[3].append);
    assert_int_equal(appends[3].append.base_offset, 3);
    assert_int_equal(appends[2].append.base_offset, 1);
}

/* A disk that hangs keeps the appender's threads, and not those who append: to this directory or another one. */
static void a_disk_that_hangs(void **state)
{
    (void)state;
    static struct one_append one;
    start_slow(1);
    file_faults_hold(FAULT_WRITE);
    for (size_t i = 0; i < MANY; i++)
        append_later(i, i % 2 == 0 ? "t" : "u");
    file_faults_wait_for_held();
    assert_int_equal(done_count, 0);
    struct log_snapshot now;
    assert_int_equal(partition_log_acquire(&log_of("t", 0)->log, true, &now), KW_ERROR_NONE);
    assert_int_equal(now.high_watermark, 1);
    log_snapshot_release(&now);
    file_faults_hold(0);
    wait_until_done(MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(appends[i].append.error, KW_ERROR_NONE);
        assert_int_equal(appends[i].append.base_offset, 1 + i / 2);
    }
    slow_disk_pass(DISK_SLOW_FOR_MS);
    prepare_append(&one, (made_batch){.count = 1, .producer_id = -1}, 0);
    one.append.done = note_order;
    done_count = 0;
    if (!log_append(&log_of("t", 0)->log, &one.append)) /* the thread may not have ended its turn yet */
        wait_until_done(1);
    assert_int_equal(one.append.base_offset, 1 + MANY / 2);
}

/* What is queued when the broker stops is appended and answered, and the directory is clean. */
static void an_orderly_stop(void **state)
{
    (void)state;
    start_slow(2);
    for (size_t i = 0; i < MANY; i++)
        append_later(i, i % 2 == 0 ? "t" : "u");
    assert_true(log_upkeep_stop(&logs, 1));
    assert_int_equal(done_count, MANY);
    assert_true(file_exists("/d1/.kafka_cleanshutdown"));
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n2\nt 0 11\nu 0 11\n");
}

/* Synced appends go on to the flusher. */
static void appends_that_are_synced(void **state)
{
    (void)state;
    start_slow(2);
    prepare_append(&appends[0], (made_batch){.count = 1, .timestamp = 1000, .producer_id = -1}, 0);
    appends[0].append.done = note_order;
    appends[0].append.want = APPEND_SYNCED;
    assert_false(log_append(&log_of("t", 0)->log, &appends[0].append));
    wait_until_done(1);
    assert_int_equal(atomic_load(&log_of("t", 0)->synced_until), 2);
}

/* The log lives as long as the appender has it. */
static void a_log_that_is_deleted(void **state)
{
    (void)state;
    start_slow(1);
    file_faults_hold(FAULT_WRITE);
    append_later(0, "u");
    file_faults_wait_for_held();
    append_later(1, "t");
    struct partition_log *log = log_manager_find(&logs, kw_string_of("t"), any, 0);
    assert_true(log_map_remove(&logs.map, managed_log_of(log)));
    log_release(log); /* the map's */
    log_release(log);
    file_faults_hold(0);
    wait_until_done(2);
    assert_int_equal(appends[1].append.error, KW_ERROR_NONE);
}

/* ---- without threads ---- */

static size_t again;

static void append_again(struct log_append *append)
{
    if (again-- != 0)
        assert_false(log_append(&log_of("t", 0)->log, append));
}

/* Where none can be started the caller does it, one round after the other. */
static void no_threads(void **state)
{
    (void)state;
    start_slow(0);
    again = 20000;
    append_later(0, "u");
    assert_int_equal(done_count, 1);
    prepare_append(&appends[1], (made_batch){.count = 1, .timestamp = 1000, .producer_id = -1}, 0);
    appends[1].append.done = append_again;
    assert_false(log_append(&log_of("t", 0)->log, &appends[1].append));
    assert_int_equal(again, SIZE_MAX);
    assert_int_equal(appends[1].append.base_offset, 20001);
}

/* ---- many threads ---- */

static atomic_bool is_finished;

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_done;
};

static void wake(struct log_append *append)
{
    struct waiter *w = append->context;
    (void)pthread_mutex_lock(&w->lock);
    w->is_done = true;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

/* One batch after the other, each with the next sequence: NULL if one is refused, or not behind the one before. */
static void *produce(void *context)
{
    struct one_append *one = context;
    int64_t producer = one - appends, last = -1;
    struct partition_log *log = &log_of(producer % 2 == 0 ? "t" : "u", 0)->log;
    struct waiter w = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    for (int32_t i = 0; i < EACH; i++) {
        change_append(one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)i, 4);
        one->append.done = wake;
        one->append.context = &w;
        w.is_done = false;
        bool is_done = log_append(log, &one->append);
        (void)pthread_mutex_lock(&w.lock);
        while (!is_done && !w.is_done)
            (void)pthread_cond_wait(&w.changed, &w.lock);
        (void)pthread_mutex_unlock(&w.lock);
        if (one->append.error != KW_ERROR_NONE || one->append.is_duplicate || one->append.base_offset <= last)
            return NULL;
        last = one->append.base_offset;
    }
    return one;
}

/* The disk is slow, and fast again, all the time. */
static void *disturb(void *context)
{
    while (!atomic_load(&is_finished)) {
        slow_disk_set(SLOW_DISK_WRITE_MS);
        clock_sleep_ms(1);
        slow_disk_set(0);
        slow_disk_pass(DISK_SLOW_FOR_MS + SLOW_DISK_WRITE_MS);
        clock_sleep_ms(1);
    }
    return context;
}

static void many_threads(void **state)
{
    (void)state;
    pthread_t producers[THREADS], disturber;
    void *result;
    config.segment_bytes = 100 * KW_BATCH_V2_RECORDS;
    start_slow(2);
    atomic_store(&is_finished, false);
    assert_int_equal(pthread_create(&disturber, NULL, disturb, NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
        prepare_append(&appends[i], (made_batch){.count = 1, .timestamp = 1000, .producer_id = (int64_t)i}, 0);
        change_append(&appends[i], KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
        assert_int_equal(pthread_create(&producers[i], NULL, produce, &appends[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(producers[i], &result), 0);
        assert_non_null(result);
    }
    atomic_store(&is_finished, true);
    assert_int_equal(pthread_join(disturber, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        struct log_snapshot now;
        bool valid;
        assert_int_equal(partition_log_acquire(&log_of(i == 0 ? "t" : "u", 0)->log, true, &now), KW_ERROR_NONE);
        assert_int_equal(now.log_end_offset, 1 + THREADS / 2 * EACH);
        assert_status(log_check(&now, CHECK_CRC, NULL, &valid), KW_OK);
        assert_true(valid);
        log_snapshot_release(&now);
    }
    assert_true(log_upkeep_stop(&logs, 1));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_slow, tear_down_slow)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(logs_take_turns),       CASE(a_disk_that_hangs), CASE(an_orderly_stop), CASE(appends_that_are_synced),
        CASE(a_log_that_is_deleted), CASE(no_threads),        CASE(many_threads),
    };
    return cmocka_run_group_tests_name("appender", tests, NULL, NULL);
}
