/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_file FOLDER   in which it creates files */
#include "../support/problem_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/file_reading.h"

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

static void test_problem_reports(void **state)
{
    (void)state;
    problem_log log = {0};
    const struct problem_listener listener = {log_problem, &log}, silent = {NULL, &log};
    errno = EACCES;
    problem_with_file(&listener, "a", KW_ERR_CRC, "detail");
    assert_problem(&log, KW_ERR_CRC, -1);
    assert_int_equal(log.offset, -1);
    assert_string_equal(log.text, "a: checksum does not match: detail"); /* that errno was another call's */
    memset(&log, 0, sizeof log);
    errno = EACCES;
    problem_with_file(&listener, "a", KW_ERR_FILE, "detail");
    assert_non_null(strstr(log.text, strerror(EACCES)));
    memset(&log, 0, sizeof log);
    errno = EACCES;
    problem_at(&listener, "a", 0, 0, KW_ERR_FILE, "detail");
    assert_problem(&log, KW_ERR_FILE, 0);
    assert_non_null(strstr(log.text, "a: byte 0 (offset 0): "));
    assert_null(strstr(log.text, strerror(EACCES)));
    memset(&log, 0, sizeof log);
    problem_at(&listener, "a", 7, -1, KW_ERR_CRC, "detail");
    assert_string_equal(log.text, "a: byte 7: checksum does not match: detail");
    assert_int_equal(log.count, 1);
    problem_at(&silent, "a", 7, -1, KW_ERR_CRC, "detail");
    problem_with_file(NULL, "a", KW_ERR_CRC, "detail");
    assert_int_equal(log.count, 1);
}

/* Descriptors of this process. */
static size_t descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static const char *longest_name(void)
{
    static char path[KW_PATH_SIZE];
    memset(path, 'a', sizeof path - 1);
    return path;
}

static void test_paths(void **state)
{
    (void)state;
    char path[KW_PATH_SIZE];
    assert_status(path_join(path, "a", kw_string_of("b")), KW_OK);
    assert_string_equal(path, "a/b");
    assert_status(path_of_segment(path, "a", KW_SEGMENT_FILE_LOG, 5), KW_OK);
    assert_string_equal(path, "a/00000000000000000005.log");
    errno = 0;
    assert_status(path_join(path, longest_name(), kw_string_of("b")), KW_ERR_FILE);
    assert_int_equal(errno, ENAMETOOLONG);
    errno = 0;
    assert_status(path_of_segment(path, longest_name(), KW_SEGMENT_FILE_LOG, 5), KW_ERR_FILE);
    assert_int_equal(errno, ENAMETOOLONG);
}

static void test_absolute_paths(void **state)
{
    (void)state;
    char path[KW_PATH_SIZE], expected[KW_PATH_SIZE + 8], longest[KW_PATH_SIZE + 1];
    assert_status(path_absolute(path, "/a/b"), KW_OK);
    assert_string_equal(path, "/a/b");
    assert_non_null(getcwd(expected, KW_PATH_SIZE));
    strcat(expected, "/a/b");
    assert_status(path_absolute(path, "a/b"), KW_OK);
    assert_string_equal(path, expected);
    memset(longest, 'x', KW_PATH_SIZE);
    longest[KW_PATH_SIZE] = '\0';
    longest[0] = '/';
    errno = 0;
    assert_status(path_absolute(path, longest), KW_ERR_FILE);
    assert_int_equal(errno, ENAMETOOLONG);
    longest[KW_PATH_SIZE - 1] = '\0';
    assert_status(path_absolute(path, longest), KW_OK);
    assert_string_equal(path, longest);
    longest[0] = 'x';
    assert_status(path_absolute(path, longest), KW_ERR_FILE);
}

static void test_shortages(void **state)
{
    (void)state;
    static const int shortages[] = {EMFILE, ENFILE, ENOMEM}, others[] = {0, ENOENT, EACCES, EIO, EINVAL};
    for (size_t i = 0; i < COUNT_OF(shortages); i++) {
        errno = shortages[i];
        assert_true(is_shortage(KW_ERR_FILE));
    }
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        errno = others[i];
        assert_false(is_shortage(KW_ERR_FILE));
    }
    assert_true(is_shortage(KW_ERR_NO_MEMORY));
    assert_true(is_shortage(KW_ERR_MEMORY_LIMIT));
    errno = ENOMEM; /* of another call */
    assert_false(is_shortage(KW_OK));
    assert_false(is_shortage(KW_ERR_NO_FILE));
    assert_false(is_shortage(KW_ERR_CRC));
}

/* Whatever the path names, no descriptor stays open, and nothing is waited for. */
static void test_what_is_no_file(void **state)
{
    (void)state;
    struct file_map file;
    size_t before = descriptors();
    path_text pipe = join(root, "pipe"), plain = join(root, "plain");
    assert_int_equal(mkfifo(pipe.text, 0600), 0);
    write_file(plain.text, "x", 1);
    memset(&file, 0x5a, sizeof file);
    errno = 0;
    assert_status(file_map_open(&file, pipe.text), KW_ERR_FILE);
    assert_int_equal(errno, EINVAL);
    assert_false(file.is_open);
    assert_null(file.data);
    assert_int_equal(file.size, 0);
    file_map_close(&file);
    assert_status(file_map_open(&file, root), KW_ERR_FILE);
    assert_status(file_map_open(&file, join(root, "missing").text), KW_ERR_NO_FILE);
    errno = 0;
    assert_status(file_map_open(&file, longest_name()), KW_ERR_FILE);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_status(file_map_open(&file, plain.text), KW_OK);
    assert_true(file.is_open);
    assert_int_equal(descriptors(), before); /* a mapping needs none */
    file_map_close(&file);
    assert_int_equal(descriptors(), before);
}

static void assert_read(const char *path, size_t limit, const char *text)
{
    size_t size = 77, before = descriptors();
    char *got = file_read(path, limit, &size);
    assert_non_null(got);
    assert_int_equal(size, strlen(text));
    assert_memory_equal(got, text, size);
    free(got);
    assert_int_equal(descriptors(), before);
}

static atomic_int signals;
static pthread_t reader;

static void count_signal(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
}

/* Interrupts the reader before each part. */
static void *write_in_parts(void *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    for (int i = 0; i < 3; i++) {
        clock_sleep_ms(3);
        (void)pthread_kill(reader, SIGUSR1);
        while (atomic_load(&signals) <= i)
            clock_sleep_ms(1);
        assert_int_equal(write(fd, "part", 4), 4);
    }
    assert_int_equal(close(fd), 0);
    return NULL;
}

static void test_first_bytes(void **state)
{
    (void)state;
    size_t size, before = descriptors();
    path_text path = join(root, "first"), fifo = join(root, "fifo");
    write_file(path.text, "content", 7);
    assert_read(path.text, 100, "content");
    assert_read(path.text, 7, "content");
    assert_read(path.text, 3, "con");
    errno = 0;
    assert_null(file_read(join(root, "missing").text, 10, &size));
    assert_int_equal(errno, ENOENT);
    errno = 0;
    assert_null(file_read(root, 10, &size));
    assert_int_equal(errno, EISDIR);
    assert_int_equal(descriptors(), before);
    pthread_t thread;
    struct sigaction action = {.sa_handler = count_signal}, old; /* calls are not started again */
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    reader = pthread_self();
    assert_int_equal(mkfifo(fifo.text, 0600), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_in_parts, fifo.text), 0);
    assert_read(fifo.text, 100, "partpartpart");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
}

/* The broker may be started without standard input. */
static void test_descriptor_0(void **state)
{
    (void)state;
    struct file_map map;
    struct file file;
    path_text path = join(root, "zero");
    write_file(path.text, "content", 7);
    int real = dup(STDIN_FILENO);
    (void)close(STDIN_FILENO);
    assert_read(path.text, 7, "content");
    assert_status(file_map_open(&map, path.text), KW_OK);
    file_map_close(&map);
    assert_true(file_replace(root, "zero", kw_string_of("other")));
    assert_status(folder_sync(root), KW_OK);
    assert_status(file_open(&file, path.text, 0), KW_OK);
    assert_true(file_is_open(&file));
    assert_status(file_close(&file), KW_OK);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), -1); /* it was, and is closed */
    assert_int_equal(file_lock(root, "zero.lock"), FILE_LOCKED);
    assert_int_equal(fcntl(STDIN_FILENO, F_GETFD), FD_CLOEXEC); /* as long as the process runs */
    if (real >= 0) {
        assert_int_equal(dup2(real, STDIN_FILENO), STDIN_FILENO);
        close(real);
    }
}

/* Where nobody can write, a lock for reading does; /proc has such files also for root. */
static void test_lock_of_what_cannot_be_written(void **state)
{
    (void)state;
    static const char folder[] = "/proc/sys/kernel", name[] = "version";
    int fd = open(join(folder, name).text, O_RDWR | O_CLOEXEC);
    if (fd >= 0 || (errno != EACCES && errno != EROFS)) {
        if (fd >= 0)
            (void)close(fd);
        skip();
    }
    assert_int_equal(file_lock(folder, name), FILE_LOCKED);
}

static void test_modified(void **state)
{
    (void)state;
    path_text path = join(root, "modified");
    write_file(path.text, "", 0);
    const struct timespec times[2] = {{1, 0}, {1234567890, 987654321}};
    assert_int_equal(utimensat(AT_FDCWD, path.text, times, 0), 0);
    assert_int_equal(file_modified_ms(path.text), 1234567890987);
    assert_true(file_exists(path.text));
    assert_false(file_exists(join(root, "missing").text));
}

/* What was never written takes no memory, and is not resident, other than what was. */
static void test_residence_of_pages(void **state)
{
    (void)state;
    enum { PAGES = 2100, MIDDLE = 1030 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    path_text path = join(root, "sparse");
    struct file_map file;
    int fd = open(path.text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)(PAGES * page - 1)), 0);
    static const size_t written[] = {0, 1, MIDDLE, PAGES - 1};
    for (size_t i = 0; i < COUNT_OF(written); i++)
        assert_int_equal(pwrite(fd, "x", 1, (off_t)(written[i] * page)), 1);
    assert_int_equal(close(fd), 0);
    assert_status(file_map_open(&file, path.text), KW_OK);
    if (file_map_is_resident(&file, 2 * page, 3 * page)) {
        file_map_close(&file);
        skip(); /* the file system keeps holes in memory, or says so */
    }
    assert_true(file_map_is_resident(&file, 0, 2 * page));
    assert_false(file_map_is_resident(&file, 0, 2 * page + 1));
    assert_false(file_map_is_resident(&file, 2 * page - 1, 2 * page + 1));
    assert_true(file_map_is_resident(&file, page + 5, 2 * page));
    assert_true(file_map_is_resident(&file, 3 * page, 3 * page)); /* no bytes */
    assert_true(file_map_is_resident(&file, MIDDLE * page, (MIDDLE + 1) * page));
    assert_true(file_map_is_resident(&file, MIDDLE * page + 7, MIDDLE * page + 8));
    assert_false(file_map_is_resident(&file, MIDDLE * page - 1, MIDDLE * page + 8));
    assert_false(file_map_is_resident(&file, MIDDLE * page, (MIDDLE + 1) * page + 1));
    assert_true(file_map_is_resident(&file, (PAGES - 1) * page, PAGES * page));
    assert_true(file_map_is_resident(&file, (PAGES - 1) * page, SIZE_MAX));
    assert_false(file_map_is_resident(&file, (PAGES - 2) * page, SIZE_MAX));
    assert_true(file_map_is_resident(&file, PAGES * page, SIZE_MAX));
    file_map_close(&file);

    /* More pages than are asked about at once: only the last one is missing. */
    fd = open(path.text, O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < PAGES - 1; i++)
        assert_int_equal(pwrite(fd, "x", 1, (off_t)(i * page)), 1);
    assert_int_equal(ftruncate(fd, (off_t)(PAGES * page)), 0);
    assert_int_equal(close(fd), 0);
    assert_status(file_map_open(&file, path.text), KW_OK);
    assert_true(file_map_is_resident(&file, 0, (PAGES - 1) * page));
    assert_false(file_map_is_resident(&file, 0, (PAGES - 1) * page + 1));
    file_map_close(&file);
}

static void map_and_cut(struct file_map *map, const char *name, size_t size, size_t kept)
{
    path_text path = join(root, name);
    write_file(path.text, memset(given_size(size), 'x', size), size);
    assert_status(file_map_open(map, path.text), KW_OK);
    assert_int_equal(truncate(path.text, (off_t)kept), 0);
}

static uint8_t byte_at(const struct file_map *map, size_t at)
{
    return *(const volatile uint8_t *)(map->data + at);
}

/* Of a file that has lost its end all but the first page raises SIGBUS. */
static void test_unreadable_pages(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct file_map cut, whole, none = FILE_MAP_NONE;
    struct file_reading outer, inner;
    map_and_cut(&cut, "cut", 3 * page - 5, page);
    map_and_cut(&whole, "whole", page, page);
    assert_true(file_reading_take_signal()); /* from cmocka */
    const struct file_map *const both[] = {&none, &whole, &cut};
    file_reading_start(&outer, both, COUNT_OF(both));
    file_map_reading_start(&inner, &whole);
    assert_int_equal(byte_at(&cut, page - 1), 'x');
    assert_false(file_map_has_failed(&cut));
    assert_int_equal(byte_at(&cut, 3 * page - 6), 0);
    assert_true(file_map_has_failed(&cut));
    assert_int_equal(byte_at(&whole, 0), 'x');
    assert_status(file_reading_end(&inner), KW_OK);
    errno = 0;
    assert_status(file_reading_end(&outer), KW_ERR_FILE);
    assert_int_equal(errno, EIO);
    file_map_reading_start(&outer, &cut); /* it stays so */
    assert_status(file_reading_end(&outer), KW_ERR_FILE);
    assert_false(file_map_has_failed(&whole));
    assert_false(file_map_has_failed(&none));
    file_map_close(&cut);
    map_and_cut(&cut, "cut", 3 * page, page);
    file_map_reading_start(&outer, &cut);
    file_map_load(&cut, 1, page);
    assert_false(file_map_has_failed(&cut));
    file_map_load(&cut, page + 1, 3 * page);
    assert_status(file_reading_end(&outer), KW_ERR_FILE);
    file_map_close(&cut);
    file_map_close(&whole);
}

/* Whoever has not said that it may happen must not take zeros for what the file has. */
static void test_unexpected_pages(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct file_map cut, other;
    map_and_cut(&cut, "cut", 2 * page, page);
    map_and_cut(&other, "other", page, page);
    pid_t child = fork();
    if (child == 0) {
        struct file_reading reading;
        (void)file_reading_take_signal();
        file_map_reading_start(&reading, &other);
        _exit(byte_at(&cut, page));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
    file_map_close(&cut);
    file_map_close(&other);
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
    errno = 0;
    assert_false(file_replace(longest_name(), "x", kw_string_of("")));
    assert_int_equal(errno, ENAMETOOLONG);
    size_t before = descriptors();
    make_folder(join(root, "in-the-way").text);
    assert_false(file_replace(root, "in-the-way", kw_string_of("text"))); /* a folder cannot be replaced by a file */
    assert_true(folder_exists(join(root, "in-the-way").text));
    assert_int_equal(descriptors(), before);
    char *large = (char *)memset(given_size(300000), 'y', 300000);
    assert_true(file_replace(root, "replaced", kw_string_of_bytes(kw_bytes_of(large, 300000))));
    assert_status(file_load(path.text, 300000, &arena, &read), KW_OK);
    assert_int_equal(read.len, 300000);
    assert_memory_equal(read.data, large, 300000);
    assert_int_equal(descriptors(), before);
}

/* All names are listed, sorted, those that start with a point, too. */
static void test_many_names(void **state)
{
    (void)state;
    struct folder_names names;
    size_t before = descriptors();
    path_text folder = join(root, "many");
    assert_true(folder_create(folder.text));
    assert_status(folder_list(folder.text, &arena, &names), KW_OK);
    assert_int_equal(names.len, 0);
    for (int i = 39; i >= 0; i--) {
        char name[16];
        (void)snprintf(name, sizeof name, i == 0 ? "..." : "%02d", i);
        write_file(join(folder.text, name).text, "", 0);
    }
    assert_status(folder_list(folder.text, &arena, &names), KW_OK);
    assert_int_equal(names.len, 40);
    assert_string_equal(names.items[0].data, "...");
    for (int i = 1; i < 40; i++) {
        assert_int_equal(names.items[i].len, 2);
        assert_int_equal(atoi(names.items[i].data), i);
    }
    kw_arena small;
    for (size_t size = 0; size < 1200; size += 8) { /* too little for the list, or for a name */
        kw_arena_init(&small, given_size(size), size);
        assert_status(folder_list(folder.text, &small, &names), KW_ERR_NO_MEMORY);
    }
    assert_int_equal(descriptors(), before);
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
    assert_int_equal(symlink("missing/file", join(root, "leads-nowhere").text), 0);
    assert_int_equal(file_lock(root, "leads-nowhere"), FILE_LOCK_FAILED); /* in a folder that can be written */
    assert_int_equal(errno, ENOENT);
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
        TEST_FILES(test_files),
        TEST_FILES(test_problem_text),
        TEST_FILES(test_problem_reports),
        TEST_FILES(test_residence),
        TEST_FILES(test_unreadable_pages),
        TEST_FILES(test_unexpected_pages),
        TEST_FILES(test_replace),
        TEST_FILES(test_folders),
        TEST_FILES(test_lock),
        TEST_FILES(test_paths),
        TEST_FILES(test_absolute_paths),
        TEST_FILES(test_shortages),
        TEST_FILES(test_what_is_no_file),
        TEST_FILES(test_first_bytes),
        TEST_FILES(test_modified),
        TEST_FILES(test_descriptor_0),
        TEST_FILES(test_lock_of_what_cannot_be_written),
        TEST_FILES(test_residence_of_pages),
        TEST_FILES(test_many_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
