/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_file_layers FOLDER   in which it creates files. The same cases for each layer. */
#include "../../unit/disk_support.h"

#include <errno.h>

#include "../support/file_faults.h"
#include "base/file.h"
#include "base/file_memory.h"

static char root[KW_PATH_SIZE];
static kw_arena arena;

static int set_up(void **state)
{
    (void)state;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 16 * 1024 * 1024);
    assert_true(folder_create(root));
    return 0;
}

static int tear_down(void **state)
{
    kw_arena_finish(&arena);
    assert_int_equal(folder_remove(root), KW_OK);
    return forget_given(state);
}

/* The second one that is given is valid until the second call after it. */
static const char *in_root(const char *name)
{
    static char paths[2][KW_PATH_SIZE];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    assert_int_equal(path_join(path, root, kw_string_of(name)), KW_OK);
    return path;
}

static void put(const char *path, const char *text)
{
    struct file file;
    const kw_span part = {text, strlen(text)};
    assert_int_equal(file_open(&file, path, FILE_CREATE | FILE_TRUNCATE), KW_OK);
    assert_int_equal(file_write(&file, 0, &part, 1), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
}

static void assert_file_bytes(const char *path, const void *bytes, size_t size)
{
    kw_bytes read;
    assert_int_equal(file_load(path, 1 << 20, &arena, &read), KW_OK);
    assert_int_equal(read.len, size);
    if (size != 0)
        assert_memory_equal(read.data, bytes, size);
}

static void assert_file_text(const char *path, const char *text)
{
    assert_file_bytes(path, text, strlen(text));
}

#define assert_errno(call, error)            \
    do {                                     \
        errno = 0;                           \
        assert_int_equal(call, KW_ERR_FILE); \
        assert_int_equal(errno, (error));    \
    } while (0)

/* ---- files that are written ---- */

static void files_are_opened(void **state)
{
    (void)state;
    struct file file;
    const char *path = in_root("a");
    assert_int_equal(file_open(&file, path, 0), KW_ERR_NO_FILE);
    assert_false(file_is_open(&file));
    assert_int_equal(file_close(&file), KW_OK);
    assert_int_equal(file_open(&file, in_root("none/a"), FILE_CREATE), KW_ERR_NO_FILE);

    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    assert_true(file_is_open(&file));
    assert_int_equal(file_close(&file), KW_OK);
    assert_false(file_is_open(&file));
    assert_file_text(path, "");

    assert_errno(file_open(&file, path, FILE_CREATE | FILE_EXCLUSIVE), EEXIST);
    assert_false(file_is_open(&file));
    assert_int_equal(file_open(&file, in_root("b"), FILE_CREATE | FILE_EXCLUSIVE), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);

    put(path, "abc");
    assert_int_equal(file_open(&file, in_root("a/below"), FILE_CREATE), KW_ERR_NO_FILE);
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    assert_file_text(path, "abc");
    assert_int_equal(file_open(&file, path, FILE_TRUNCATE), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    assert_file_text(path, "");
    assert_errno(file_open(&file, root, 0), EISDIR);
    assert_errno(file_open(&file, root, FILE_CREATE), EISDIR);
}

static void parts_are_gathered(void **state)
{
    (void)state;
    struct file file;
    const char *path = in_root("a");
    size_t size = 99;
    const kw_span parts[] = {{"ab", 2}, {NULL, 0}, {"c", 1}, {"", 0}, {"def", 3}, {NULL, 0}};
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    assert_int_equal(file_size(&file, &size), KW_OK);
    assert_int_equal(size, 0);
    assert_int_equal(file_write(&file, 0, parts, COUNT_OF(parts)), KW_OK);
    assert_file_text(path, "abcdef");
    assert_int_equal(file_write(&file, 1, parts, 1), KW_OK); /* over what is there */
    assert_file_text(path, "aabdef");
    assert_int_equal(file_write(&file, 8, &parts[2], 1), KW_OK); /* with a gap before it */
    assert_file_bytes(path, "aabdef\0\0c", 9);
    assert_int_equal(file_write(&file, 100, parts, 0), KW_OK);
    assert_int_equal(file_write(&file, 100, &parts[1], 1), KW_OK);
    assert_int_equal(file_size(&file, &size), KW_OK);
    assert_int_equal(size, 9);
    assert_int_equal(file_sync(&file), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    assert_int_equal(file_sync_path(path), KW_OK);
    assert_int_equal(file_sync_path(in_root("missing")), KW_ERR_NO_FILE);
}

/* Where the layer can; otherwise its mappings do. */
static void bytes_are_read(void **state)
{
    (void)state;
    char read[8] = "-------";
    struct file file;
    put(in_root("file"), "some text");
    assert_int_equal(file_open(&file, in_root("file"), 0), KW_OK);
    file_write_back(&file, 0, 9); /* whatever that does */
    if (file_can_read()) {
        assert_int_equal(file_read_at(&file, 5, read, 3), KW_OK);
        assert_string_equal(read, "tex----");
        assert_int_equal(file_read_at(&file, 9, read, 0), KW_OK);
        assert_int_equal(file_read_at(&file, 5, read, 5), KW_ERR_FILE);
        assert_int_equal(errno, EIO);
    }
    assert_int_equal(file_close(&file), KW_OK);
    assert_file_text(in_root("file"), "some text");
}

static void many_parts_are_gathered(void **state)
{
    (void)state;
    enum { PARTS = 3000 };
    static kw_span parts[PARTS];
    static char text[PARTS];
    struct file file;
    for (size_t i = 0; i < PARTS; i++) {
        text[i] = (char)('a' + i % 23);
        parts[i] = (kw_span){&text[i], 1};
    }
    assert_int_equal(file_open(&file, in_root("a"), FILE_CREATE), KW_OK);
    assert_int_equal(file_write(&file, 0, parts, PARTS), KW_OK);
    assert_file_bytes(in_root("a"), text, PARTS);
    assert_int_equal(file_close(&file), KW_OK);
}

static void files_are_truncated(void **state)
{
    (void)state;
    struct file file;
    size_t size;
    const char *path = in_root("a");
    put(path, "abcdef");
    assert_int_equal(file_open(&file, path, 0), KW_OK);
    assert_int_equal(file_truncate(&file, 2), KW_OK);
    assert_file_text(path, "ab");
    assert_int_equal(file_truncate(&file, 4), KW_OK);
    assert_file_bytes(path, "ab\0\0", 4);
    assert_int_equal(file_truncate(&file, 100000), KW_OK);
    assert_int_equal(file_truncate(&file, 5), KW_OK);
    assert_int_equal(file_truncate(&file, 70000), KW_OK);
    assert_int_equal(file_size(&file, &size), KW_OK);
    assert_int_equal(size, 70000);
    uint8_t *expected = given_size(70000);
    memset(expected, 0, 70000);
    memcpy(expected, "ab", 2);
    assert_file_bytes(path, expected, 70000);
    assert_int_equal(file_truncate(&file, 0), KW_OK);
    assert_file_text(path, "");
    assert_int_equal(file_close(&file), KW_OK);
}

static void two_may_write(void **state)
{
    (void)state;
    struct file one, two;
    const char *path = in_root("a");
    const kw_span a = {"aaaa", 4}, b = {"bb", 2};
    assert_int_equal(file_open(&one, path, FILE_CREATE), KW_OK);
    assert_int_equal(file_open(&two, path, 0), KW_OK);
    assert_int_equal(file_write(&one, 0, &a, 1), KW_OK);
    assert_int_equal(file_write(&two, 1, &b, 1), KW_OK);
    assert_int_equal(file_close(&one), KW_OK);
    assert_file_text(path, "abba");
    assert_int_equal(file_close(&two), KW_OK);
}

/* ---- names ---- */

static void files_are_renamed(void **state)
{
    (void)state;
    struct file file;
    const kw_span part = {"2", 1};
    put(in_root("a"), "1");
    put(in_root("b"), "other");
    assert_int_equal(file_open(&file, in_root("a"), 0), KW_OK);
    assert_int_equal(file_rename(in_root("a"), in_root("b")), KW_OK);
    assert_false(file_exists(in_root("a")));
    assert_file_text(in_root("b"), "1");
    assert_int_equal(file_write(&file, 1, &part, 1), KW_OK); /* it is still the same file */
    assert_file_text(in_root("b"), "12");
    assert_int_equal(file_close(&file), KW_OK);
    assert_int_equal(file_rename(in_root("a"), in_root("b")), KW_ERR_NO_FILE);
    assert_int_equal(file_rename(in_root("b"), in_root("none/b")), KW_ERR_NO_FILE);
    assert_int_equal(file_rename(in_root("b"), in_root("b")), KW_OK);
    assert_file_text(in_root("b"), "12");
}

static void folders_are_renamed(void **state)
{
    (void)state;
    assert_true(folder_create(in_root("f/g")));
    put(in_root("f/a"), "1");
    put(in_root("f/g/b"), "2");
    assert_int_equal(file_rename(in_root("f"), in_root("h")), KW_OK);
    assert_false(folder_exists(in_root("f")));
    assert_file_text(in_root("h/a"), "1");
    assert_file_text(in_root("h/g/b"), "2");
    put(in_root("file"), "3");
    assert_errno(file_rename(in_root("file"), in_root("h")), EISDIR);
    assert_int_equal(file_rename(in_root("h"), in_root("file")), KW_ERR_NO_FILE); /* ENOTDIR */
    assert_errno(file_rename(in_root("h"), in_root("h/g/i")), EINVAL);
    assert_true(folder_create(in_root("full/x")));
    errno = 0;
    assert_int_equal(file_rename(in_root("h"), in_root("full")), KW_ERR_FILE);
    assert_true(errno == ENOTEMPTY || errno == EEXIST);
    assert_true(folder_create(in_root("empty")));
    assert_int_equal(file_rename(in_root("h"), in_root("empty")), KW_OK);
    assert_file_text(in_root("empty/a"), "1");
    assert_false(folder_exists(in_root("h")));
}

static void files_are_removed(void **state)
{
    (void)state;
    struct file file;
    struct file_map map;
    const kw_span part = {"xyz", 3};
    const char *path = in_root("a");
    put(path, "abc");
    assert_int_equal(file_open(&file, path, 0), KW_OK);
    assert_int_equal(file_map_open(&map, path), KW_OK);
    assert_int_equal(file_remove(path), KW_OK);
    assert_false(file_exists(path));
    assert_int_equal(file_remove(path), KW_ERR_NO_FILE);
    put(path, "new");
    assert_memory_equal(map.data, "abc", 3); /* what is open remains */
    assert_int_equal(file_write(&file, 3, &part, 1), KW_OK);
    size_t size;
    assert_int_equal(file_size(&file, &size), KW_OK);
    assert_int_equal(size, 6);
    assert_int_equal(file_close(&file), KW_OK);
    file_map_close(&map);
    assert_file_text(path, "new");
    errno = 0;
    assert_int_equal(file_remove(root), KW_ERR_FILE);
    assert_true(errno == EISDIR || errno == EPERM);
}

static void files_are_looked_at(void **state)
{
    (void)state;
    struct file_facts facts, other;
    const char *path = in_root("a");
    assert_int_equal(file_look(path, &facts), KW_ERR_NO_FILE);
    assert_int_equal(file_modified_ms(path), -1);
    assert_false(file_exists(path));
    assert_false(folder_exists(path));
    put(path, "abc");
    assert_int_equal(file_look(path, &facts), KW_OK);
    assert_false(facts.is_folder);
    assert_int_equal(facts.size, 3);
    assert_true(facts.modified_ms > INT64_C(1600000000000));
    assert_true(file_modified_ms(path) == facts.modified_ms);
    assert_int_equal(file_look(root, &other), KW_OK);
    assert_true(other.device == facts.device && other.number != facts.number);
    assert_int_equal(file_look(path, &other), KW_OK);
    assert_true(other.device == facts.device && other.number == facts.number);
    assert_true(file_exists(path));
    assert_false(folder_exists(path));
    assert_int_equal(file_set_modified(path, INT64_C(1234567890123)), KW_OK);
    assert_int_equal(file_modified_ms(path), INT64_C(1234567890123));
    assert_int_equal(file_set_modified(in_root("none"), 0), KW_ERR_NO_FILE);
    assert_int_equal(file_look(in_root("a/b"), &facts), KW_ERR_NO_FILE);
    assert_int_equal(file_look(root, &facts), KW_OK);
    assert_true(facts.is_folder);
    assert_true(folder_exists(root));
    assert_true(file_exists(root));
}

/* ---- mappings ---- */

static void files_are_mapped(void **state)
{
    (void)state;
    struct file_map map, none = FILE_MAP_NONE;
    const char *path = in_root("a");
    assert_int_equal(file_map_open(&map, path), KW_ERR_NO_FILE);
    assert_false(map.is_open);
    put(path, "abc");
    assert_int_equal(file_map_open(&map, path), KW_OK);
    assert_true(map.is_open);
    assert_int_equal(map.size, 3);
    assert_int_equal(map.capacity, 3);
    assert_memory_equal(map.data, "abc", 3);
    assert_true(file_map_is_resident(&map, 0, 3));
    assert_true(file_map_is_resident(&map, 2, SIZE_MAX));
    file_map_close(&map);
    assert_false(map.is_open);
    assert_null(map.data);
    file_map_close(&map);
    assert_true(file_map_is_resident(&none, 0, 1));

    put(path, "");
    assert_int_equal(file_map_open(&map, path), KW_OK);
    assert_int_equal(map.size, 0);
    assert_non_null(map.data);
    file_map_close(&map);
    assert_errno(file_map_open(&map, root), EINVAL);
    assert_int_equal(file_map_open(&map, in_root("a/b")), KW_ERR_NO_FILE);
}

/* What is appended appears at the same addresses, for each of several. */
static void mappings_grow(void **state)
{
    (void)state;
    enum { STEP = 5000, STEPS = 300, CAPACITY = STEP * STEPS };
    struct file file;
    struct file_map early, late, whole;
    const char *path = in_root("a");
    uint8_t bytes[STEP];
    const kw_span part = {bytes, STEP};
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    assert_int_equal(file_map_open_growing(&early, path, CAPACITY), KW_OK);
    assert_int_equal(early.size, 0);
    assert_int_equal(early.capacity, CAPACITY);
    for (size_t i = 0; i < STEPS; i++) {
        memset(bytes, (int)(i % 251 + 1), STEP);
        assert_int_equal(file_write(&file, i * STEP, &part, 1), KW_OK);
        assert_memory_equal(early.data + i * STEP, bytes, STEP);
        if (i == STEPS / 2)
            assert_int_equal(file_map_open_growing(&late, path, CAPACITY), KW_OK);
        if (i >= STEPS / 2)
            assert_memory_equal(late.data + i * STEP, bytes, STEP);
    }
    assert_true(file_map_is_resident(&early, 0, CAPACITY));
    assert_int_equal(late.size, (STEPS / 2 + 1) * STEP);
    assert_int_equal(file_map_open_growing(&whole, path, 10), KW_OK); /* less than there is */
    assert_int_equal(whole.size, CAPACITY);
    assert_int_equal(whole.capacity, CAPACITY);
    assert_memory_equal(whole.data, early.data, CAPACITY);
    assert_int_equal(file_close(&file), KW_OK);
    assert_int_equal(file_remove(path), KW_OK);
    assert_memory_equal(whole.data, early.data, CAPACITY);
    file_map_close(&early);
    assert_memory_equal(whole.data, late.data, CAPACITY);
    file_map_close(&late);
    file_map_close(&whole);
}

/* What is cut off and written again is seen by growing mappings. */
static void mappings_follow_truncation(void **state)
{
    (void)state;
    struct file file;
    struct file_map map;
    const char *path = in_root("a");
    const kw_span part = {"xyz", 3};
    put(path, "abcdef");
    assert_int_equal(file_map_open_growing(&map, path, 1 << 20), KW_OK);
    assert_int_equal(file_open(&file, path, 0), KW_OK);
    assert_int_equal(file_truncate(&file, 2), KW_OK);
    assert_int_equal(file_write(&file, 2, &part, 1), KW_OK);
    assert_memory_equal(map.data, "abxyz", 5);
    assert_int_equal(file_truncate(&file, 1), KW_OK);
    assert_int_equal(file_truncate(&file, 4), KW_OK);
    assert_memory_equal(map.data, "a\0\0\0", 4);
    assert_int_equal(file_close(&file), KW_OK);
    file_map_close(&map);
}

/* ---- small files ---- */

static void small_files_are_loaded(void **state)
{
    (void)state;
    kw_bytes copy;
    kw_arena none;
    const char *path = in_root("a");
    put(path, "bytes");
    assert_int_equal(file_load(path, 5, &arena, &copy), KW_OK);
    assert_int_equal(copy.len, 5);
    assert_memory_equal(copy.data, "bytes", 5);
    assert_errno(file_load(path, 4, &arena, &copy), EFBIG);
    kw_arena_init(&none, NULL, 0);
    assert_int_equal(file_load(path, 5, &none, &copy), KW_ERR_NO_MEMORY);
    put(path, "");
    assert_int_equal(file_load(path, 0, &arena, &copy), KW_OK);
    assert_int_equal(copy.len, 0);
    assert_int_equal(file_load(in_root("none"), 5, &arena, &copy), KW_ERR_NO_FILE);
    assert_int_equal(file_load(in_root("a/b"), 5, &arena, &copy), KW_ERR_NO_FILE);
    assert_int_equal(file_load("", 5, &arena, &copy), KW_ERR_NO_FILE);
    assert_errno(file_load(root, 5, &arena, &copy), EINVAL);
}

static void small_files_are_replaced(void **state)
{
    (void)state;
    char name[KW_PATH_SIZE];
    assert_true(file_replace(root, "a", kw_string_of("one")));
    assert_true(file_replace(root, "a", kw_string_of("four")));
    assert_file_text(in_root("a"), "four");
    assert_true(file_replace(root, "a", kw_string_of("")));
    assert_file_text(in_root("a"), "");
    assert_false(file_exists(in_root("a.tmp")));
    errno = 0;
    assert_false(file_replace(in_root("never"), "x", kw_string_of("")));
    assert_int_equal(errno, ENOENT);
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_false(file_replace(root, name, kw_string_of("")));
    assert_int_equal(errno, ENAMETOOLONG);
}

static void files_are_locked(void **state)
{
    (void)state;
    assert_int_equal(file_lock(root, ".lock"), FILE_LOCKED);
    assert_true(file_exists(in_root(".lock")));
    assert_true(folder_create(in_root("folder")));
    assert_int_equal(file_lock(root, "folder"), FILE_LOCK_FAILED);
    assert_int_equal(errno, EISDIR);
}

/* ---- folders ---- */

static void folders_are_listed(void **state)
{
    (void)state;
    struct folder_names names;
    kw_arena none;
    assert_int_equal(folder_list(root, &arena, &names), KW_OK);
    assert_int_equal(names.len, 0);
    for (int i = 99; i >= 0; i--) {
        char name[8];
        (void)snprintf(name, sizeof name, "%02d", i);
        put(in_root(name), "");
    }
    assert_true(folder_create(in_root("folder")));
    put(in_root("folder/below"), "");
    assert_int_equal(file_remove(in_root("50")), KW_OK);
    assert_int_equal(folder_list(root, &arena, &names), KW_OK);
    assert_int_equal(names.len, 100);
    assert_string_equal(names.items[0].data, "00");
    assert_string_equal(names.items[50].data, "51");
    assert_string_equal(names.items[98].data, "99");
    assert_string_equal(names.items[99].data, "folder");
    assert_int_equal(names.items[99].len, 6);
    kw_arena_init(&none, NULL, 0);
    assert_int_equal(folder_list(root, &none, &names), KW_ERR_NO_MEMORY);
    assert_int_equal(folder_list(in_root("none"), &arena, &names), KW_ERR_NO_FILE);
    assert_errno(folder_list(in_root("00"), &arena, &names), ENOTDIR);
}

static void folders_are_created(void **state)
{
    (void)state;
    char longest[KW_PATH_SIZE + 1];
    assert_true(folder_create(in_root("a/b/c")));
    assert_true(folder_create(in_root("a/b/c")));
    assert_true(folder_create(in_root("a//b/d/")));
    assert_true(folder_exists(in_root("a/b/d")));
    assert_true(folder_exists(in_root("a/./b//c/")));
    put(in_root("file"), "");
    errno = 0;
    assert_false(folder_create(in_root("file/below")));
    assert_int_equal(errno, ENOTDIR);
    memset(longest, 'a', KW_PATH_SIZE);
    longest[KW_PATH_SIZE] = '\0';
    assert_false(folder_create(longest));
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(folder_make(in_root("one")), KW_OK);
    assert_true(folder_exists(in_root("one")));
    assert_errno(folder_make(in_root("one")), EEXIST);
    assert_errno(folder_make(in_root("file")), EEXIST);
    assert_int_equal(folder_make(in_root("none/below")), KW_ERR_NO_FILE);
    assert_int_equal(folder_sync(in_root("a")), KW_OK);
    assert_int_equal(folder_sync(in_root("none")), KW_ERR_NO_FILE);
}

static void folders_are_removed_with_content(void **state)
{
    (void)state;
    char longest[KW_PATH_SIZE + 1];
    assert_true(folder_create(in_root("top/a/b/c")));
    assert_true(folder_create(in_root("top/a/d")));
    assert_true(folder_create(in_root("other")));
    put(in_root("top/z"), "");
    put(in_root("top/a/b/c/x"), "");
    put(in_root("top/a/b/y"), "");
    put(in_root("other/file"), "");
    assert_errno(file_layer_in_use()->remove_folder(in_root("top")), ENOTEMPTY);
    assert_true(file_exists(in_root("top/a/b/c/x")));
    assert_int_equal(folder_remove(in_root("top")), KW_OK);
    assert_false(file_exists(in_root("top")));
    assert_true(file_exists(in_root("other/file")));
    assert_int_equal(folder_remove(in_root("top")), KW_ERR_NO_FILE);
    assert_errno(folder_remove(in_root("other/file")), ENOTDIR);
    memset(longest, 'a', KW_PATH_SIZE);
    longest[KW_PATH_SIZE] = '\0';
    assert_errno(folder_remove(longest), ENAMETOOLONG);
}

/* A path of almost the longest size; in memory, where folders cost little, also of as many folders as possible. */
static void remove_deep_folder(size_t name_length)
{
    char path[KW_PATH_SIZE], name[64];
    memset(name, 'd', sizeof name);
    name[0] = '/';
    assert_true(name_length < sizeof name);
    size_t length = (size_t)snprintf(path, sizeof path, "%s/deep", root);
    for (; length + name_length + 1 < KW_PATH_SIZE; length += name_length + 1)
        (void)snprintf(path + length, sizeof path - length, "%.*s", (int)name_length + 1, name);
    assert_true(folder_create(path));
    assert_int_equal(folder_remove(in_root("deep")), KW_OK);
    assert_false(file_exists(in_root("deep")));
}

static void deep_folders_are_removed(void **state)
{
    (void)state;
    remove_deep_folder(50);
}

static void deepest_folders_are_removed(void **state)
{
    (void)state;
    remove_deep_folder(1);
}

static void space_is_stated(void **state)
{
    (void)state;
    uint64_t total = 0, usable = 0;
    assert_int_equal(folder_space(root, &total, &usable), KW_OK);
    assert_true(total > 0);
    assert_true(usable <= total);
    assert_int_equal(folder_space(in_root("none"), &total, &usable), KW_ERR_NO_FILE);
}

/* ---- in memory ---- */

enum { MEMORY_LIMIT = 16 * 1024 * 1024 };

static void memory_is_limited(void **state)
{
    (void)state;
    struct file file, other;
    uint64_t total, usable;
    const size_t half = MEMORY_LIMIT / 2;
    const kw_span part = {memset(given_size(half), 'x', half), half}, byte = {"y", 1};
    assert_int_equal(file_memory_used(), 0);
    assert_int_equal(file_open(&file, in_root("a"), FILE_CREATE), KW_OK);
    assert_int_equal(file_write(&file, 0, &part, 1), KW_OK);
    assert_int_equal(file_memory_used(), half);
    assert_int_equal(folder_space(root, &total, &usable), KW_OK);
    assert_int_equal(total, MEMORY_LIMIT);
    assert_int_equal(usable, half);
    assert_int_equal(file_open(&other, in_root("b"), FILE_CREATE), KW_OK);
    assert_int_equal(file_write(&other, 0, &part, 1), KW_OK);
    assert_errno(file_write(&other, half - 1, (const kw_span[]){byte, byte}, 2), ENOSPC);
    assert_true(is_full(KW_ERR_FILE));
    size_t size;
    assert_int_equal(file_size(&other, &size), KW_OK);
    assert_int_equal(size, half);
    assert_errno(file_truncate(&other, half + 1), ENOSPC);
    assert_int_equal(file_write(&other, half - 1, &byte, 1), KW_OK);
    assert_int_equal(file_truncate(&file, half - 1), KW_OK);
    assert_int_equal(file_truncate(&other, half + 1), KW_OK);
    assert_int_equal(file_memory_used(), MEMORY_LIMIT);
    assert_errno(file_write(&other, SIZE_MAX, &byte, 1), EFBIG);

    struct file_map early, map;
    assert_int_equal(file_map_open(&early, in_root("a")), KW_OK);
    assert_errno(file_map_open_growing(&map, in_root("a"), MEMORY_LIMIT), ENOMEM); /* it would need a copy */
    assert_false(map.is_open);
    assert_int_equal(file_remove(in_root("b")), KW_OK);
    assert_int_equal(file_memory_used(), MEMORY_LIMIT);
    assert_int_equal(file_close(&other), KW_OK);
    assert_int_equal(file_memory_used(), half - 1);
    assert_int_equal(file_map_open_growing(&map, in_root("a"), MEMORY_LIMIT), KW_OK);
    assert_int_equal(file_remove(in_root("a")), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    assert_int_equal(file_memory_used(), 2 * (half - 1));
    file_map_close(&early);
    assert_int_equal(file_memory_used(), half - 1); /* it is mapped */
    file_map_close(&map);
    assert_int_equal(file_memory_used(), 0);
}

/* Mappings of all sizes keep their addresses and see what is written into their part, however the file grows. */
static void old_mappings_see_new_bytes(void **state)
{
    (void)state;
    enum { MAPS = 12 };
    struct file file;
    struct file_map maps[MAPS];
    uint8_t expected[1 << (MAPS + 8)];
    const char *path = in_root("a");
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    memset(expected, 0, sizeof expected);
    size_t size = 0;
    for (size_t i = 0; i < MAPS; i++) {
        assert_int_equal(file_map_open_growing(&maps[i], path, (size_t)1 << (i + 8)), KW_OK);
        for (size_t step = (size_t)1 << (i + 4); size + step <= (size_t)1 << (i + 8); size += step) {
            const kw_span part = {memset(expected + size, (int)(size / 16 % 255 + 1), step), step};
            assert_int_equal(file_write(&file, size, &part, 1), KW_OK);
        }
        for (size_t m = 0; m <= i; m++)
            assert_memory_equal(maps[m].data, expected, maps[m].capacity);
    }
    assert_true(file_memory_used() > size);
    for (size_t m = 0; m < MAPS; m += 3) /* some in the middle of the list */
        file_map_close(&maps[m]);
    memset(expected + 77, 0xee, 1000);
    const kw_span over = {expected + 77, 1000};
    assert_int_equal(file_write(&file, 77, &over, 1), KW_OK);
    memset(expected + 10000, 0, sizeof expected - 10000);
    assert_int_equal(file_truncate(&file, 10000), KW_OK);
    for (size_t m = 0; m < MAPS; m++)
        if (m % 3 != 0)
            assert_memory_equal(maps[m].data, expected, maps[m].capacity);
    for (size_t m = MAPS; m-- > 0;)
        if (m % 3 != 0)
            file_map_close(&maps[m]);
    assert_int_equal(file_memory_used(), 10000);
    assert_int_equal(file_close(&file), KW_OK);
}

static void many_names_are_found(void **state)
{
    (void)state;
    enum { NAMES = 5000 };
    struct folder_names names;
    char name[32];
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(name, sizeof name, "%d-0", i);
        if (i % 16 == 0 || i % 16 == 1)
            assert_true(folder_create(in_root(name)));
        else
            put(in_root(name), "");
    }
    for (int i = 0; i < NAMES; i += 2) {
        (void)snprintf(name, sizeof name, "%d-0", i);
        assert_int_equal(file_rename(in_root(name), in_root("renamed")), KW_OK);
        (void)snprintf(name, sizeof name, "%d-1", i);
        assert_int_equal(file_rename(in_root("renamed"), in_root(name)), KW_OK);
    }
    for (int i = 0; i < NAMES; i++) {
        (void)snprintf(name, sizeof name, "%d-0", i);
        assert_int_equal(file_exists(in_root(name)), i % 2 != 0);
        assert_int_equal(folder_exists(in_root(name)), i % 16 == 1);
        (void)snprintf(name, sizeof name, "%d-1", i);
        assert_int_equal(file_exists(in_root(name)), i % 2 == 0);
        assert_int_equal(folder_exists(in_root(name)), i % 16 == 0);
    }
    assert_int_equal(folder_list(root, &arena, &names), KW_OK);
    assert_int_equal(names.len, NAMES);
}

static void the_root_stays(void **state)
{
    (void)state;
    assert_true(folder_exists("/"));
    assert_errno(file_rename("/", in_root("a")), EINVAL);
    assert_errno(file_rename(root, "/"), EBUSY);
    assert_true(folder_create(in_root("a")));
    assert_int_equal(file_remove("/"), KW_ERR_FILE);
    errno = 0;
    assert_false(folder_remove("/") == KW_OK);
    assert_int_equal(errno, EBUSY);
    assert_true(folder_create(root));
}

/* ---- with faults ---- */

static int start_faults(void **state)
{
    file_faults_start();
    return set_up(state);
}

static int stop_faults(void **state)
{
    file_faults_plan(0, 0, 0, 0);
    int result = tear_down(state);
    file_faults_stop();
    return result;
}

static void calls_are_recorded(void **state)
{
    (void)state;
    char expected[2048];
    int length = 0;
    static const struct {
        const char *before;
        const char *after;
    } lines[] = {
        {"open ", "/a.tmp"}, {"write ", "/a.tmp 0 3"}, {"sync ", "/a.tmp"}, {"rename ", "/a.tmp "}, /* continued */
        {"", "/a"},          {"sync_folder ", ""},     {"open ", "/a"},     {"truncate ", "/a 1"},  {"remove ", "/a"}};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        length += snprintf(expected + length, sizeof expected - (size_t)length, "%s%s%s%s", lines[i].before, root,
                           lines[i].after, i != 3 ? "\n" : "");
    file_faults_record(FAULT_CHANGES);
    assert_true(file_replace(root, "a", kw_string_of("abc")));
    struct file file;
    assert_int_equal(file_open(&file, in_root("a"), 0), KW_OK);
    assert_int_equal(file_truncate(&file, 1), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    assert_int_equal(file_remove(in_root("a")), KW_OK);
    assert_string_equal(file_faults_calls(), expected);
}

static void planned_calls_fail(void **state)
{
    (void)state;
    struct file file;
    const kw_span parts[] = {{"abc", 3}, {"defg", 4}};
    assert_int_equal(file_open(&file, in_root("a"), FILE_CREATE), KW_OK);
    file_faults_plan(FAULT_WRITE, 1, 2, ENOSPC);
    file_faults_cut(5);
    assert_int_equal(file_write(&file, 0, parts, 2), KW_OK);
    assert_errno(file_write(&file, 10, parts, 2), ENOSPC);
    assert_false(file_faults_done());
    assert_file_bytes(in_root("a"), "abcdefg\0\0\0abcde", 15);
    assert_errno(file_write(&file, 0, parts, 2), ENOSPC);
    assert_true(file_faults_done());
    assert_int_equal(file_write(&file, 0, parts, 2), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    file_faults_plan(FAULT_ANY, 0, FAULT_FOREVER, EIO);
    file_faults_only("/a");
    assert_errno(file_open(&file, in_root("a"), 0), EIO);
    assert_false(file_exists(in_root("a")));
    assert_int_equal(folder_sync(root), KW_OK);
}

/* Whatever fails: the file is the old or the new one, and who is told that it is the new one finds it. */
static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
    (void)state;
    size_t failed = 0;
    assert_true(file_replace(root, "a", kw_string_of("old")));
    for (bool replaced = false; !replaced; failed++) {
        kw_bytes read;
        file_faults_plan(FAULT_ANY, failed, 1, EIO);
        file_faults_cut(1);
        replaced = file_replace(root, "a", kw_string_of("newer"));
        if (!replaced)
            assert_int_equal(errno, EIO);
        file_faults_plan(0, 0, 0, 0);
        assert_int_equal(file_load(in_root("a"), 10, &arena, &read), KW_OK);
        if (replaced || read.len != 3)
            assert_file_text(in_root("a"), "newer");
        else
            assert_file_text(in_root("a"), "old");
    }
    assert_int_equal(failed, 7); /* open, write, sync, close, rename, sync of the folder; and then none */
}

/* ---- all ---- */

#define IN_LAYER(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static int run_in(const char *name)
{
    const struct CMUnitTest tests[] = {
        IN_LAYER(files_are_opened),
        IN_LAYER(parts_are_gathered),
        IN_LAYER(bytes_are_read),
        IN_LAYER(many_parts_are_gathered),
        IN_LAYER(files_are_truncated),
        IN_LAYER(two_may_write),
        IN_LAYER(files_are_renamed),
        IN_LAYER(folders_are_renamed),
        IN_LAYER(files_are_removed),
        IN_LAYER(files_are_looked_at),
        IN_LAYER(files_are_mapped),
        IN_LAYER(mappings_grow),
        IN_LAYER(mappings_follow_truncation),
        IN_LAYER(small_files_are_loaded),
        IN_LAYER(small_files_are_replaced),
        IN_LAYER(files_are_locked),
        IN_LAYER(folders_are_listed),
        IN_LAYER(folders_are_created),
        IN_LAYER(folders_are_removed_with_content),
        IN_LAYER(deep_folders_are_removed),
        IN_LAYER(space_is_stated),
    };
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

static int run_memory(void)
{
    const struct CMUnitTest tests[] = {
        IN_LAYER(memory_is_limited),
        IN_LAYER(old_mappings_see_new_bytes),
        IN_LAYER(deepest_folders_are_removed),
        IN_LAYER(many_names_are_found),
        IN_LAYER(the_root_stays),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

static int run_with_faults(void)
{
#define WITH_FAULTS(function) cmocka_unit_test_setup_teardown(function, start_faults, stop_faults)
    const struct CMUnitTest tests[] = {
        WITH_FAULTS(calls_are_recorded),
        WITH_FAULTS(planned_calls_fail),
        WITH_FAULTS(a_file_is_replaced_whole_or_not_at_all),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_file_layers FOLDER\n");
        return 2;
    }
    (void)snprintf(root, sizeof root, "%s/layers", argv[1]);
    assert_true(file_can_read());
    int failed = run_in("files of the system");
    failed += run_with_faults();
    assert_true(file_memory_start(MEMORY_LIMIT));
    file_layer_use(&file_layer_memory);
    failed += run_in("files in memory");
    failed += run_with_faults();
    failed += run_memory();
    file_memory_stop();
    return failed;
}
