/* SPDX-License-Identifier: Apache-2.0 */
/* A shard whose log waits for the disk with each append: what it has afterwards, and after a start, where a sync has
 * failed. Files are in memory, and are synced when a test says so. */
#include "shard_support.h"

#include "../support/captured.h"
#include "../support/file_faults.h"

#include "base/file_memory.h"
#include "coordinator/shard_load.h"
#include "log/flusher.h"

enum { MEMORY = 16 * 1024 * 1024, STEP = 300, LIMIT = 100000 };

#define FOLDER "/d/toy-0"

static struct segment_cache cache;
static struct managed_log managed;
static struct log_config config;
static struct captured captured;
static struct log_append *unsynced;

static void note_unsynced(const struct log_syncer *syncer, struct partition_log *log, struct log_append *append,
                          int64_t until)
{
    (void)syncer;
    (void)until;
    assert_ptr_equal(log, &managed.log);
    assert_null(unsynced);
    unsynced = append;
}

static void sync_log(void)
{
    struct log_append *append = unsynced;
    assert_non_null(append);
    unsynced = NULL;
    append->error = flusher_sync(&managed);
    append->done(append);
    sim_settle(&sim);
}

/* `check` of one that was not closed in order is not 0. */
static void open_managed(unsigned check)
{
    static const struct log_syncer syncer = {note_unsynced};
    const struct partition_log what = {
        .folder = FOLDER, .config = &config, .syncer = &syncer, .start_offset = -1, .check = check};
    memset(&managed, 0, sizeof managed);
    fill_with_garbage(&cache, sizeof cache);
    assert_true(segment_cache_init(&cache));
    assert_true(partition_log_init(&managed.log, &what, &cache));
}

static void close_managed(void)
{
    segment_cache_finish(&cache);
    partition_log_finish(&managed.log);
}

static void renew_shard(void)
{
    end_shard();
    memset(&toy, 0, sizeof toy);
    toy.unloaded = &unloaded;
    released = unloaded = 0;
    make_shard();
    shard.options.sink = shard.log.options.sink = shard_sink_of(&managed.log);
}

static bool load(void)
{
    return shard_load(&shard, &managed.log, STEP, LIMIT);
}

static int set_up_log(void **state)
{
    assert_int_equal(set_up(state), 0);
    if (!file_memory_start(MEMORY))
        return -1;
    file_layer_use(&file_layer_memory);
    file_faults_start();
    assert_true(folder_create("/d") && folder_create(FOLDER));
    log_config_init(&config);
    config.flush_messages = 1;
    unsynced = NULL;
    open_managed(0);
    renew_shard();
    assert_true(load());
    return 0;
}

static int tear_down_log(void **state)
{
    assert_int_equal(tear_down(state), 0);
    close_managed();
    file_faults_plan(0, 0, 0, 0);
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    return forget_given(state);
}

/* As if the process had been killed. */
static void restart(void)
{
    close_managed();
    open_managed(CHECK_CRC);
    renew_shard();
}

/* Adds 1 to a counter. The log's sync fails: with EIO for good, with EMFILE since it cannot be tried. */
static int16_t add(int error)
{
    struct toy_event event;
    toy_event_init(&event, TOY_ADD, 1, &sim.executor);
    assert_false(toy_submit(&shard, &event));
    file_faults_plan(error == EIO ? FAULT_SYNC : FAULT_OPEN, 0, error != 0, error);
    file_faults_only(".log");
    capture_start(&captured);
    sync_log();
    (void)capture_end(&captured);
    file_faults_plan(0, 0, 0, 0);
    assert_int_equal(event.completed, 1);
    return event.error;
}

static int16_t read_error(void)
{
    struct toy_event event;
    toy_event_init(&event, TOY_READ, 1, &sim.executor);
    assert_true(toy_submit(&shard, &event));
    return event.error;
}

static const char *said_by_load(bool is_final)
{
    capture_start(&captured);
    bool is_done = load();
    const char *said = capture_end(&captured);
    assert_int_equal(is_done, is_final);
    return said;
}

/* ---- while it runs ---- */

/* What is in the page cache only is not there for those that ask: all of it may go with the power. */
static void what_the_disk_may_not_have_is_not_loaded(void **state)
{
    (void)state;
    assert_int_equal(add(0), KW_ERROR_NONE);
    int64_t count = toy_count(&toy, 1);
    assert_int_equal(add(EIO), KW_ERROR_NOT_COORDINATOR);
    renew_shard();
    assert_true(load());
    assert_int_equal(toy_count(&toy, 1), count);
    assert_int_equal(toy.replayed, 1);
    assert_int_equal(read_error(), KW_ERROR_NONE);
}

/* The rest is synced before it is loaded, or it is not loaded yet. */
static void what_could_not_be_synced_yet(void **state)
{
    (void)state;
    assert_int_equal(add(0), KW_ERROR_NONE);
    int64_t count = toy_count(&toy, 1);
    assert_int_equal(add(EMFILE), KW_ERROR_NOT_COORDINATOR);
    renew_shard();
    file_faults_plan(FAULT_OPEN, 0, 1, EMFILE);
    assert_non_null(strstr(said_by_load(false), "toy-0: its coordinator cannot be loaded: offset 0: its log cannot be "
                                                "synced"));
    assert_int_equal(read_error(), KW_ERROR_NOT_COORDINATOR);
    renew_shard();
    assert_true(load());
    assert_int_equal(toy_count(&toy, 1), count + 1);
    assert_int_equal(add(0), KW_ERROR_NONE);
    assert_int_equal(toy_count(&toy, 1), count + 2);
}

/* Without waiting for the disk all that is in the log counts. */
static void where_appends_do_not_wait(void **state)
{
    (void)state;
    struct toy_event event;
    config.flush_messages = INT64_MAX;
    toy_event_init(&event, TOY_ADD, 1, &sim.executor);
    assert_true(toy_submit(&shard, &event));
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    capture_start(&captured);
    assert_int_equal(flusher_sync(&managed), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(capture_end(&captured), FOLDER ": writing"));
    renew_shard();
    assert_true(load());
    assert_int_equal(toy.replayed, 1);
}

/* ---- after a start ---- */

static void a_start_syncs_what_is_loaded(void **state)
{
    (void)state;
    assert_int_equal(add(0), KW_ERROR_NONE);
    assert_int_equal(add(EIO), KW_ERROR_NOT_COORDINATOR);
    restart();
    file_faults_record(FAULT_SYNC);
    assert_true(load());
    assert_non_null(strstr(file_faults_calls(), "sync " FOLDER "/00000000000000000000.log\n"));
    assert_int_equal(toy.replayed, 2);
    file_faults_record(FAULT_SYNC);
    assert_int_equal(add(0), KW_ERROR_NONE);
}

/* It would be what another one has decided on, or what is no longer there after a loss of power. */
static void a_start_that_cannot_sync(void **state)
{
    (void)state;
    assert_int_equal(add(0), KW_ERROR_NONE);
    assert_int_equal(add(EIO), KW_ERROR_NOT_COORDINATOR);
    restart();
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    file_faults_only(".log");
    const char *said = said_by_load(true);
    assert_non_null(strstr(said, FOLDER ": "));
    assert_non_null(strstr(said, ": writing to the disk what was recovered: Input/output error; the partition stays "
                                 "closed until the next start\n"));
    assert_non_null(strstr(said, "toy-0: its coordinator cannot be loaded: offset 0: its log cannot be opened"));
    assert_int_equal(read_error(), KW_ERROR_NOT_COORDINATOR);
    renew_shard();
    assert_null(strstr(said_by_load(true), FOLDER)); /* said once */
    restart();
    assert_true(load());
    assert_int_equal(toy.replayed, 2);
}

/* Whichever file cannot be opened. The first attempt fails there, and the second one at its beginning. */
static void a_start_that_cannot_sync_yet(void **state)
{
    (void)state;
    bool has_failed = true;
    assert_int_equal(add(0), KW_ERROR_NONE);
    for (size_t pass = 0; has_failed; pass++) {
        restart();
        file_faults_plan(FAULT_OPEN, pass, 2, EMFILE);
        file_faults_only(".log");
        capture_start(&captured);
        bool is_done = load();
        const char *said = capture_end(&captured);
        has_failed = file_faults.fail == 0;
        assert_int_equal(is_done, !has_failed);
        assert_int_equal(strstr(said, "its log cannot be opened") != NULL, has_failed);
        file_faults_plan(0, 0, 0, 0);
        if (has_failed) {
            renew_shard();
            assert_true(load());
        }
        assert_int_equal(toy.replayed, 1);
        assert_true(has_failed ? pass < 10 : pass >= 1);
    }
    assert_int_equal(add(0), KW_ERROR_NONE);
}

#define SYNC_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_log, tear_down_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SYNC_TEST(what_the_disk_may_not_have_is_not_loaded),
        SYNC_TEST(what_could_not_be_synced_yet),
        SYNC_TEST(where_appends_do_not_wait),
        SYNC_TEST(a_start_syncs_what_is_loaded),
        SYNC_TEST(a_start_that_cannot_sync),
        SYNC_TEST(a_start_that_cannot_sync_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
