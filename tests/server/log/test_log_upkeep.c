/* SPDX-License-Identifier: Apache-2.0 */
/* Logs that are created, deleted, synced and stopped, with files in memory. */
#include "upkeep_support.h"

#include "log/checkpoints.h"

/* ---- creating ---- */

static void logs_are_created(void **state)
{
    (void)state;
    open_and_start(1);
    assert_null(log_manager_find(&logs, kw_string_of("t"), any, 0)); /* none is made up */
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_string_equal(names_in("/d1"), "t-0 ");
    assert_string_equal(names_in("/d1/t-0"), "00000000000000000000.log partition.metadata ");
    assert_file("/d1/t-0/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    assert_file("/d1/t-0/00000000000000000000.log", "");
    struct managed_log *log = log_of("t", 0);
    assert_true(kw_uuid_equal(log->log.topic_id, id_a));
    assert_string_equal(log->log.folder, "/d1/t-0");
    assert_ptr_equal(log_manager_dir_of(&log->log), logs.dirs[0]);
    open_log("t", 0);
    assert_int_equal(append("t", 3), 0);
    assert_int_equal(append("t", 2), 3);

    const struct log_config *before = log->log.config;
    assert_status(create("t", id_a, 0, any), KW_OK); /* as it is */
    assert_ptr_equal(log_of("t", 0), log);
    assert_ptr_equal(log->log.config, before);
    assert_status(create("t", id_a, 1, any), KW_OK);
    assert_ptr_equal(log_of("t", 1)->log.config, before); /* which logs share */
    config.retention_ms = 5;
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_int_equal(log->log.config->retention_ms, 5);
    assert_true(before->retention_ms != 5);
    assert_int_equal(log_manager_count(&logs), 2);
}

static size_t size_of(const char *path)
{
    struct file_facts facts;
    assert_status(file_look(path, &facts), KW_OK);
    return facts.size;
}

/* Until the segment ends, or the log is closed; recovery removes what was preallocated. */
static void segments_are_preallocated(void **state)
{
    (void)state;
    static const char first[] = "/d1/t-0/00000000000000000000.log", second[] = "/d1/t-0/00000000000000000003.log";
    config.preallocate = true;
    config.segment_bytes = 1 << 20;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_int_equal(size_of(first), 1 << 20);
    assert_true(log_of("t", 0)->log.is_open);
    assert_int_equal(append("t", 3), 0);
    assert_int_equal(size_of(first), 1 << 20);
    assert_int_equal(log_roll(&log_of("t", 0)->log), KW_ERROR_NONE);
    assert_in_range(size_of(first), 1, 1000);
    assert_int_equal(size_of(second), 1 << 20);
    assert_true(log_upkeep_stop(&logs, 1));
    assert_int_equal(size_of(second), 0);
    log_manager_close(&logs);

    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK); /* which exists */
    assert_int_equal(size_of(second), 0);
    open_log("t", 0);
    assert_int_equal(append("t", 1), 3);
    assert_int_equal(log_roll(&log_of("t", 0)->log), KW_ERROR_NONE);
    assert_int_equal(append("t", 1), 4);
    log_manager_close(&logs); /* as if it had been killed */
    assert_int_equal(size_of("/d1/t-0/00000000000000000004.log"), 1 << 20);

    open_dirs(1);
    assert_status(create("t", id_a, 0, any), KW_OK); /* its settings */
    capture_start(&captured);
    start();
    const char *said = capture_end(&captured);
    assert_non_null(strstr(said, "/d1/t-0/00000000000000000004.log: "));
    assert_non_null(strstr(said, " bytes are cut off at byte "));
    assert_in_range(size_of("/d1/t-0/00000000000000000004.log"), 1, 1000);
    assert_int_equal(append("t", 1), 5);
}

static void assert_called(const char *call)
{
    if (strstr(file_faults_calls(), call) == NULL)
        fail_msg("no `%s` in %s", call, file_faults_calls());
}

/* Also if all its records were synced before it ended: what was preallocated would end it there once more. */
static void finished_segments_are_synced(void **state)
{
    (void)state;
    static const char first[] = "sync /d1/t-0/00000000000000000000.log\n";
    config.preallocate = true;
    config.segment_bytes = 1 << 20;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    assert_int_equal(append("t", 3), 0);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    assert_int_equal(log_roll(&log_of("t", 0)->log), KW_ERROR_NONE);
    assert_int_equal(append("t", 1), 3);
    file_faults_record(FAULT_SYNC);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    assert_called(first);
    assert_called("sync /d1/t-0/00000000000000000000.index\n");
    assert_int_equal(append("t", 1), 4);
    file_faults_record(FAULT_SYNC);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    assert_null(strstr(file_faults_calls(), first));
}

/* Without space for a whole segment it is created as it would be otherwise. */
static void preallocation_may_fail(void **state)
{
    (void)state;
    config.preallocate = true;
    open_and_start(1);
    file_faults_plan(FAULT_TRUNCATE, 0, 1, ENOSPC);
    capture_start(&captured);
    kw_status status = create("t", id_a, 0, any);
    assert_non_null(strstr(capture_end(&captured), "/d1/t-0: preallocating a segment: "));
    assert_status(status, KW_OK);
    assert_int_equal(size_of("/d1/t-0/00000000000000000000.log"), 0);
    assert_int_equal(append("t", 3), 0);
}

static void a_log_of_another_topic_is_replaced(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    assert_int_equal(append("t", 3), 0);
    assert_null(log_manager_find(&logs, kw_string_of("t"), id_b, 0));
    assert_status(create("t", id_b, 0, any), KW_OK);
    assert_non_null(folder_like("/d1", "t-0.", "-delete"));
    assert_true(kw_uuid_equal(log_of("t", 0)->log.topic_id, id_b));
    open_log("t", 0);
    assert_int_equal(append("t", 1), 0);
    assert_int_equal(atomic_load(&logs.dirs[0]->log_count), 1);
}

static void the_directory_with_the_fewest_logs_is_chosen(void **state)
{
    (void)state;
    const kw_uuid first = {{1, 1}}, second = {{2, 2}}, gone = {{3, 3}}, not_assigned = {{[15] = 1}};
    open_dirs(2);
    logs.dirs[0]->id = first;
    logs.dirs[1]->id = second;
    start();
    for (int32_t i = 0; i < 4; i++)
        assert_status(create("t", id_a, i, i % 2 == 0 ? any : not_assigned), KW_OK);
    assert_string_equal(names_in("/d1"), "t-0 t-2 ");
    assert_string_equal(names_in("/d2"), "t-1 t-3 ");
    assert_status(create("u", id_b, 0, second), KW_OK);
    assert_status(create("u", id_b, 1, second), KW_OK);
    assert_string_equal(names_in("/d2"), "t-1 t-3 u-0 u-1 ");
    assert_status(create("u", id_b, 2, any), KW_OK);
    assert_string_equal(log_of("u", 2)->log.folder, "/d1/u-2");
    capture_start(&captured);
    kw_status unknown = create("u", id_b, 3, gone);
    atomic_store(&logs.dirs[0]->is_offline, true);
    kw_status offline = create("u", id_b, 3, first);
    is_new = false;
    kw_status hidden = create("u", id_b, 3, any);
    is_new = true;
    kw_status other = create("u", id_b, 3, any);
    atomic_store(&logs.dirs[1]->is_offline, true);
    kw_status none = create("u", id_b, 4, any);
    const char *said = capture_end(&captured);
    assert_non_null(strstr(said, " u-3: its log directory is offline, or not in log.dirs\n"));
    assert_non_null(strstr(said, " u-4: its log directory is offline, or not in log.dirs\n"));
    assert_status(unknown, KW_ERR_FILE);
    assert_status(offline, KW_ERR_FILE);
    assert_status(hidden, KW_ERR_FILE); /* it may be in the directory that is offline */
    assert_status(other, KW_OK);
    assert_string_equal(log_of("u", 3)->log.folder, "/d2/u-3");
    assert_status(none, KW_ERR_FILE);
}

/* Whatever fails, nothing remains, and it can be tried again. */
static void creation_may_fail(void **state)
{
    (void)state;
    size_t failed = 0;
    open_and_start(1);
    for (kw_status status = KW_ERR_FILE; status != KW_OK; failed++) {
        file_faults_plan(FAULT_CHANGES & ~(unsigned)(FAULT_REMOVE | FAULT_REMOVE_FOLDER), failed, 1,
                         failed % 2 == 0 ? ENOSPC : EIO);
        capture_start(&captured);
        status = create("t", id_a, 0, any);
        const char *said = capture_end(&captured);
        if (status != KW_OK) {
            assert_status(status, failed % 2 == 0 ? KW_ERR_NO_MEMORY : KW_ERR_FILE); /* a full disk may be emptied */
            assert_non_null(strstr(said, "/d1/t-0: a new partition: "));
            assert_string_equal(names_in("/d1"), "");
            assert_int_equal(log_manager_count(&logs), 0);
        }
        file_faults_plan(0, 0, 0, 0);
    }
    assert_int_equal(failed, 5); /* folder, id (open and write), segment; and then none */
    assert_status(create("t", id_a, 0, any), KW_OK);

    put("/d1/u-0", "a file");
    capture_start(&captured);
    kw_status status = create("u", id_b, 0, any);
    assert_non_null(strstr(capture_end(&captured), "/d1/u-0: a new partition: File exists\n"));
    assert_status(status, KW_ERR_FILE);
    assert_file("/d1/u-0", "a file");
}

/* ---- deleting ---- */

static void wake(void *context)
{
    ++*(int *)context;
}

static void logs_are_deleted(void **state)
{
    (void)state;
    struct one_append late;
    int woken = 0;
    struct log_watcher watcher = {.callback = wake, .context = &woken};
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    assert_int_equal(append("t", 3), 0);
    struct partition_log *log = log_manager_find(&logs, kw_string_of("t"), id_a, 0);
    partition_log_watch(log, &watcher);
    assert_true(log_manager_delete(&logs, kw_string_of("t"), id_b, 0)); /* of another topic */
    assert_int_equal(log_manager_count(&logs), 1);
    assert_true(log_manager_delete(&logs, kw_string_of("u"), id_b, 0));
    assert_true(log_manager_delete(&logs, kw_string_of("t"), id_a, 0));
    assert_int_equal(woken, 1);
    assert_int_equal(log_manager_count(&logs), 0);
    assert_int_equal(atomic_load(&logs.dirs[0]->log_count), 0);
    assert_null(log_manager_find(&logs, kw_string_of("t"), id_a, 0));
    assert_null(folder_like("/d1", "t-0", "t-0"));
    const char *set_aside = folder_like("/d1", "t-0.", "-delete");
    assert_non_null(set_aside);
    assert_int_equal(strlen(set_aside), strlen("/d1/t-0.") + 32 + strlen("-delete"));
    file_faults_record(FAULT_SYNC_FOLDER);
    assert_true(log_manager_sync_names(&logs));
    assert_non_null(strstr(file_faults_calls(), "sync_folder /d1\n"));

    struct log_snapshot snapshot; /* who has it sees what it was, but appends nothing */
    assert_int_equal(partition_log_acquire(log, true, &snapshot), KW_ERROR_NONE);
    assert_int_equal(snapshot.log_end_offset, 3);
    log_snapshot_release(&snapshot);
    prepare_append(&late, (made_batch){.count = 1, .producer_id = -1}, 0);
    assert_true(log_append(log, &late.append));
    assert_int_equal(late.append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
    partition_log_unwatch(log, &watcher);
    log_release(log);

    sim_run_posted(&sim);
    sim_advance(&sim, log_upkeep_defaults.live.delete_delay_ms - 1);
    assert_true(folder_exists(set_aside));
    sim_advance(&sim, 1);
    assert_false(folder_exists(set_aside));
    assert_null(folder_like("/d1", "t-0", "-delete"));
}

static struct partition_log *find_log(kw_uuid id)
{
    struct partition_log *log = log_manager_find(&logs, kw_string_of("t"), id, 0);
    assert_non_null(log);
    return log;
}

static int16_t read_of(struct partition_log *log, const struct log_snapshot *snapshot)
{
    struct log_slice slice;
    const struct log_read_request request = {
        .offset = 0, .end = snapshot->log_end_offset, .max_bytes = 1000, .at_least_one = true};
    int16_t error = log_read(log, snapshot, &request, &slice);
    if (error == KW_ERROR_NONE && slice.segment != NULL)
        segment_release(slice.segment);
    return error;
}

/* Who has found a log that is deleted opens neither it nor its segments, nor those of a later one in a folder of that
 * name; and no directory fails for that. */
static void deleted_logs_are_not_opened(void **state)
{
    (void)state;
    struct log_snapshot snapshot;
    open_and_start(2);
    assert_status(create("u", id_b, 0, any), KW_OK);
    assert_status(create("t", id_a, 0, any), KW_OK);
    struct partition_log *closed = find_log(id_a);
    assert_string_equal(closed->folder, "/d2/t-0");
    capture_start(&captured);
    assert_true(log_manager_delete(&logs, kw_string_of("t"), id_a, 0));
    assert_int_equal(partition_log_acquire(closed, false, &snapshot), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_status(create("t", id_b, 0, any), KW_OK);
    assert_int_equal(partition_log_acquire(closed, false, &snapshot), KW_ERROR_KAFKA_STORAGE_ERROR);
    log_release(closed);

    struct partition_log *open = find_log(id_b);
    assert_string_equal(open->folder, "/d2/t-0");
    open_log("t", 0);
    assert_int_equal(append("t", 3), 0);
    assert_int_equal(partition_log_acquire(open, true, &snapshot), KW_ERROR_NONE);
    assert_true(log_manager_delete(&logs, kw_string_of("t"), id_b, 0));
    assert_int_equal(read_of(open, &snapshot), KW_ERROR_KAFKA_STORAGE_ERROR);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    assert_int_equal(append("t", 3), 0);
    assert_int_equal(read_of(open, &snapshot), KW_ERROR_KAFKA_STORAGE_ERROR);
    log_snapshot_release(&snapshot);
    log_release(open);
    assert_string_equal(capture_end(&captured), "");
    assert_false(log_dir_is_offline(logs.dirs[1]));
}

static void deletions_survive_a_restart(void **state)
{
    (void)state;
    open_and_start(2);
    for (int32_t i = 0; i < 4; i++)
        assert_status(create("t", id_a, i, any), KW_OK);
    for (int32_t i = 0; i < 3; i++)
        assert_true(log_manager_delete(&logs, kw_string_of("t"), id_a, i));
    sim_run_posted(&sim);
    log_manager_close(&logs); /* with removals under way */
    sim_init(&sim);
    open_dirs(2);
    assert_int_equal(log_manager_count(&logs), 1);
    assert_non_null(folder_like("/d1", "t-0.", "-delete"));
    assert_non_null(folder_like("/d2", "t-1.", "-delete"));
    start();
    assert_null(folder_like("/d1", "t-0.", "-delete"));
    assert_null(folder_like("/d1", "t-2.", "-delete"));
    assert_null(folder_like("/d2", "t-1.", "-delete"));
    assert_string_equal(log_of("t", 3)->log.folder, "/d2/t-3");
}

static void renaming_may_fail(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    file_faults_plan(FAULT_RENAME, 0, 1, EIO);
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    capture_start(&captured);
    bool deleted = log_manager_delete(&logs, kw_string_of("t"), id_a, 0);
    assert_non_null(strstr(capture_end(&captured), "/d1/t-0: a folder to be renamed: Input/output error\n"));
    assert_string_equal(file_faults_calls(), "sync /d1/t-0/partition.metadata\nsync_folder /d1/t-0\n");
    file_faults_record(0);
    assert_false(deleted);
    assert_int_equal(log_manager_count(&logs), 0); /* nobody uses it */
    assert_true(folder_exists("/d1/t-0"));

    assert_status(create("u", id_a, 0, any), KW_OK);
    assert_true(log_manager_delete(&logs, kw_string_of("u"), id_a, 0));
    file_faults_plan(FAULT_REMOVE, 0, 1, EIO);
    capture_start(&captured);
    sim_run_posted(&sim);
    sim_advance(&sim, log_upkeep_defaults.live.delete_delay_ms);
    assert_non_null(strstr(capture_end(&captured), "-delete: a folder to be removed: Input/output error\n"));
    assert_non_null(folder_like("/d1", "u-0.", "-delete")); /* for the next start */
}

/* ---- stray folders ---- */

static bool find_in_metadata(void *context, kw_string topic, int32_t partition, kw_uuid *id)
{
    ++*(int *)context;
    *id = kw_string_equal(topic, kw_string_of("a")) ? id_a : id_b;
    return partition == 0;
}

static void folders_without_a_partition_are_set_aside(void **state)
{
    (void)state;
    int asked = 0;
    static const char *const folders[] = {"/d1/a-0", "/d1/a-1", "/d1/b-0", "/d2/c-0"};
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        assert_true(folder_create(folders[i]));
    put("/d1/a-0/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    put("/d2/c-0/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA"); /* not that of c */
    open_dirs(2);
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    capture_start(&captured);
    log_manager_keep(&logs, find_in_metadata, &asked);
    const char *said = capture_end(&captured);
    assert_non_null(strstr(file_faults_calls(), "sync /d1/b-0/partition.metadata\nsync_folder /d1/b-0\n"));
    file_faults_record(0);
    assert_int_equal(asked, 4);
    assert_non_null(strstr(said, "/d1/a-1: the metadata has no such partition; it is now /d1/a-1."));
    assert_non_null(strstr(said, "/d2/c-0: the metadata has no such partition; it is now /d2/c-0."));
    assert_non_null(strstr(said, "/d1/b-0: had no partition.metadata; it has the topic's id now\n"));
    assert_null(strstr(said, "a-0"));
    assert_int_equal(log_manager_count(&logs), 2);
    assert_non_null(folder_like("/d1", "a-1.", "-stray"));
    assert_non_null(folder_like("/d2", "c-0.", "-stray"));
    assert_file("/d1/b-0/partition.metadata", "version: 0\ntopic_id: CwEAAAAAAAAAAAAAAAAAAA");
    assert_true(kw_uuid_equal(log_of("b", 0)->log.topic_id, id_b));
    start();
    assert_non_null(folder_like("/d1", "a-1.", "-stray")); /* only a person removes it */
    assert_status(create("c", id_b, 0, any), KW_OK);
}

static bool find_random(void *context, kw_string topic, int32_t partition, kw_uuid *id)
{
    (void)topic;
    (void)partition;
    *id = *(const kw_uuid *)context;
    return true;
}

/* The file has no checksum; but ids are random, so that no two of them are alike. */
static void a_damaged_id_is_replaced(void **state)
{
    (void)state;
    kw_uuid id;
    assert_true(kw_uuid_parse(kw_string_of("0RhCbI8YQl2PyA0gYpJb7A"), &id));
    assert_true(folder_create("/d1/a-0"));
    assert_true(folder_create("/d1/b-0"));
    put("/d1/a-0/partition.metadata", "version: 0\ntopic_id: 9RhCbI8YQl2PyA0gYpJb7A"); /* another first letter */
    put("/d1/b-0/partition.metadata", "version: 0\ntopic_id: 9RhCbI8YQl2PyA0gY111AA");
    open_dirs(1);
    capture_start(&captured);
    log_manager_keep(&logs, find_random, &id);
    const char *said = capture_end(&captured);
    assert_non_null(strstr(said, "/d1/a-0/partition.metadata: the id is not that of the topic, from which it differs"));
    assert_file("/d1/a-0/partition.metadata", "version: 0\ntopic_id: 0RhCbI8YQl2PyA0gYpJb7A");
    assert_true(kw_uuid_equal(log_of("a", 0)->log.topic_id, id));
    assert_non_null(folder_like("/d1", "b-0.", "-stray"));
    start();
}

/* Without descriptors an id is not known to be missing. */
static void an_id_may_not_be_read(void **state)
{
    (void)state;
    assert_true(folder_create("/d1/a-0"));
    put("/d1/a-0/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    assert_true(log_manager_init(&logs));
    file_faults_plan(FAULT_LOAD, 0, FAULT_FOREVER, EMFILE);
    file_faults_only("partition.metadata");
    assert_status(log_manager_add_dir(&logs, "/d1", NULL), KW_ERR_FILE);
    assert_int_equal(errno, EMFILE);
    file_faults_only(NULL);
}

#define MOVING "/d2/a-0.0123456789abcdef0123456789abcdef-future"

/* Folders of replicas that Kafka was moving from a directory that is not here to another. */
static void replicas_that_are_moved_are_judged(void **state)
{
    (void)state;
    int asked = 0;
    static const char *const folders[] = {MOVING, "/d2/b-0.0123456789abcdef0123456789abcdef-future",
                                          "/d2/c-1.0123456789abcdef0123456789abcdef-future"};
    static const char log[] = MOVING "/00000000000000000000.log";
    for (size_t i = 0; i < COUNT_OF(folders); i++)
        assert_true(folder_create(folders[i]));
    put(MOVING "/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    put("/d2/c-1.0123456789abcdef0123456789abcdef-future/partition.metadata",
        "version: 0\ntopic_id: CwEAAAAAAAAAAAAAAAAAAA");
    put(log, "not a batch");
    open_dirs(2);
    assert_int_equal(logs.future_count, 3);
    assert_int_equal(log_manager_count(&logs), 0);
    assert_int_equal(atomic_load(&logs.dirs[1]->log_count), 3); /* new ones go elsewhere, as in Kafka */
    capture_start(&captured);
    log_manager_keep(&logs, find_in_metadata, &asked);
    const char *said = capture_end(&captured);
    assert_non_null(strstr(said, "-future: a replica that was being moved here: it stays as it is"));
    assert_non_null(strstr(said, "00000000000000000000.log: 11 bytes are cut off at byte 0"));
    assert_int_equal(size_of(log), 0);
    assert_non_null(folder_like("/d2", "b-0.", "-stray")); /* it has no id */
    assert_non_null(folder_like("/d2", "c-1.", "-stray"));
    assert_non_null(folder_like("/d2", "a-0.", "-future"));
    assert_int_equal(logs.future_count, 1);
    assert_int_equal(atomic_load(&logs.dirs[1]->log_count), 1);
    start();
    assert_true(log_manager_delete(&logs, kw_string_of("a"), id_a, 0));
    assert_non_null(folder_like("/d2", "a-0.", "-delete"));
    assert_null(folder_like("/d2", "a-0.", "-future"));
    assert_int_equal(logs.future_count, 0);
}

/* /d1 has a-0 with three records, whose replica in /d2 has something else. */
static void put_replica_that_is_moved(void)
{
    open_and_start(1);
    assert_status(create("a", id_a, 0, any), KW_OK);
    open_log("a", 0);
    assert_int_equal(append("a", 3), 0);
    assert_true(log_upkeep_stop(&logs, 1));
    log_manager_close(&logs);
    sim_init(&sim);
    assert_true(folder_create(MOVING));
    put(MOVING "/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    put(MOVING "/00000000000000000007.log", "something else");
}

static const char *keep(void)
{
    int asked = 0;
    open_dirs(2);
    capture_start(&captured);
    log_manager_keep(&logs, find_in_metadata, &asked);
    return capture_end(&captured);
}

static void assert_arrived(void)
{
    assert_ptr_equal(log_manager_dir_of(&log_of("a", 0)->log), logs.dirs[1]);
    assert_string_equal(log_of("a", 0)->log.folder, "/d2/a-0");
    assert_string_equal(names_in("/d2"), "a-0 ");
    assert_int_equal(logs.future_count, 0);
    assert_int_equal(atomic_load(&logs.dirs[0]->log_count), 0);
    assert_int_equal(atomic_load(&logs.dirs[1]->log_count), 1);
    start();
    assert_status(create("a", id_a, 0, any), KW_OK); /* its settings */
    open_log("a", 0);
    assert_int_equal(append("a", 1), 3);
    assert_null(folder_like("/d1", "a-0", ""));
}

/* As when Kafka starts, which copies what is missing, and then uses the copy. */
static void replicas_that_are_moved_arrive(void **state)
{
    (void)state;
    char before[1000];
    put_replica_that_is_moved();
    const char *names = names_in("/d1/a-0");
    assert_true(strlen(names) < sizeof before);
    strcpy(before, names);
    assert_non_null(strstr(before, ".snapshot"));
    assert_non_null(strstr(keep(), "/d2/a-0: the replica that was being moved here has arrived\n"));
    assert_string_equal(names_in("/d2/a-0"), before);
    assert_file("/d2/a-0/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    assert_non_null(folder_like("/d1", "a-0.", "-delete"));
    assert_arrived();
}

/* Damage at the end of the log is not copied. */
static void replicas_of_a_killed_broker_arrive(void **state)
{
    (void)state;
    put_replica_that_is_moved();
    size_t size = size_of("/d1/a-0/00000000000000000000.log");
    struct file file;
    const kw_span torn = {"torn", 4};
    assert_status(file_open(&file, "/d1/a-0/00000000000000000000.log", 0), KW_OK);
    assert_status(file_write(&file, size, &torn, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
    assert_status(file_remove("/d1/.kafka_cleanshutdown"), KW_OK);
    assert_non_null(strstr(keep(), "/d1/a-0/00000000000000000000.log: 4 bytes are cut off at byte "));
    assert_int_equal(size_of("/d2/a-0/00000000000000000000.log"), size);
    assert_arrived();
}

/* Whatever fails, the log stays in use where it was, and arrives at the next start. */
static void moving_may_fail(void **state)
{
    (void)state;
    size_t failed = 0, stayed = 0;
    put_replica_that_is_moved();
    for (bool arrived = false; !arrived; failed += !arrived) {
        file_faults_only("/d2/");
        file_faults_plan(FAULT_CHANGES, failed, 1, ENOSPC);
        const char *said = keep();
        file_faults_plan(0, 0, 0, 0);
        file_faults_only(NULL);
        arrived = strstr(said, "has arrived\n") != NULL;
        if (!arrived) {
            assert_non_null(strstr(said, MOVING ": a "));
            assert_non_null(strstr(said, ": No space left on device\n"));
            assert_string_equal(log_of("a", 0)->log.folder, "/d1/a-0");
            assert_int_equal(logs.future_count, 1);
            log_manager_close(&logs);
        }
        if (strstr(said, MOVING ": a replica that was being moved stays where it was") != NULL) {
            assert_string_equal(names_in(MOVING), "partition.metadata "); /* and no part of a copy */
            stayed++;
        }
    }
    assert_true(failed > 5 && stayed > 3);
    assert_arrived();
}

/* The metadata may name its directory already when the log that it was to replace is gone. */
static void a_replica_that_is_assigned_is_used(void **state)
{
    (void)state;
    const kw_uuid first = {{1, 1}}, second = {{2, 2}};
    assert_true(folder_create(MOVING));
    put(MOVING "/partition.metadata", "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    assert_non_null(strstr(keep(), "it stays as it is"));
    logs.dirs[0]->id = first;
    logs.dirs[1]->id = second;
    start();
    assert_status(create("a", id_b, 0, second), KW_OK); /* another topic of that name */
    assert_true(log_manager_delete(&logs, kw_string_of("a"), id_b, 0));
    assert_int_equal(logs.future_count, 1);
    assert_status(create("a", id_a, 0, second), KW_OK);
    assert_int_equal(logs.future_count, 0);
    assert_string_equal(log_of("a", 0)->log.folder, "/d2/a-0");
    assert_null(folder_like("/d2", "a-0.", "-future"));
    open_log("a", 0);
    assert_int_equal(append("a", 1), 0);
    assert_int_equal(atomic_load(&logs.dirs[1]->log_count), 1);
}

/* Kafka believes what is in a directory that was stopped in an orderly way. */
static void a_replica_that_cannot_be_recovered_is_not_clean(void **state)
{
    (void)state;
    int asked = 0;
    static const char folder[] = "/d1/a-0.0123456789abcdef0123456789abcdef-future";
    assert_true(folder_create(folder));
    put("/d1/a-0.0123456789abcdef0123456789abcdef-future/partition.metadata",
        "version: 0\ntopic_id: CgEAAAAAAAAAAAAAAAAAAA");
    put("/d1/a-0.0123456789abcdef0123456789abcdef-future/00000000000000000000.log", "not a batch");
    open_dirs(1);
    file_faults_plan(FAULT_TRUNCATE, 0, 1, EIO);
    capture_start(&captured);
    log_manager_keep(&logs, find_in_metadata, &asked);
    assert_non_null(strstr(capture_end(&captured), "-future: a replica that was being moved: Input/output error\n"));
    start();
    capture_start(&captured);
    assert_false(log_upkeep_stop(&logs, 1));
    (void)capture_end(&captured);
    assert_false(file_exists("/d1/.kafka_cleanshutdown"));
}

static void a_replica_is_moved_to_one_directory(void **state)
{
    (void)state;
    assert_true(folder_create("/d1/a-0.0123456789abcdef0123456789abcdef-future"));
    assert_true(folder_create("/d2/a-0.1123456789abcdef0123456789abcdef-future"));
    assert_true(log_manager_init(&logs));
    assert_status(log_manager_add_dir(&logs, "/d1", NULL), KW_OK);
    assert_status(log_manager_add_dir(&logs, "/d2", NULL), KW_ERR_FILE_FORMAT);
}

/* ---- checkpoints ---- */

/* For the log cleaner, which has nothing to say yet; an existing one stays. */
static void the_checkpoint_of_the_cleaner_is_created(void **state)
{
    (void)state;
    open_dirs(2);
    put("/d2/cleaner-offset-checkpoint", "0\n1\nt 0 3\n");
    for (size_t i = 0; i < 2; i++)
        checkpoint_create_of_cleaner(logs.dirs[i]);
    assert_file("/d1/cleaner-offset-checkpoint", "");
    assert_file("/d2/cleaner-offset-checkpoint", "0\n1\nt 0 3\n");
    file_faults_plan(FAULT_OPEN, 0, 1, EIO);
    capture_start(&captured);
    checkpoint_create_of_cleaner(logs.dirs[1]);
    assert_non_null(strstr(capture_end(&captured), "/d2/cleaner-offset-checkpoint: Input/output error\n"));
    assert_true(log_dir_is_offline(logs.dirs[1]));
    assert_status(file_remove("/d2/cleaner-offset-checkpoint"), KW_OK);
    checkpoint_create_of_cleaner(logs.dirs[1]);
    assert_false(file_exists("/d2/cleaner-offset-checkpoint"));
}

/* Nothing is done in it, but that its recovery points are written. */
static void a_directory_that_fails_unused_is_noticed(void **state)
{
    (void)state;
    open_and_start(2);
    sim_advance(&sim, log_upkeep_defaults.initial_delay_ms);
    assert_true(file_exists("/d2/recovery-point-offset-checkpoint"));
    file_faults_only("/d2/");
    file_faults_plan(FAULT_OPEN, 0, FAULT_FOREVER, EIO);
    capture_start(&captured);
    sim_advance(&sim, log_upkeep_defaults.recovery_checkpoint_ms);
    assert_non_null(strstr(capture_end(&captured), "/d2: this log directory is offline"));
    file_faults_only(NULL);
    assert_true(log_dir_is_offline(logs.dirs[1]));
    assert_false(log_dir_is_offline(logs.dirs[0]));
}

static void checkpoints_are_written(void **state)
{
    (void)state;
    open_and_start(2);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_status(create("u", id_b, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    sim_advance(&sim, log_upkeep_defaults.watermark_checkpoint_ms - 1);
    assert_false(file_exists("/d1/replication-offset-checkpoint"));
    sim_advance(&sim, 1);
    assert_file("/d1/replication-offset-checkpoint", "0\n1\nt 0 3\n");
    assert_file("/d2/replication-offset-checkpoint", "0\n0\n"); /* u was not opened */
    assert_false(file_exists("/d1/recovery-point-offset-checkpoint"));
    sim_advance(&sim, log_upkeep_defaults.initial_delay_ms);
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 0\n");
    assert_file("/d2/recovery-point-offset-checkpoint", "0\n1\nu 0 0\n");
    assert_file("/d1/log-start-offset-checkpoint", "0\n0\n");

    file_faults_record(FAULT_RENAME);
    sim_advance(&sim, 10 * log_upkeep_defaults.recovery_checkpoint_ms);
    assert_null(strstr(file_faults_calls(), "replication-offset")); /* nothing has changed */
    assert_null(strstr(file_faults_calls(), "log-start-offset"));
    int64_t start_offset;
    assert_int_equal(log_delete_records(&log_of("t", 0)->log, 2, &start_offset), KW_ERROR_NONE);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    sim_advance(&sim, log_upkeep_defaults.recovery_checkpoint_ms);
    assert_file("/d1/log-start-offset-checkpoint", "0\n1\nt 0 2\n");
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 3\n");
    assert_int_equal(log_manager_delete(&logs, kw_string_of("t"), id_a, 0), true);
    log_upkeep_checkpoint(&logs);
    assert_file("/d1/replication-offset-checkpoint", "0\n0\n");
    assert_file("/d1/log-start-offset-checkpoint", "0\n0\n");
}

/* What is known of logs that are not opened is written again. */
static void checkpoints_keep_what_they_had(void **state)
{
    (void)state;
    assert_true(folder_create("/d1/t-0"));
    assert_true(folder_create("/d1/u-3"));
    put("/d1/replication-offset-checkpoint", "0\n2\nt 0 7\nu 3 9\n");
    put("/d1/recovery-point-offset-checkpoint", "0\n2\nt 0 6\nu 3 8\n");
    put("/d1/log-start-offset-checkpoint", "0\n2\nt 0 5\ngone 0 1\n");
    put("/d1/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":82}");
    open_and_start(1);
    assert_int_equal(log_manager_clean_epoch(&logs), 82);
    assert_false(file_exists("/d1/.kafka_cleanshutdown"));
    log_upkeep_checkpoint(&logs);
    assert_file("/d1/replication-offset-checkpoint", "0\n2\nt 0 7\nu 3 9\n");
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n2\nt 0 6\nu 3 8\n");
    assert_file("/d1/log-start-offset-checkpoint", "0\n1\nt 0 5\n");
}

/* A later log of the name would get what they say of an earlier one; an offset of 0 says nothing. */
static void checkpoints_forget_what_is_gone(void **state)
{
    (void)state;
    put("/d1/replication-offset-checkpoint", "0\n1\ngone 0 1\n");
    put("/d1/log-start-offset-checkpoint", "0\n1\ngone 0 0\n");
    open_dirs(1);
    assert_true(log_manager_sync_names(&logs));
    assert_file("/d1/replication-offset-checkpoint", "0\n0\n");
    assert_file("/d1/log-start-offset-checkpoint", "0\n1\ngone 0 0\n");
}

static void checkpoints_may_fail(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    capture_start(&captured);
    sim_advance(&sim, 10 * log_upkeep_defaults.watermark_checkpoint_ms);
    const char *said = capture_end(&captured);
    const char *line = strstr(said, "/d1/replication-offset-checkpoint: No space left on device; it is tried again\n");
    assert_non_null(line);
    assert_null(strstr(line + 1, "/d1/replication-offset-checkpoint")); /* said once */
    file_faults_plan(0, 0, 0, 0);
    sim_advance(&sim, log_upkeep_defaults.watermark_checkpoint_ms);
    assert_file("/d1/replication-offset-checkpoint", "0\n0\n");
}

/* ---- what is not needed any more ---- */

static void old_segments_are_removed(void **state)
{
    (void)state;
    retention_check_ms = 1000;
    config.retention_ms = 3600000; /* the records are of 1970 */
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_status(create("u", id_b, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    assert_int_equal(log_roll(&log_of("t", 0)->log), KW_ERROR_NONE);
    sim_advance(&sim, log_upkeep_defaults.initial_delay_ms - 1);
    assert_true(managed_log_claim(log_of("t", 0))); /* as the log cleaner does */
    sim_advance(&sim, 1);
    assert_true(file_exists("/d1/t-0/00000000000000000000.log"));
    assert_false(managed_log_claim(log_of("t", 0)));
    managed_log_unclaim(log_of("t", 0));
    sim_advance(&sim, 999);
    assert_true(file_exists("/d1/t-0/00000000000000000000.log"));
    sim_advance(&sim, 1);
    assert_false(file_exists("/d1/t-0/00000000000000000000.log"));
    assert_true(file_exists("/d1/t-0/00000000000000000000.log.deleted"));
    assert_false(log_of("u", 0)->log.is_open); /* nothing in it can be old */
    log_upkeep_checkpoint(&logs);
    assert_file("/d1/log-start-offset-checkpoint", "0\n0\n"); /* it starts with a segment */
}

static void idle_producers_are_forgotten(void **state)
{
    (void)state;
    struct one_append one;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    prepare_append(&one, (made_batch){.count = 1, .timestamp = 1000, .producer_id = 5}, 0);
    change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, 0, 4);
    assert_true(log_append(&log_of("t", 0)->log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
    assert_int_equal(atomic_load(&logs.producers.used), 1);
    sim_advance(&sim, log_upkeep_defaults.producer_check_ms - 1);
    assert_int_equal(atomic_load(&logs.producers.used), 1);
    sim_advance(&sim, 1);
    assert_int_equal(atomic_load(&logs.producers.used), 0);
}

static void produce_as(const char *topic, int64_t producer_id, int64_t timestamp)
{
    struct one_append one;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = timestamp, .producer_id = producer_id}, 0);
    change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, 0, 4);
    assert_true(log_append(&log_of(topic, 0)->log, &one.append));
    assert_int_equal(one.append.error, KW_ERROR_NONE);
}

/* producer.id.expiration.ms, of logs that there are and of new ones; log.segment.delete.delay.ms. */
static void settings_act_at_once(void **state)
{
    (void)state;
    struct log_upkeep_live live = log_upkeep_defaults.live;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    produce_as("t", 5, clock_wall_ms() - 60000);
    sim_advance(&sim, log_upkeep_defaults.producer_check_ms);
    assert_int_equal(atomic_load(&logs.producers.used), 1);
    live.producer_expiration_ms = 30000;
    live.delete_delay_ms = 7;
    log_upkeep_change(&logs, &live);
    assert_status(create("u", id_b, 0, any), KW_OK);
    open_log("u", 0);
    produce_as("u", 6, clock_wall_ms() - 60000);
    assert_int_equal(atomic_load(&logs.producers.used), 2);
    sim_advance(&sim, log_upkeep_defaults.producer_check_ms);
    assert_int_equal(atomic_load(&logs.producers.used), 0);

    assert_true(log_manager_delete(&logs, kw_string_of("t"), id_a, 0));
    sim_run_posted(&sim);
    sim_advance(&sim, 6);
    assert_non_null(folder_like("/d1", "t-0.", "-delete"));
    sim_advance(&sim, 1);
    assert_null(folder_like("/d1", "t-0.", "-delete"));
}

/* ---- stop and start ---- */

static void a_clean_stop_is_known_at_the_next_start(void **state)
{
    (void)state;
    open_and_start(2);
    assert_int_equal(log_manager_clean_epoch(&logs), -1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    assert_status(create("u", id_b, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    assert_true(log_upkeep_stop(&logs, 77));
    assert_file("/d1/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":77}");
    assert_file("/d2/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":77}");
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 3\n");
    assert_file("/d1/replication-offset-checkpoint", "0\n1\nt 0 3\n");
    log_manager_close(&logs);

    sim_init(&sim);
    open_and_start(2);
    assert_int_equal(log_manager_clean_epoch(&logs), 77);
    assert_false(log_of("t", 0)->log.is_open); /* nothing was read */
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    assert_int_equal(append("t", 1), 3);
    log_manager_close(&logs); /* as if it had been killed */

    sim_init(&sim);
    open_and_start(2);
    assert_int_equal(log_manager_clean_epoch(&logs), -1);
    assert_true(log_of("t", 0)->log.is_open); /* so that it is checked */
    assert_true(log_of("u", 0)->log.is_open);
    log_manager_close(&logs);

    put("/d1/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":5}");
    put("/d2/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":6}");
    open_dirs(2);
    assert_int_equal(log_manager_clean_epoch(&logs), -1);
}

static void a_clean_stop_keeps_recovery_points(void **state)
{
    (void)state;
    assert_true(folder_create("/d1/t-0"));
    put("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 3\n");
    put("/d1/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":5}");
    open_and_start(1);
    assert_true(log_upkeep_stop(&logs, 6));
    assert_false(log_of("t", 0)->log.is_open);
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 3\n");
}

/* All that is appended is on the disk after a clean stop, and each file that has changed. */
static void a_clean_stop_syncs(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    assert_true(log_upkeep_stop(&logs, 1));
    assert_non_null(strstr(file_faults_calls(), "sync /d1/t-0/00000000000000000000.log\n"));
    assert_non_null(strstr(file_faults_calls(), "sync /d1/t-0/partition.metadata\n"));
    assert_non_null(strstr(file_faults_calls(), "sync_folder /d1/t-0\n"));
    assert_non_null(strstr(file_faults_calls(), "sync_folder /d1\n"));
    const char *last = strstr(file_faults_calls(), "sync /d1/.kafka_cleanshutdown.tmp\n");
    assert_non_null(last);
    assert_string_equal(last, "sync /d1/.kafka_cleanshutdown.tmp\nsync_folder /d1\n");
}

/* Files that the segment got after it was synced, as a transaction index. */
static void a_clean_stop_syncs_names(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    assert_int_equal(flusher_sync(log_of("t", 0)), KW_ERROR_NONE);
    file_faults_record(FAULT_SYNC_FOLDER);
    assert_true(log_upkeep_stop(&logs, 1));
    assert_non_null(strstr(file_faults_calls(), "sync_folder /d1/t-0\n"));
}

/* A broker that was killed has written what nobody has synced. */
static void a_clean_stop_syncs_what_was_recovered(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    log_manager_close(&logs); /* as if it had been killed */

    open_dirs(1);
    assert_status(create("t", id_a, 0, any), KW_OK); /* its settings */
    start();
    file_faults_record(FAULT_SYNC | FAULT_SYNC_FOLDER);
    assert_true(log_upkeep_stop(&logs, 1));
    assert_non_null(strstr(file_faults_calls(), "sync /d1/t-0/00000000000000000000.log\n"));
    assert_non_null(strstr(file_faults_calls(), "sync /d1/t-0/00000000000000000000.index\n"));
    assert_non_null(strstr(file_faults_calls(), "sync_folder /d1/t-0\n"));
    assert_file("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 3\n");
}

/* Whatever fails while it stops: where .kafka_cleanshutdown says that all is well, all is. */
static void a_stop_that_fails_is_not_clean(void **state)
{
    (void)state;
    size_t failed = 0;
    for (bool stopped = false; !stopped; failed++) {
        char name[16];
        (void)snprintf(name, sizeof name, "t%zu", failed);
        sim_init(&sim);
        open_and_start(1);
        assert_status(create(name, id_a, 0, any), KW_OK);
        open_log(name, 0);
        (void)append(name, 3);
        file_faults_plan(FAULT_CHANGES | FAULT_CLOSE, failed, 1, EIO);
        capture_start(&captured);
        stopped = log_upkeep_stop(&logs, 9);
        const char *said = capture_end(&captured);
        file_faults_plan(0, 0, 0, 0);
        assert_int_equal(said[0] == '\0', stopped);
        if (!stopped && file_exists("/d1/.kafka_cleanshutdown")) /* only the folder was not synced */
            assert_non_null(strstr(said, ".kafka_cleanshutdown: "));
        log_manager_close(&logs);
        if (!stopped)
            assert_true(folder_remove("/d1") == KW_OK && folder_create("/d1"));
    }
    assert_in_range(failed, 12, 80);
    assert_file("/d1/.kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":9}");
}

/* Its directory is checked again. */
static void a_log_that_is_not_recovered_is_not_clean(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    log_manager_close(&logs);

    sim_init(&sim);
    open_dirs(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    file_faults_plan(FAULT_MAP, 0, FAULT_FOREVER, EIO);
    capture_start(&captured);
    start();
    assert_non_null(strstr(capture_end(&captured), "/d1/t-0"));
    file_faults_plan(0, 0, 0, 0);
    capture_start(&captured);
    bool stopped = log_upkeep_stop(&logs, 1);
    assert_non_null(strstr(capture_end(&captured), "/d1: not all logs could be closed; "));
    assert_false(stopped);
    assert_false(file_exists("/d1/.kafka_cleanshutdown"));
    log_manager_close(&logs);

    sim_init(&sim);
    open_dirs(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    start();
    assert_true(log_of("t", 0)->log.is_open);
    assert_int_equal(append("t", 1), 3);
    assert_true(log_upkeep_stop(&logs, 2));
}

/* A recovery point behind the end of what is left is not believed. */
static void recovery_points_follow_what_is_cut_off(void **state)
{
    (void)state;
    open_and_start(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    open_log("t", 0);
    (void)append("t", 3);
    log_manager_close(&logs);
    put("/d1/recovery-point-offset-checkpoint", "0\n1\nt 0 7\n");
    sim_init(&sim);
    open_dirs(1);
    assert_status(create("t", id_a, 0, any), KW_OK);
    start();
    assert_int_equal(atomic_load(&log_of("t", 0)->synced_until), 3);
}

static void a_start_may_fail(void **state)
{
    (void)state;
    struct log_upkeep_options options = log_upkeep_defaults;
    options.executor = &sim.executor;
    put("/d1/.kafka_cleanshutdown", "");
    open_dirs(1);
    file_faults_plan(FAULT_REMOVE, 0, 1, EROFS);
    capture_start(&captured);
    bool started = log_upkeep_start(&logs, &options);
    assert_non_null(strstr(capture_end(&captured), "/d1/.kafka_cleanshutdown: Read-only file system\n"));
    assert_false(started);
    assert_null(sim.posted);
}

#define WITH_FILES(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILES(logs_are_created),
        WITH_FILES(segments_are_preallocated),
        WITH_FILES(finished_segments_are_synced),
        WITH_FILES(preallocation_may_fail),
        WITH_FILES(a_log_of_another_topic_is_replaced),
        WITH_FILES(the_directory_with_the_fewest_logs_is_chosen),
        WITH_FILES(creation_may_fail),
        WITH_FILES(logs_are_deleted),
        WITH_FILES(deleted_logs_are_not_opened),
        WITH_FILES(deletions_survive_a_restart),
        WITH_FILES(renaming_may_fail),
        WITH_FILES(folders_without_a_partition_are_set_aside),
        WITH_FILES(a_damaged_id_is_replaced),
        WITH_FILES(an_id_may_not_be_read),
        WITH_FILES(replicas_that_are_moved_are_judged),
        WITH_FILES(replicas_that_are_moved_arrive),
        WITH_FILES(replicas_of_a_killed_broker_arrive),
        WITH_FILES(moving_may_fail),
        WITH_FILES(a_replica_that_is_assigned_is_used),
        WITH_FILES(a_replica_that_cannot_be_recovered_is_not_clean),
        WITH_FILES(a_replica_is_moved_to_one_directory),
        WITH_FILES(the_checkpoint_of_the_cleaner_is_created),
        WITH_FILES(a_directory_that_fails_unused_is_noticed),
        WITH_FILES(checkpoints_are_written),
        WITH_FILES(checkpoints_keep_what_they_had),
        WITH_FILES(checkpoints_forget_what_is_gone),
        WITH_FILES(checkpoints_may_fail),
        WITH_FILES(old_segments_are_removed),
        WITH_FILES(idle_producers_are_forgotten),
        WITH_FILES(settings_act_at_once),
        WITH_FILES(a_log_that_is_not_recovered_is_not_clean),
        WITH_FILES(a_clean_stop_is_known_at_the_next_start),
        WITH_FILES(a_clean_stop_keeps_recovery_points),
        WITH_FILES(a_clean_stop_syncs),
        WITH_FILES(a_clean_stop_syncs_names),
        WITH_FILES(a_clean_stop_syncs_what_was_recovered),
        WITH_FILES(a_stop_that_fails_is_not_clean),
        WITH_FILES(recovery_points_follow_what_is_cut_off),
        WITH_FILES(a_start_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
