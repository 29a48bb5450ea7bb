/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_change FOLDER   in which it makes folders of its own */
#include "append_support.h"

#include <errno.h>

#include "../support/captured.h"
#include "base/clock.h"
#include "base/file_layer.h"
#include "log/log_change.h"

enum { ONE = KW_BATCH_V2_RECORDS + 10 };

static const char *root;
static struct one_append one;
static struct log_folder f;
static struct log_config config;

static int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "change-0");
    log_config_init(&config);
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

static size_t size_of_file(const char *name)
{
    struct file_facts facts;
    return file_look(join(f.path, name).text, &facts) == KW_OK ? facts.size : SIZE_MAX;
}

static void assert_file_text(const char *name, const char *text)
{
    kw_bytes bytes = read_file(join(f.path, name).text);
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, strlen(text));
}

/* ---- files that are synced ---- */

static struct {
    struct file_layer layer;
    const struct file_layer *real;
    int syncs, folders, sync_error;
} disk;

static kw_status count_sync(struct file *file)
{
    disk.syncs++;
    if (disk.sync_error == 0)
        return disk.real->sync(file);
    errno = disk.sync_error;
    return KW_ERR_FILE;
}

static kw_status count_folder(const char *path)
{
    disk.folders++;
    return disk.real->sync_folder(path);
}

static void watch_disk(void)
{
    memset(&disk, 0, sizeof disk);
    disk.real = file_layer_in_use();
    disk.layer = *disk.real;
    disk.layer.sync = count_sync;
    disk.layer.sync_folder = count_folder;
    file_layer_use(&disk.layer);
}

static int tear_down_disk(void **state)
{
    file_layer_use(disk.real);
    return tear_down(state);
}

/* ---- epochs and segments ---- */

static void test_start_epoch(void **state)
{
    (void)state;
    int64_t until;
    look();
    append(1);
    assert_int_equal(log_start_epoch(&f.log, 3), KW_ERROR_NONE);
    assert_int_equal(log_start_epoch(&f.log, 3), KW_ERROR_NONE);
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_NONE);
    assert_file_text("leader-epoch-checkpoint", "0\n2\n0 0\n3 1\n");
    struct log_snapshot log = log_folder_open(&f);
    assert_int_equal(log.contents->epochs.len, 2);
    assert_int_equal(log.log_end_offset, 1);
    log_snapshot_release(&log);
}

static void test_roll(void **state)
{
    (void)state;
    look();
    assert_int_equal(log_roll(&f.log), KW_ERROR_NONE); /* nothing is in it yet */
    assert_int_equal(size_of_file("00000000000000000000.log"), 0);
    append(1);
    assert_int_equal(log_roll(&f.log), KW_ERROR_NONE);
    assert_int_equal(log_roll(&f.log), KW_ERROR_NONE);
    append(1);
    assert_int_equal(size_of_file("00000000000000000000.log"), ONE);
    assert_int_equal(size_of_file("00000000000000000001.log"), ONE);
    assert_int_equal(size_of_file("00000000000000000001.snapshot"), 10);
}

/* ---- deleted records ---- */

static void test_delete_records(void **state)
{
    (void)state;
    int64_t start, until;
    look();
    static const int32_t epochs[] = {0, 0, 4, 4, 5};
    for (size_t i = 0; i < COUNT_OF(epochs); i++) {
        prepare_append(&one, (made_batch){.count = 1, .producer_id = -1}, 0);
        one.append.leader_epoch = epochs[i];
        assert_true(log_append(&f.log, &one.append));
    }
    assert_int_equal(log_delete_records(&f.log, 6, &start), KW_ERROR_OFFSET_OUT_OF_RANGE);
    assert_int_equal(start, -1);
    assert_int_equal(log_delete_records(&f.log, 3, &start), KW_ERROR_NONE);
    assert_int_equal(start, 3);
    assert_int_equal(look().log_start_offset, 3);
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_NONE);
    assert_file_text("leader-epoch-checkpoint", "0\n2\n4 3\n5 4\n");
    assert_int_equal(log_delete_records(&f.log, 1, &start), KW_ERROR_NONE);
    assert_int_equal(start, 3);
    assert_int_equal(log_delete_records(&f.log, -1, &start), KW_ERROR_NONE);
    assert_int_equal(start, 5);
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_NONE);
    assert_file_text("leader-epoch-checkpoint", "0\n1\n5 5\n");
    assert_int_equal(append(1).log_start_offset, 5);
}

/* ---- the disk ---- */

static void test_sync(void **state)
{
    (void)state;
    int64_t until = 0;
    watch_disk();
    look();
    append(1);
    append(1);
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_NONE);
    assert_int_equal(until, 2);
    assert_int_equal(disk.syncs, 1 + 1); /* the leader epochs first */
    assert_int_equal(disk.folders, 2);
    assert_int_equal(log_sync(&f.log, 2, &until), KW_ERROR_NONE); /* nothing is new */
    assert_int_equal(disk.syncs, 2);
    append(1);
    assert_int_equal(log_sync(&f.log, 2, &until), KW_ERROR_NONE);
    assert_int_equal(until, 3);
    assert_int_equal(disk.syncs, 3);
    assert_int_equal(disk.folders, 2);
    log_roll(&f.log);
    append(1);
    assert_int_equal(log_sync(&f.log, 3, &until), KW_ERROR_NONE);
    assert_int_equal(disk.syncs, 3 + 4 + 1); /* the first one has got its indexes since */
    assert_int_equal(disk.folders, 3);
}

/* Of a finished segment the indexes as well, and the snapshot behind it. */
static void test_sync_finished(void **state)
{
    (void)state;
    int64_t until;
    watch_disk();
    look();
    append(1);
    append(1);
    log_roll(&f.log);
    append(1);
    assert_int_equal(log_sync(&f.log, 1, &until), KW_ERROR_NONE);
    assert_int_equal(disk.syncs, 1 + 4 + 1);
}

static void test_sync_failure(void **state)
{
    (void)state;
    static struct captured captured;
    int64_t until;
    watch_disk();
    look();
    append(1);
    disk.sync_error = EIO;
    capture_start(&captured);
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(capture_end(&captured), "not written to until the next start"));
    disk.sync_error = 0;
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_KAFKA_STORAGE_ERROR); /* it is not tried again */
    assert_int_equal(append(1).error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(read_from(&f, 0).len, ONE);
}

static void test_sync_of_a_log_that_does_not_open(void **state)
{
    (void)state;
    int64_t until;
    partition_log_set_aside(&f.log);
    assert_int_equal(log_sync(&f.log, 0, &until), KW_ERROR_KAFKA_STORAGE_ERROR);
}

static void test_append_synced(void **state)
{
    (void)state;
    static struct captured captured;
    watch_disk();
    look();
    prepare_append(&one, (made_batch){.count = 1, .producer_id = -1}, 0);
    one.append.want = APPEND_SYNCED;
    assert_true(log_append(&f.log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
    assert_int_equal(disk.syncs, 1 + 1);
    disk.sync_error = EIO;
    capture_start(&captured);
    assert_true(log_append(&f.log, &one.append));
    (void)capture_end(&captured);
    assert_int_equal(one.append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
}

static void test_flush_messages(void **state)
{
    (void)state;
    watch_disk();
    config.flush_messages = 3;
    look();
    static const int syncs[] = {0, 0, 2, 2, 2, 4}; /* the leader epochs as well */
    for (size_t i = 0; i < COUNT_OF(syncs); i++) {
        append(1);
        assert_int_equal(disk.syncs, syncs[i]);
    }
}

struct syncer {
    struct log_syncer syncer;
    struct log_append *append;
    int64_t until;
};

static void remember(const struct log_syncer *syncer, struct partition_log *log, struct log_append *append,
                     int64_t until)
{
    struct syncer *s = (struct syncer *)(uintptr_t)syncer;
    assert_ptr_equal(log, &f.log);
    s->append = append;
    s->until = until;
}

/* Somebody else syncs; until then the append is not done. */
static void test_syncer(void **state)
{
    (void)state;
    struct syncer s = {.syncer = {remember}};
    look();
    f.log.syncer = &s.syncer;
    append(1);
    assert_null(s.append);
    prepare_append(&one, (made_batch){.count = 2, .producer_id = -1}, 0);
    one.append.want = APPEND_SYNCED;
    assert_false(log_append(&f.log, &one.append));
    assert_false(one.was_called);
    assert_ptr_equal(s.append, &one.append);
    assert_int_equal(s.until, 3);
    assert_int_equal(one.append.base_offset, 1);
}

/* ---- the end ---- */

static void test_close(void **state)
{
    (void)state;
    int64_t until;
    watch_disk();
    config.index_interval_bytes = 0;
    look();
    append(100);
    append(300);
    append(200);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    assert_int_equal(until, 3);
    assert_int_equal(size_of_file("00000000000000000000.index"), 2 * KW_OFFSET_ENTRY_SIZE);
    assert_int_equal(size_of_file("00000000000000000000.timeindex"), KW_TIME_ENTRY_SIZE);
    assert_int_equal(size_of_file("00000000000000000003.snapshot"), 10);
    assert_true(disk.syncs >= 4);
    assert_int_equal(append(1).error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(read_from(&f, 1).len, 2 * ONE);
    log_folder_reopen(&f);
    struct log_snapshot log = log_folder_open(&f);
    bool valid;
    assert_status(log_check(&log, CHECK_CRC | CHECK_INDEXES, NULL, &valid), KW_OK);
    assert_true(valid);
    log_snapshot_release(&log);
    assert_int_equal(append(400).base_offset, 3);
    assert_int_equal(look().active_max_timestamp, 400);
}

/* Without records there is no state of producers: Kafka has no snapshot of that, either. */
static void test_close_without_records(void **state)
{
    (void)state;
    int64_t until, start;
    look();
    append(100);
    append(200);
    assert_int_equal(log_delete_records(&f.log, 2, &start), KW_ERROR_NONE);
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    assert_int_equal(until, 2);
    assert_int_equal(size_of_file("00000000000000000000.timeindex"), KW_TIME_ENTRY_SIZE);
    assert_int_equal(size_of_file("00000000000000000002.snapshot"), SIZE_MAX);
}

/* Nothing has been written: the files stay as they are. */
static void test_close_unused(void **state)
{
    (void)state;
    int64_t until;
    look();
    assert_int_equal(log_close(&f.log, 0, &until), KW_ERROR_NONE);
    assert_int_equal(size_of_file("00000000000000000000.log"), SIZE_MAX);
}

static void test_expire(void **state)
{
    (void)state;
    look();
    append_sequence(&f, (made_batch){.count = 1, .timestamp = 1000, .producer_id = 7}, 5);
    log_expire_producers(&f.log, 1000 + 24 * 60 * 60 * 1000 - 1);
    assert_true(append_sequence(&f, (made_batch){.count = 1, .timestamp = 1000, .producer_id = 7}, 5).is_duplicate);
    log_expire_producers(&f.log, 1000 + 24 * 60 * 60 * 1000);
    assert_false(append_sequence(&f, (made_batch){.count = 1, .timestamp = 1000, .producer_id = 7}, 5).is_duplicate);
}

static void check_producers(void)
{
    kw_arena arena;
    kw_producer_state *producers;
    size_t count;
    kw_arena_init(&arena, NULL, 0);
    assert_int_equal(log_list_producers(&f.log, &arena, &producers, &count), KW_ERROR_KAFKA_STORAGE_ERROR);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 4096);
    assert_int_equal(log_list_producers(&f.log, &arena, &producers, &count), KW_ERROR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(producers[0].producer_id, 7);
    kw_arena_finish(&arena);
}

/* Of a log that is written to, and of one that is only read. */
static void test_list_producers(void **state)
{
    (void)state;
    look();
    append_sequence(&f, (made_batch){.count = 1, .timestamp = clock_wall_ms(), .producer_id = 7}, 5);
    check_producers();
    partition_log_configure(&f.log, NULL);
    log_folder_reopen(&f);
    check_producers();
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down_disk)

/* As in Kafka nothing below the log's start is waited for, also after a start. */
static void test_transaction_that_starts_below_the_log(void **state)
{
    (void)state;
    const made_batch open = {
        .count = 2, .timestamp = clock_wall_ms(), .producer_id = 7, .attributes = KW_ATTRIBUTE_TRANSACTIONAL};
    int64_t start;
    look();
    assert_int_equal(append_sequence(&f, open, 0).error, KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 0);
    assert_int_equal(log_delete_records(&f.log, 1, &start), KW_ERROR_NONE);
    assert_int_equal(look().last_stable_offset, 1);
    log_folder_reopen(&f);
    f.log.start_offset = start;
    struct log_snapshot log = look();
    assert_int_equal(log.log_start_offset, 1);
    assert_int_equal(log.last_stable_offset, 1);
    assert_int_equal(log.log_end_offset, 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(test_start_epoch),
        CASE(test_roll),
        CASE(test_delete_records),
        ON_DISK(test_sync),
        ON_DISK(test_sync_finished),
        ON_DISK(test_sync_failure),
        CASE(test_sync_of_a_log_that_does_not_open),
        ON_DISK(test_append_synced),
        ON_DISK(test_flush_messages),
        CASE(test_syncer),
        ON_DISK(test_close),
        ON_DISK(test_close_without_records),
        CASE(test_close_unused),
        CASE(test_expire),
        CASE(test_list_producers),
        CASE(test_transaction_that_starts_below_the_log),
    };
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
