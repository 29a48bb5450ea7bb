/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_file FOLDER   in which it creates files */
#include "problem_log.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

static const char *root;
static kw_arena arena;

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    kw_arena_finish(&arena);
    return forget_given(state);
}

static void test_files(void **state)
{
    (void)state;
    path_text path = join(root, "some-bytes");
    write_file(path.text, "bytes", 5);
    struct file_map file;
    assert_status(file_map_open(&file, path.text), KW_OK);
    assert_int_equal(file.size, 5);
    assert_memory_equal(file.data, "bytes", 5);
    file_map_close(&file);
    assert_false(file.is_open);
    file_map_close(&file);

    assert_null(file.data);

    kw_bytes copy;
    assert_status(file_load(path.text, 5, &arena, &copy), KW_OK);
    assert_int_equal(copy.len, 5);
    errno = 0;
    assert_status(file_load(path.text, 4, &arena, &copy), KW_ERR_FILE);
    assert_int_equal(errno, EFBIG);
    kw_arena none;
    kw_arena_init(&none, NULL, 0);
    assert_status(file_load(path.text, 5, &none, &copy), KW_ERR_NO_MEMORY);

    write_file(path.text, "", 0);
    assert_status(file_map_open(&file, path.text), KW_OK);
    assert_int_equal(file.size, 0);
    assert_non_null(file.data);
    file_map_close(&file);
    assert_status(file_load(path.text, 0, &arena, &copy), KW_OK);
    assert_int_equal(copy.len, 0);

    assert_status(file_map_open(&file, root), KW_ERR_FILE);
    assert_int_equal(errno, EINVAL);
    assert_status(file_map_open(&file, join(path.text, "below").text), KW_ERR_NO_FILE);
    assert_status(file_load("", 5, &arena, &copy), KW_ERR_NO_FILE);
}

static void test_problem_text(void **state)
{
    (void)state;
    char text[256];
    const struct file_problem at = {"a/b.log", 182, 2, KW_ERR_CRC, 0, "detail"};
    size_t length = file_problem_text(&at, text, sizeof text);
    assert_string_equal(text, "a/b.log: byte 182 (offset 2): checksum does not match: detail");
    assert_int_equal(length, strlen(text));
    assert_int_equal(file_problem_text(&at, text, 8), length);
    assert_string_equal(text, "a/b.log");
    assert_int_equal(file_problem_text(&at, NULL, 0), length);
    const struct file_problem whole = {"a", -1, -1, KW_ERR_FILE, EACCES, "detail"};
    (void)file_problem_text(&whole, text, sizeof text);
    assert_non_null(strstr(text, strerror(EACCES)));
}

/* Pages of a file that was just written are in memory; those past its end do not count. */
static void test_residence(void **state)
{
    (void)state;
    path_text path = join(root, "resident");
    size_t size = 3 * 1024 * 1024 + 5;
    uint8_t *data = memset(given_size(size), 'x', size);
    write_file(path.text, data, size);
    struct file_map file, none = FILE_MAP_NONE;
    assert_status(file_map_open(&file, path.text), KW_OK);
    assert_true(file_map_is_resident(&file, 0, size));
    assert_true(file_map_is_resident(&file, size - 1, SIZE_MAX));
    assert_true(file_map_is_resident(&none, 0, 1));
    file_map_close(&file);
}

static void test_replace(void **state)
{
    (void)state;
    kw_bytes read;
    path_text path = join(root, "replaced");
    assert_true(file_replace(root, "replaced", kw_string_of("one")));
    assert_true(file_replace(root, "replaced", kw_string_of("four")));
    assert_status(file_load(path.text, 100, &arena, &read), KW_OK);
    assert_int_equal(read.len, 4);
    assert_memory_equal(read.data, "four", 4);
    assert_false(file_exists(join(root, "replaced.tmp").text));
    assert_true(file_modified_ms(path.text) > 0);
    assert_int_equal(file_modified_ms(join(root, "never").text), -1);
    assert_false(file_replace(join(root, "never").text, "x", kw_string_of("")));
    assert_int_equal(errno, ENOENT);
}

static void test_folders(void **state)
{
    (void)state;
    struct folder_names names;
    path_text folder = join(root, "a/b");
    assert_true(folder_create(folder.text));
    assert_true(folder_create(folder.text));
    assert_true(folder_exists(folder.text));
    write_file(join(folder.text, "z").text, "", 0);
    write_file(join(folder.text, "y").text, "", 0);
    assert_status(folder_list(folder.text, &arena, &names), KW_OK);
    assert_int_equal(names.len, 2);
    assert_string_equal(names.items[0].data, "y");
    assert_false(folder_exists(join(folder.text, "z").text));
    assert_false(folder_create(join(folder.text, "z/below").text));
    assert_status(folder_list(join(folder.text, "x").text, &arena, &names), KW_ERR_NO_FILE);
    assert_status(folder_list(join(folder.text, "z").text, &arena, &names), KW_ERR_FILE);
    char *longest = memset(given_size(KW_PATH_SIZE + 1), 'a', KW_PATH_SIZE);
    longest[KW_PATH_SIZE] = '\0';
    assert_false(folder_create(longest));
    assert_int_equal(errno, ENAMETOOLONG);
}

/* A lock excludes other processes, not this one. */
static void test_lock(void **state)
{
    (void)state;
    assert_int_equal(file_lock(root, ".lock"), FILE_LOCKED);
    pid_t child = fork();
    if (child == 0)
        _exit(file_lock(root, ".lock") == FILE_LOCK_TAKEN ? 0 : 1);
    int code = -1;
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_int_equal(code, 0);
    make_folder(join(root, "folder").text);
    assert_int_equal(file_lock(root, "folder"), FILE_LOCK_FAILED);
}

#define TEST_FILES(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_file FOLDER\n");
        return 2;
    }
    root = argv[1];
    const struct CMUnitTest tests[] = {
        TEST_FILES(test_files),   TEST_FILES(test_problem_text), TEST_FILES(test_residence),
        TEST_FILES(test_replace), TEST_FILES(test_folders),      TEST_FILES(test_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
