/* SPDX-License-Identifier: Apache-2.0 */
/* A log directory that fails while the broker runs is offline as a whole, but for the one with the metadata; a full
 * disk is no failure. */
#include "upkeep_support.h"

static unsigned failures;
static struct log_dir *failed;

static void note_failure(void *context, struct log_dir *dir)
{
    assert_ptr_equal(context, &failures);
    failures++;
    failed = dir;
}

/* Partition 0 of topics "a" and "b" in the first and in the second directory, open, with a record each; "c" is another
 * one in the second. */
static int set_up_dirs(void **state)
{
    static const struct log_dir_listener listener = {note_failure, &failures};
    if (set_up(state) != 0)
        return -1;
    failures = 0;
    failed = NULL;
    open_dirs(2);
    logs.dirs[0]->id = id_a;
    logs.dirs[1]->id = id_b;
    start();
    log_manager_listen(&logs, &listener);
    assert_status(create("a", id_a, 0, id_a), KW_OK);
    assert_status(create("b", id_b, 0, id_b), KW_OK);
    assert_status(create("c", id_b, 0, id_b), KW_OK);
    open_log("a", 0);
    open_log("b", 0);
    open_log("c", 0);
    assert_int_equal(append("a", 1), 0);
    assert_int_equal(append("b", 1), 0);
    return 0;
}

static int16_t try_append(const char *topic, enum append_want want)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = 1000, .producer_id = -1}, 0);
    one.append.want = want;
    log_of(topic, 0)->log.syncer = NULL; /* it syncs here and now */
    assert_true(log_append(&log_of(topic, 0)->log, &one.append));
    return one.append.error;
}

static int16_t try_read(const char *topic)
{
    struct log_snapshot log;
    struct log_slice slice;
    int16_t error = partition_log_acquire(&log_of(topic, 0)->log, false, &log);
    if (error != KW_ERROR_NONE)
        return error;
    const struct log_read_request request = {.offset = 0, .end = log.high_watermark, .max_bytes = INT32_MAX};
    error = log_read(&log_of(topic, 0)->log, &log, &request, &slice);
    if (error == KW_ERROR_NONE && slice.segment != NULL)
        segment_release(slice.segment);
    log_snapshot_release(&log);
    return error;
}

static bool is_offline(const char *topic)
{
    return log_manager_is_offline(&logs, kw_string_of(topic), any, 0);
}

static void assert_second_failed(void)
{
    assert_int_equal(failures, 1);
    assert_ptr_equal(failed, logs.dirs[1]);
    assert_true(log_dir_is_offline(logs.dirs[1]));
    assert_false(log_dir_is_offline(logs.dirs[0]));
    assert_true(is_offline("b"));
    assert_true(is_offline("c"));
    assert_false(is_offline("a"));
    assert_int_equal(try_append("b", APPEND_WRITTEN), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(try_append("c", APPEND_WRITTEN), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(try_read("b"), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(try_read("c"), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(try_append("a", APPEND_WRITTEN), KW_ERROR_NONE);
    assert_int_equal(try_read("a"), KW_ERROR_NONE);
    assert_int_equal(failures, 1);
}

static int16_t append_with(const char *topic, unsigned kinds, int error, enum append_want want)
{
    file_faults_plan(kinds, 0, FAULT_FOREVER, error);
    int16_t result = try_append(topic, want);
    file_faults_plan(0, 0, 0, 0);
    return result;
}

static void a_write_fails(void **state)
{
    (void)state;
    kw_producer_state *producers;
    size_t count;
    capture_start(&captured);
    int16_t error = append_with("b", FAULT_WRITE, EIO, APPEND_WRITTEN);
    const char *said = capture_end(&captured);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(said, " /d2/b-0: appending records: Input/output error\n"));
    assert_non_null(strstr(said, " /d2: this log directory is offline, with all its partitions, until the next start"));
    assert_second_failed();
    assert_int_equal(log_list_producers(&log_of("c", 0)->log, &arena, &producers, &count),
                     KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_false(log_manager_is_offline(&logs, kw_string_of("b"), id_a, 0)); /* another topic */
    assert_false(is_offline("none"));
}

static void a_sync_fails(void **state)
{
    (void)state;
    capture_start(&captured);
    int16_t error = append_with("b", FAULT_SYNC, EIO, APPEND_SYNCED);
    (void)capture_end(&captured);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_second_failed();
}

/* A segment that cannot be read, of a log that is open. */
static void a_read_fails(void **state)
{
    (void)state;
    file_faults_plan(FAULT_MAP, 0, FAULT_FOREVER, EIO);
    capture_start(&captured);
    int16_t error = try_read("b");
    const char *said = capture_end(&captured);
    file_faults_plan(0, 0, 0, 0);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(said, "/d2/b-0/00000000000000000000.log"));
    assert_second_failed();
}

/* A log that cannot be opened. */
static void opening_fails(void **state)
{
    (void)state;
    assert_status(create("d", id_b, 0, id_b), KW_OK);
    file_faults_plan(FAULT_LIST, 0, FAULT_FOREVER, EIO);
    capture_start(&captured);
    int16_t error = try_read("d");
    (void)capture_end(&captured);
    file_faults_plan(0, 0, 0, 0);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_second_failed();
}

static void a_checkpoint_fails(void **state)
{
    (void)state;
    file_faults_plan(FAULT_CHANGES, 0, FAULT_FOREVER, EIO);
    file_faults_only("/d2/");
    capture_start(&captured);
    log_upkeep_checkpoint(&logs);
    const char *said = capture_end(&captured);
    file_faults_only(NULL);
    file_faults_plan(0, 0, 0, 0);
    assert_non_null(strstr(said, " /d2/recovery-point-offset-checkpoint: Input/output error"));
    assert_null(strstr(said, "log-start-offset-checkpoint"));
    assert_second_failed();
    assert_true(file_exists("/d1/recovery-point-offset-checkpoint"));
}

/* The new log goes to another directory, as the metadata does not say where it is. */
static void creation_fails(void **state)
{
    (void)state;
    assert_status(create("d", id_a, 0, id_a), KW_OK);
    assert_status(create("d", id_a, 1, id_a), KW_OK); /* so that the second directory has fewer logs */
    file_faults_plan(FAULT_CREATE_FOLDER, 0, FAULT_FOREVER, EIO);
    file_faults_only("/d2/");
    capture_start(&captured);
    kw_status status = create("d", id_a, 2, any);
    const char *said = capture_end(&captured);
    file_faults_only(NULL);
    file_faults_plan(0, 0, 0, 0);
    assert_non_null(strstr(said, " /d2/d-2: a new partition: Input/output error\n"));
    assert_status(status, KW_OK);
    assert_string_equal(log_of("d", 2)->log.folder, "/d1/d-2");
    assert_second_failed();
}

static void deletion_fails(void **state)
{
    (void)state;
    assert_status(create("d", id_b, 0, id_b), KW_OK);
    file_faults_plan(FAULT_RENAME, 0, FAULT_FOREVER, EIO);
    capture_start(&captured);
    bool deleted = log_manager_delete(&logs, kw_string_of("d"), id_b, 0);
    (void)capture_end(&captured);
    file_faults_plan(0, 0, 0, 0);
    assert_false(deleted);
    assert_second_failed();
}

/* What is deleted meanwhile keeps its folder, and gets another one if it is created again. */
static void topics_are_deleted_meanwhile(void **state)
{
    (void)state;
    capture_start(&captured);
    (void)append_with("b", FAULT_WRITE, EIO, APPEND_WRITTEN);
    (void)capture_end(&captured);
    assert_false(log_manager_delete(&logs, kw_string_of("b"), id_b, 0));
    assert_string_equal(names_in("/d2"), "b-0 c-0 ");
    assert_status(create("b", id_a, 0, any), KW_OK);
    assert_string_equal(log_of("b", 0)->log.folder, "/d1/b-0");
    open_log("b", 0);
    assert_int_equal(append("b", 2), 0);
    assert_false(is_offline("b"));
}

static void watch(void *context)
{
    ++*(int *)context;
}

static void who_waits_is_woken(void **state)
{
    (void)state;
    int calls[3] = {0};
    static const char *const topics[] = {"a", "b", "c"};
    struct log_watcher watchers[3];
    for (size_t i = 0; i < 3; i++) {
        watchers[i] = (struct log_watcher){.callback = watch, .context = &calls[i]};
        partition_log_watch(&log_of(topics[i], 0)->log, &watchers[i]);
    }
    log_manager_wake(&logs, logs.dirs[1]);
    for (size_t i = 0; i < 3; i++)
        partition_log_unwatch(&log_of(topics[i], 0)->log, &watchers[i]);
    assert_int_equal(calls[0], 0);
    assert_int_equal(calls[1], 1);
    assert_int_equal(calls[2], 1);
}

/* The first directory: only the log that failed cannot be written to; it can be read. */
static void the_directory_with_the_metadata_stays(void **state)
{
    (void)state;
    assert_status(create("d", id_a, 0, id_a), KW_OK);
    open_log("d", 0);
    capture_start(&captured);
    int16_t error = append_with("a", FAULT_WRITE, EIO, APPEND_WRITTEN);
    const char *said = capture_end(&captured);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_non_null(strstr(said, "; the partition can be read, but not written to until the next start\n"));
    assert_int_equal(failures, 0);
    assert_false(log_dir_is_offline(logs.dirs[0]));
    assert_int_equal(try_append("a", APPEND_WRITTEN), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_int_equal(try_read("a"), KW_ERROR_NONE);
    assert_false(is_offline("a"));
    assert_int_equal(try_append("d", APPEND_WRITTEN), KW_ERROR_NONE);
    assert_int_equal(try_append("b", APPEND_WRITTEN), KW_ERROR_NONE);
}

/* That is no failure: it passes. */
static void a_full_disk(void **state)
{
    (void)state;
    capture_start(&captured);
    int16_t error = append_with("b", FAULT_WRITE, ENOSPC, APPEND_WRITTEN);
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    log_upkeep_checkpoint(&logs);
    kw_status created = create("d", id_b, 0, id_b);
    file_faults_plan(0, 0, 0, 0);
    (void)capture_end(&captured);
    assert_int_equal(error, KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_status(created, KW_ERR_NO_MEMORY);
    assert_int_equal(failures, 0);
    assert_int_equal(try_read("b"), KW_ERROR_NONE);
    assert_int_equal(append("b", 1), 1);
    assert_status(create("d", id_b, 0, id_b), KW_OK);
}

/* A new log goes to another directory while there is no space in the one with the fewest. */
static void a_full_disk_of_two(void **state)
{
    (void)state;
    assert_status(create("d", id_a, 0, id_a), KW_OK);
    assert_status(create("d", id_a, 1, id_a), KW_OK);
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    file_faults_only("/d2/");
    capture_start(&captured);
    kw_status status = create("d", id_a, 2, any);
    (void)capture_end(&captured);
    file_faults_only(NULL);
    file_faults_plan(0, 0, 0, 0);
    assert_status(status, KW_OK);
    assert_string_equal(log_of("d", 2)->log.folder, "/d1/d-2");
    assert_int_equal(failures, 0);
    assert_string_equal(names_in("/d2"), "b-0 c-0 ");
}

/* A name that cannot be used says nothing about the disk. */
static void a_folder_exists(void **state)
{
    (void)state;
    put("/d2/d-0", "a file");
    capture_start(&captured);
    kw_status status = create("d", id_b, 0, id_b);
    (void)capture_end(&captured);
    assert_status(status, KW_ERR_FILE);
    assert_int_equal(failures, 0);
}

/* The others stop in an orderly way; this one is checked at the next start, and has what it had. */
static void the_next_start(void **state)
{
    (void)state;
    capture_start(&captured);
    (void)append_with("b", FAULT_WRITE, EIO, APPEND_WRITTEN);
    bool stopped = log_upkeep_stop(&logs, 7);
    (void)capture_end(&captured);
    assert_true(stopped);
    assert_true(file_exists("/d1/.kafka_cleanshutdown"));
    assert_false(file_exists("/d2/.kafka_cleanshutdown"));
    log_manager_close(&logs);
    open_dirs(2);
    assert_true(logs.dirs[0]->was_clean);
    assert_false(logs.dirs[1]->was_clean);
    assert_int_equal(log_manager_clean_epoch(&logs), -1);
    start();
    assert_status(create("b", id_b, 0, id_b), KW_OK);
    open_log("b", 0);
    assert_int_equal(append("b", 1), 1);
}

/* ---- what came back ---- */

static kw_uuid wanted;

static bool find_wanted(void *context, kw_string topic, int32_t partition, kw_uuid *id)
{
    (void)context;
    (void)topic;
    (void)partition;
    *id = wanted;
    return !kw_uuid_is_zero(wanted);
}

static const char text_a[] = "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA";
static const char text_b[] = "version: 0\ntopic_id: CwEAAAAAAAAAAAAAAAAAAA";

static void keep_of(const char *first, const char *second, kw_uuid topic_id)
{
    assert_true(folder_create("/d1/t-0"));
    assert_true(folder_create("/d2/t-0"));
    put("/d1/t-0/partition.metadata", first);
    put("/d2/t-0/partition.metadata", second);
    open_dirs(2);
    assert_int_equal(logs.rival_count, 1);
    wanted = topic_id;
    capture_start(&captured);
    log_manager_keep(&logs, find_wanted, NULL);
    (void)capture_end(&captured);
    assert_int_equal(logs.rival_count, 0);
    start();
}

/* Two directories have a folder of one name, of different topics. */
static void keep(kw_uuid topic_id)
{
    keep_of(text_a, text_b, topic_id);
}

static void the_first_of_two_is_kept(void **state)
{
    (void)state;
    keep(id_a);
    assert_string_equal(log_of("t", 0)->log.folder, "/d1/t-0");
    assert_non_null(folder_like("/d2", "t-0.", "-stray"));
    assert_null(folder_like("/d1", "t-0.", "-stray"));
    assert_int_equal(atomic_load(&logs.dirs[0]->log_count), 1);
    assert_int_equal(atomic_load(&logs.dirs[1]->log_count), 0);
}

static void the_second_of_two_is_kept(void **state)
{
    (void)state;
    keep(id_b);
    assert_string_equal(log_of("t", 0)->log.folder, "/d2/t-0");
    assert_ptr_equal(log_of("t", 0)->log.dir, logs.dirs[1]);
    assert_non_null(folder_like("/d1", "t-0.", "-stray"));
    assert_int_equal(atomic_load(&logs.dirs[0]->log_count), 0);
    assert_int_equal(atomic_load(&logs.dirs[1]->log_count), 1);
    assert_status(create("t", id_b, 0, any), KW_OK);
    open_log("t", 0);
    assert_int_equal(append("t", 1), 0);
}

static void none_of_two_is_kept(void **state)
{
    (void)state;
    keep(any);
    assert_non_null(folder_like("/d1", "t-0.", "-stray"));
    assert_non_null(folder_like("/d2", "t-0.", "-stray"));
    assert_int_equal(log_manager_count(&logs), 0);
}

static void keep_without_id(const char *text, bool is_first, kw_uuid topic_id)
{
    assert_true(folder_create("/d1/t-0"));
    assert_true(folder_create("/d2/t-0"));
    put(is_first ? "/d1/t-0/00000000000000000000.log" : "/d2/t-0/00000000000000000000.log", "some records");
    keep_of(is_first ? "" : text, is_first ? text : "", topic_id);
}

/* After a loss of power it may be of an earlier topic. */
static void one_without_id_is_not_kept(void **state)
{
    (void)state;
    keep_without_id(text_b, true, id_b);
    assert_string_equal(log_of("t", 0)->log.folder, "/d2/t-0");
    assert_non_null(folder_like("/d1", "t-0.", "-stray"));
}

static void a_rival_without_id_is_not_kept(void **state)
{
    (void)state;
    keep_without_id(text_a, false, id_a);
    assert_string_equal(log_of("t", 0)->log.folder, "/d1/t-0");
    assert_non_null(folder_like("/d2", "t-0.", "-stray"));
}

/* The other one is of an earlier topic. */
static void one_without_id_is_kept(void **state)
{
    (void)state;
    keep_without_id(text_a, true, id_b);
    assert_string_equal(log_of("t", 0)->log.folder, "/d1/t-0");
    assert_file("/d1/t-0/partition.metadata", text_b);
    assert_non_null(folder_like("/d2", "t-0.", "-stray"));
}

static void a_rival_without_id_is_kept(void **state)
{
    (void)state;
    keep_without_id(text_a, false, id_b);
    assert_string_equal(log_of("t", 0)->log.folder, "/d2/t-0");
    assert_file("/d2/t-0/partition.metadata", text_b);
    assert_non_null(folder_like("/d1", "t-0.", "-stray"));
}

/* Of one topic: nobody knows which is the right one. */
static void two_of_one_topic(void **state)
{
    (void)state;
    static const char id[] = "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA";
    assert_true(folder_create("/d1/t-0"));
    assert_true(folder_create("/d2/t-0"));
    put("/d1/t-0/partition.metadata", id);
    put("/d2/t-0/partition.metadata", id);
    put("/d1/t-0/00000000000000000000.log", "records");
    put("/d2/t-0/00000000000000000000.log", "records");
    open_dirs(1);
    assert_int_equal(log_manager_add_dir(&logs, "/d2", NULL), KW_ERR_FILE_FORMAT);
}

/* A creation that failed, and so did the removal of what it had made; the log was created in another directory. */
static void one_of_two_is_empty(void **state)
{
    static const char *const empty[] = {"/d2", "/d1"}, *const full[] = {"/d1", "/d2"};
    for (size_t i = 0; i < COUNT_OF(empty); i++) {
        char path[64];
        assert_true(folder_create("/d1/t-0"));
        assert_true(folder_create("/d2/t-0"));
        (void)snprintf(path, sizeof path, "%s/t-0/partition.metadata", empty[i]);
        put(path, "");
        (void)snprintf(path, sizeof path, "%s/t-0/00000000000000000000.log", full[i]);
        put(path, "records");
        open_dirs(2);
        assert_int_equal(strncmp(log_of("t", 0)->log.folder, full[i], 3), 0);
        assert_int_equal(atomic_load(&logs.dirs[i]->log_count), 1);
        assert_int_equal(atomic_load(&logs.dirs[1 - i]->log_count), 0);
        (void)snprintf(path, sizeof path, "%s/t-0", empty[i]);
        assert_false(folder_exists(path));
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
    }
}

/* It is made when there are descriptors again. */
static void what_a_creation_has_left_is_used(void **state)
{
    (void)state;
    capture_start(&captured);
    file_faults_plan(FAULT_OPEN | FAULT_LIST, 0, 2, EMFILE);
    kw_status status = create("d", id_b, 0, id_b);
    file_faults_plan(FAULT_LIST, 0, 1, EMFILE);
    kw_status again = create("d", id_b, 0, id_b);
    file_faults_plan(0, 0, 0, 0);
    (void)capture_end(&captured);
    assert_status(status, KW_ERR_NO_MEMORY); /* later */
    assert_true(folder_exists("/d2/d-0"));
    assert_status(again, KW_ERR_NO_MEMORY);
    assert_status(create("d", id_b, 0, id_b), KW_OK);
    open_log("d", 0);
    assert_int_equal(append("d", 1), 0);
}

#define FOLDERS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define DIRS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_dirs, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DIRS_TEST(a_write_fails),
        DIRS_TEST(a_sync_fails),
        DIRS_TEST(a_read_fails),
        DIRS_TEST(opening_fails),
        DIRS_TEST(a_checkpoint_fails),
        DIRS_TEST(creation_fails),
        DIRS_TEST(deletion_fails),
        DIRS_TEST(topics_are_deleted_meanwhile),
        DIRS_TEST(who_waits_is_woken),
        DIRS_TEST(the_directory_with_the_metadata_stays),
        DIRS_TEST(a_full_disk),
        DIRS_TEST(a_full_disk_of_two),
        DIRS_TEST(a_folder_exists),
        DIRS_TEST(the_next_start),
        FOLDERS_TEST(the_first_of_two_is_kept),
        FOLDERS_TEST(the_second_of_two_is_kept),
        FOLDERS_TEST(none_of_two_is_kept),
        FOLDERS_TEST(one_without_id_is_not_kept),
        FOLDERS_TEST(a_rival_without_id_is_not_kept),
        FOLDERS_TEST(one_without_id_is_kept),
        FOLDERS_TEST(a_rival_without_id_is_kept),
        FOLDERS_TEST(two_of_one_topic),
        FOLDERS_TEST(one_of_two_is_empty),
        DIRS_TEST(what_a_creation_has_left_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
