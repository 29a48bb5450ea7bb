/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of partitions and small files, in memory, while calls of the disk fail. */
#include "../../unit/support.h"

#include "../support/file_faults.h"
#include "../support/random_test.h"
#include "base/file_memory.h"
#include "log/log_folders.h"
#include "log/log_size.h"
#include "log/small_file.h"

enum { MEMORY = 16 * 1024 * 1024 };

static const kw_uuid id = {{1, 2}};
static char path[KW_PATH_SIZE];

static int set_up(void **state)
{
    (void)state;
    if (!file_memory_start(MEMORY))
        return -1;
    file_layer_use(&file_layer_memory);
    file_faults_start();
    return folder_create("d") ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    return 0;
}

static kw_status create(const char *topic, int32_t partition)
{
    return log_folder_create("d", kw_string_of(topic), partition, id, path);
}

/* The first call of each kind that fails: nothing remains, and errno is of that call. */
static void creating_fails(void **state)
{
    (void)state;
    static const enum file_fault kinds[] = {FAULT_CREATE_FOLDER, FAULT_OPEN, FAULT_WRITE, FAULT_CLOSE};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        for (size_t pass = 0; pass < 3; pass++) {
            file_faults_plan(kinds[i], pass, 1, EDQUOT);
            kw_status status = create("t", 0);
            int error = errno;
            bool reached = file_faults.fail == 0;
            file_faults_plan(0, 0, 0, 0);
            assert_status(status, reached ? KW_ERR_FILE : KW_OK);
            if (!reached)
                assert_status(folder_remove("d/t-0"), KW_OK);
            else
                assert_int_equal(error, EDQUOT);
            assert_false(folder_exists("d/t-0"));
            assert_true(reached || pass > 0);
        }
    }
}

static void names_that_are_too_long(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    errno = 0;
    assert_status(create(name, 0), KW_ERR_FILE);
    assert_int_equal(errno, EINVAL);
    assert_status(create(name + 50, 0), KW_OK); /* Kafka's longest */
    struct random_test random;
    random_test_init(&random, 1);
    char set_aside[KW_PATH_SIZE];
    assert_status(
        log_folder_set_aside("d", path, kw_string_of(name + 50), 0, KW_PARTITION_DIR_DELETE, &random.source, set_aside),
        KW_OK);
    assert_true(folder_exists(set_aside));
    assert_false(folder_exists(path));
}

static bool no_numbers(struct random_source *source, void *to, size_t size)
{
    (void)source;
    (void)to;
    (void)size;
    errno = ENOSYS;
    return false;
}

static void setting_aside_fails(void **state)
{
    (void)state;
    struct random_source none = {no_numbers};
    struct random_test random;
    char to[KW_PATH_SIZE];
    random_test_init(&random, 1);
    assert_status(create("t", 0), KW_OK);
    assert_status(log_folder_set_aside("d", path, kw_string_of("t"), 0, KW_PARTITION_DIR_STRAY, &none, to),
                  KW_ERR_FILE);
    assert_int_equal(errno, ENOSYS);
    file_faults_plan(FAULT_RENAME, 0, 1, EXDEV);
    assert_status(log_folder_set_aside("d", path, kw_string_of("t"), 0, KW_PARTITION_DIR_STRAY, &random.source, to),
                  KW_ERR_FILE);
    assert_int_equal(errno, EXDEV);
    assert_true(folder_exists("d/t-0"));
}

/* Whatever fails with one folder, the others are removed; those that live stay. */
static void purging_fails(void **state)
{
    (void)state;
    struct random_test random;
    char to[3][KW_PATH_SIZE];
    random_test_init(&random, 1);
    for (int i = 0; i < 3; i++) {
        assert_status(create("t", i), KW_OK);
        assert_status(
            log_folder_set_aside("d", path, kw_string_of("t"), i, KW_PARTITION_DIR_DELETE, &random.source, to[i]),
            KW_OK);
    }
    assert_status(create("t", 0), KW_OK);
    file_faults_plan(FAULT_LIST, 0, 1, EIO);
    assert_status(log_folders_purge("d"), KW_ERR_FILE);
    assert_int_equal(errno, EIO);
    for (int i = 0; i < 3; i++)
        assert_true(folder_exists(to[i]));
    file_faults_plan(FAULT_REMOVE_FOLDER, 0, 1, EBUSY);
    assert_status(log_folders_purge("d"), KW_ERR_FILE);
    assert_int_equal(errno, EBUSY);
    int left = 0;
    for (int i = 0; i < 3; i++)
        left += folder_exists(to[i]);
    assert_int_equal(left, 1);
    assert_status(log_folders_purge("d"), KW_OK);
    for (int i = 0; i < 3; i++)
        assert_false(folder_exists(to[i]));
    assert_true(folder_exists("d/t-0"));
    assert_status(log_folders_purge("e"), KW_ERR_NO_FILE);
}

/* ---- small files ---- */

static void assert_content(const char *name, const char *text)
{
    uint8_t memory[256];
    kw_arena arena;
    kw_bytes bytes;
    kw_arena_init(&arena, memory, sizeof memory);
    assert_status(file_load(name, 100, &arena, &bytes), KW_OK);
    assert_int_equal(bytes.len, strlen(text));
    assert_memory_equal(bytes.data, text, strlen(text));
}

static kw_status replace(const char *text)
{
    return small_file_replace("d", "f", (kw_span){text, strlen(text)});
}

static void small_files_fail(void **state)
{
    (void)state;
    static const enum file_fault kinds[] = {FAULT_OPEN, FAULT_WRITE, FAULT_CLOSE, FAULT_RENAME};
    assert_status(replace("before"), KW_OK);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        file_faults_plan(kinds[i], 0, 1, EIO);
        errno = 0;
        assert_status(replace("after"), KW_ERR_FILE);
        assert_int_equal(errno, EIO);
        file_faults_plan(0, 0, 0, 0);
        assert_content("d/f", "before");
    }
    assert_status(replace(""), KW_OK);
    assert_content("d/f", "");
    assert_status(replace("after"), KW_OK);
    assert_content("d/f", "after");
    assert_status(small_file_write("d/f", (kw_span){"x", 1}), KW_OK);
    assert_content("d/f", "x");
}

/* One more than the longest path, and what is longest with its ending. */
static void small_files_with_long_names(void **state)
{
    (void)state;
    static char name[KW_PATH_SIZE];
    memset(name, 'x', sizeof name);
    for (size_t length = KW_PATH_SIZE - 6; length < KW_PATH_SIZE - 1; length++) {
        memset(name, 'x', sizeof name);
        name[length] = '\0';
        errno = 0;
        assert_status(small_file_replace("d", name, (kw_span){"x", 1}), KW_ERR_FILE);
        assert_int_equal(errno, ENAMETOOLONG);
    }
}

/* ---- sizes ---- */

static void put(const char *name, size_t size)
{
    static const uint8_t zeros[64];
    struct file file;
    const kw_span part = {zeros, size};
    assert_status(path_join(path, "d", kw_string_of(name)), KW_OK);
    assert_status(file_open(&file, path, FILE_CREATE | FILE_EXCLUSIVE), KW_OK);
    assert_status(file_write(&file, 0, &part, 1), KW_OK);
    assert_status(file_close(&file), KW_OK);
}

/* Of segments, and of nothing else in the folder. */
static void sizes_of_segments(void **state)
{
    (void)state;
    assert_int_equal(log_folder_size("d"), 0);
    assert_int_equal(log_folder_size("missing"), 0);
    put("00000000000000000000.log", 10);
    assert_int_equal(log_folder_size("d"), 10);
    put("00000000000000000000.index", 20);
    put("00000000000000000005.log.deleted", 30);
    put("00000000000000000006.log.cleaned", 30);
    put("other", 30);
    assert_int_equal(log_folder_size("d"), 10);
    put("00000000000000000007.log", 40);
    put("00000000000000000009.log", 1);
    assert_int_equal(log_folder_size("d"), 51);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(creating_fails),    FOLDER_TEST(names_that_are_too_long), FOLDER_TEST(setting_aside_fails),
        FOLDER_TEST(purging_fails),     FOLDER_TEST(small_files_fail),        FOLDER_TEST(small_files_with_long_names),
        FOLDER_TEST(sizes_of_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
