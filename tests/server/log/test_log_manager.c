/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_log_manager FOLDER   in which it makes log directories */
#include "../support/problem_log.h"

#include <errno.h>
#include <unistd.h>

#include <kwire/error.h>

#include "base/file.h"
#include "log/log_manager.h"

static const char *root;
static int count;
static path_text data;
static struct log_manager logs;
static problem_log problems;

static const kw_uuid zero = {{0}};

/* Each test has a directory of its own. */
static int set_up(void **state)
{
    (void)state;
    char name[16];
    (void)snprintf(name, sizeof name, "dir-%d", count++);
    data = join(root, name);
    make_folder(data.text);
    return 0;
}

static int tear_down(void **state)
{
    log_manager_close(&logs);
    return forget_given(state);
}

static void put_text(const char *name, const char *text)
{
    write_file(join(data.text, name).text, text, strlen(text));
}

static void put_folder(const char *name)
{
    make_folder(join(data.text, name).text);
}

static void open_logs(void)
{
    const struct problem_listener listener = {log_problem, &problems};
    memset(&problems, 0, sizeof problems);
    log_manager_close(&logs);
    assert_status(log_manager_open(&logs, data.text, &listener), KW_OK);
}

static void assert_said(const char *part)
{
    if (problems.count != 1 || strstr(problems.text, part) == NULL)
        fail_msg("not `%s`, but %zu problems: %s", part, problems.count, problems.text);
}

/* The folders of live logs, in their order. */
static void assert_folders(const char *const *names, size_t live, size_t folders)
{
    struct log_list list;
    open_logs();
    assert_no_problem(&problems);
    assert_int_equal(logs.dirs[0]->folder_count, folders);
    assert_int_equal(atomic_load(&logs.dirs[0]->log_count), live + logs.future_count);
    assert_int_equal(log_manager_count(&logs), live);
    assert_int_equal(log_manager_is_empty(&logs), folders == 0);
    assert_true(log_manager_list(&logs, &list));
    assert_int_equal(list.len, live);
    for (size_t i = 0; i < live; i++) {
        struct partition_log *log = list.items[i];
        assert_string_equal(log->folder, join(data.text, names[i]).text);
        assert_ptr_equal(log->dir, logs.dirs[0]);
        assert_ptr_equal(log_manager_find(&logs, log->topic, zero, log->partition), log);
        log_release(log);
    }
    log_list_release(&list);
}

#define DIGITS "0123456789abcdef0123456789abcde"

static void test_folders(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a-0",
        "a-2",
        "a-10",
        "ab-1",
        "b-0",
        "a-1." DIGITS "0-delete",
        "a-1." DIGITS "1-delete",
        "a-1." DIGITS "2-delete",
        "a-0." DIGITS "0-future",
        "a-0." DIGITS "0-stray",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        put_folder(names[(i * 7 + 3) % COUNT_OF(names)]);
    put_folder("__cluster_metadata-0");
    put_folder("lost+found");
    put_text("c-0", "not a folder");
    assert_folders(names, 5, COUNT_OF(names));
    assert_int_equal(logs.future_count, 1);
    assert_false(logs.dirs[0]->was_clean);
}

static void test_one_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a-0"};
    assert_folders(names, 0, 0);
    put_folder("a-0");
    assert_folders(names, 1, 1);
}

/* A partition without a folder, or with one of another topic, has an empty log. */
static void test_find(void **state)
{
    (void)state;
    const kw_uuid other = {{1}};
    put_folder("a-0");
    put_folder("b-0");
    put_text("a-0/partition.metadata", "version: 0\ntopic_id: AQEBAQEBAQEBAQEBAQEBAQ\n");
    open_logs();
    assert_no_problem(&problems);
    const kw_string a = kw_string_of("a"), b = kw_string_of("b");
    struct partition_log *log = log_manager_find(&logs, a, zero, 0);
    assert_non_null(log->folder);
    assert_int_equal(log->topic_id.bytes[15], 1);
    struct partition_log *same = log_manager_find(&logs, a, log->topic_id, 0);
    assert_ptr_equal(same, log);
    log_release(same);
    struct partition_log *another = log_manager_find(&logs, a, other, 0);
    assert_ptr_not_equal(another, log);
    assert_null(another->folder);
    assert_true(kw_uuid_equal(another->topic_id, other));
    assert_non_null(log->folder); /* who has found it may use it */
    log_release(log);
    struct partition_log *missing = log_manager_find(&logs, a, zero, 1);
    assert_null(missing->folder);
    assert_ptr_not_equal(missing, another); /* each has its own */
    log = log_manager_find(&logs, b, other, 0);
    assert_non_null(log->folder); /* its id is not known */
    log_release(log);
    struct log_snapshot snapshot;
    assert_int_equal(partition_log_acquire(missing, false, &snapshot), KW_ERROR_NONE);
    assert_int_equal(snapshot.contents->segment_count, 0);
    assert_int_equal(snapshot.log_start_offset, 0);
    log_snapshot_release(&snapshot);
    log_release(missing);
    log_release(another);
    log_manager_close(&logs);
    assert_null(log_manager_find(&logs, a, zero, 0));
    log_manager_close(&logs);
}

/* Whether the last segment is checked depends on how the broker has stopped, where a log starts on a checkpoint. */
static struct partition_log *log_of_a(void)
{
    struct partition_log *log = log_manager_find(&logs, kw_string_of("a"), zero, 0);
    assert_non_null(log);
    log_release(log); /* the manager has it */
    return log;
}

static void test_how_logs_are_opened(void **state)
{
    (void)state;
    uint8_t bytes[256];
    const made_batch made = {.base_offset = 0, .count = 5, .timestamp = 1, .producer_id = -1};
    const size_t size = put_batch(bytes, made);
    bytes[size - 1] ^= 1;
    put_folder("a-0");
    write_file(join(data.text, "a-0/00000000000000000000.log").text, bytes, size);
    put_text("log-start-offset-checkpoint", "0\n1\na 0 3\n");
    struct log_snapshot snapshot;
    for (int clean = 0; clean <= 1; clean++) {
        open_logs();
        assert_no_problem(&problems);
        assert_int_equal(logs.dirs[0]->was_clean, clean);
        assert_int_equal(log_of_a()->start_offset, 3);
        assert_int_equal(log_of_a()->check, clean ? 0 : CHECK_CRC);
        put_text(".kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":1}");
    }
    assert_int_equal(partition_log_acquire(log_of_a(), false, &snapshot), KW_ERROR_NONE);
    assert_int_equal(snapshot.log_start_offset, 3);
    assert_int_equal(snapshot.log_end_offset, 5);
    log_snapshot_release(&snapshot);
    put_text("log-start-offset-checkpoint", "0\n1\na 1 3\n");
    open_logs();
    assert_int_equal(log_of_a()->start_offset, -1);
}

static void test_checkpoints(void **state)
{
    (void)state;
    put_folder("a-0");
    put_text("replication-offset-checkpoint", "0\n1\na 0 1\n");
    put_text("recovery-point-offset-checkpoint", "0\n1\na 0 2\n");
    put_text("log-start-offset-checkpoint", "0\n2\na 0 4\na x\n");
    open_logs();
    assert_problem(&problems, KW_ERR_FILE_FORMAT, 12);
    assert_int_equal(problems.offset, -1);
    assert_said("log-start-offset-checkpoint: byte 12: ");
    assert_said("checkpoint; the lines before this are used");
    assert_int_equal(managed_log_of(log_of_a())->checked_watermark, 1);
    assert_int_equal(atomic_load(&managed_log_of(log_of_a())->synced_until), 2);
    assert_int_equal(log_of_a()->start_offset, 4);
    put_text("replication-offset-checkpoint", "0\n0\n");
    put_text("recovery-point-offset-checkpoint", "");
    put_text("log-start-offset-checkpoint", "0\n1\na 1 4\n");
    open_logs();
    assert_no_problem(&problems);
    assert_int_equal(managed_log_of(log_of_a())->checked_watermark, -1);
    assert_int_equal(atomic_load(&managed_log_of(log_of_a())->synced_until), 0);
    assert_int_equal(log_of_a()->start_offset, -1);
}

static void test_unreadable_files(void **state)
{
    (void)state;
    put_folder("replication-offset-checkpoint");
    put_folder("a-0");
    open_logs();
    assert_said("replication-offset-checkpoint: ");
    assert_said("file of a log directory; it is not used");
    assert_int_equal(log_manager_count(&logs), 1);
    assert_int_equal(remove(join(data.text, "replication-offset-checkpoint").text), 0);

    put_folder("a-0/partition.metadata");
    open_logs();
    assert_said("a-0/partition.metadata: ");
    assert_true(kw_uuid_is_zero(log_of_a()->topic_id));
    assert_int_equal(remove(join(data.text, "a-0/partition.metadata").text), 0);

    put_text("a-0/partition.metadata", "version: 0\ntopic_id: ?\n");
    open_logs();
    assert_said("a-0/partition.metadata: byte 21: ");
    assert_said("id of the topic; the folder is known by its name");
    assert_int_equal(problems.offset, -1);
    assert_int_equal(log_manager_count(&logs), 1);
}

/* Two directories, and one partition in both of them. */
static void test_two_directories(void **state)
{
    (void)state;
    const struct problem_listener listener = {log_problem, &problems};
    put_folder("a-0");
    put_folder("second");
    put_folder("second/a-1");
    open_logs();
    assert_status(log_manager_add_dir(&logs, join(data.text, "second").text, &listener), KW_OK);
    assert_int_equal(log_manager_count(&logs), 2);
    assert_int_equal(logs.dir_count, 2);
    assert_string_equal(logs.path, data.text);
    put_folder("second/a-0");
    write_file(join(data.text, "a-0/00000000000000000000.log").text, "?", 1);
    write_file(join(data.text, "second/a-0/00000000000000000000.log").text, "?", 1);
    open_logs();
    assert_status(log_manager_add_dir(&logs, join(data.text, "second").text, &listener), KW_ERR_FILE_FORMAT);
    assert_said("second/a-0: ");
    assert_said("folder of a partition; another log directory has one of the same name");
}

/* Many logs, so that the map grows. */
static void test_many(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    struct log_list list;
    open_logs();
    for (int32_t i = 0; i < MANY; i++)
        log_release(log_manager_find(&logs, kw_string_of(i % 2 == 0 ? "even" : "odd"), zero, i / 2));
    assert_int_equal(log_manager_count(&logs), MANY);
    assert_true(log_manager_list(&logs, &list));
    assert_int_equal(list.len, MANY);
    for (int32_t i = 0; i < MANY; i++) {
        assert_true(kw_string_equal(list.items[i]->topic, kw_string_of(i < MANY / 2 ? "even" : "odd")));
        assert_int_equal(list.items[i]->partition, i % (MANY / 2));
        struct managed_log *log = managed_log_of(list.items[i]);
        if (i % 3 == 0) {
            assert_true(log_map_remove(&logs.map, log));
            assert_false(log_map_remove(&logs.map, log));
            log_release(&log->log);
        }
    }
    for (int32_t i = 0; i < MANY; i++) {
        struct managed_log *log = log_map_find(&logs.map, list.items[i]->topic, list.items[i]->partition);
        assert_int_equal(log == NULL, i % 3 == 0);
        if (log != NULL)
            log_release(&log->log);
    }
    log_list_release(&list);
    assert_int_equal(log_manager_count(&logs), MANY - (MANY + 2) / 3);
}

/* A folder whose path is too long is left out. */
static void test_long_path(void **state)
{
    (void)state;
    char deep[201], name[256], here[KW_PATH_SIZE];
    assert_non_null(getcwd(here, sizeof here));
    memset(deep, 'd', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    char *path = (char *)given_size(KW_PATH_SIZE + 64);
    size_t length = (size_t)snprintf(path, KW_PATH_SIZE, "%s", data.text);
    assert_int_equal(chdir(path), 0);
    for (; length < KW_PATH_SIZE - 250; length += sizeof deep) { /* step by step, as only then it may be that long */
        make_folder(deep);
        assert_int_equal(chdir(deep), 0);
        path[length] = '/';
        memcpy(path + length + 1, deep, sizeof deep);
    }
    memset(name, 't', sizeof name);
    size_t fits = KW_PATH_SIZE - 2 - length; /* with the separator and the zero */
    strcpy(name + fits - 2, "-0");
    make_folder(name);
    open_logs();
    const struct problem_listener listener = {log_problem, &problems};
    log_manager_close(&logs);
    assert_status(log_manager_open(&logs, path, &listener), KW_OK);
    assert_int_equal(log_manager_count(&logs), 1); /* though its partition.metadata would have too long a path */
    assert_int_equal(remove(name), 0);
    strcpy(name + fits - 2, "t-0");
    make_folder(name);
    log_manager_close(&logs);
    memset(&problems, 0, sizeof problems);
    assert_status(log_manager_open(&logs, path, &listener), KW_OK);
    assert_said("folder of a partition; it is left out");
    assert_int_equal(log_manager_count(&logs), 0);
    assert_int_equal(remove(name), 0);
    assert_int_equal(chdir(here), 0);
}

#define TEST_DIR(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_log_manager FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_DIR(test_folders),     TEST_DIR(test_one_folder),
        TEST_DIR(test_find),        TEST_DIR(test_how_logs_are_opened),
        TEST_DIR(test_checkpoints), TEST_DIR(test_unreadable_files),
        TEST_DIR(test_long_path),   TEST_DIR(test_two_directories),
        TEST_DIR(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
