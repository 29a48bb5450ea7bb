/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_short_writes FOLDER   in which it creates a file. The system writes as little as it likes. */
#include "../../unit/support.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t short_pwritev(int fd, const struct iovec *parts, int count, off_t position);

#define pwritev short_pwritev
#include "base/file_system.c" /* in place of the one of the library */
#undef pwritev

static size_t most; /* bytes of one call */
static size_t calls;
static int last_error; /* of the call after `most` is 0 */

/* Every third call is interrupted. */
static ssize_t short_pwritev(int fd, const struct iovec *parts, int count, off_t position)
{
    ssize_t written = 0;
    if (calls++ % 3 == 2) {
        errno = EINTR;
        return -1;
    }
    errno = last_error;
    if (most == 0)
        return last_error != 0 ? -1 : 0;
    for (int i = 0; i < count && (size_t)written < most; i++) {
        size_t size = parts[i].iov_len < most - (size_t)written ? parts[i].iov_len : most - (size_t)written;
        assert_int_equal(pwrite(fd, parts[i].iov_base, size, position + written), size);
        written += (ssize_t)size;
    }
    return written;
}

static char path[KW_PATH_SIZE];

static void short_writes_are_continued(void **state)
{
    (void)state;
    enum { PARTS = 150 };
    kw_span parts[PARTS];
    char text[PARTS * 10];
    size_t size = 0;
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = (kw_span){text + size, i % 10}; /* some are empty */
        for (size_t b = 0; b < i % 10; b++, size++)
            text[size] = (char)('a' + size % 26);
    }
    for (most = 1; most <= size; most += most < 30 ? 1 : 97) {
        struct file file;
        assert_int_equal(file_open(&file, path, FILE_CREATE | FILE_TRUNCATE), KW_OK);
        assert_int_equal(file_write(&file, 3, parts, PARTS), KW_OK);
        assert_int_equal(file_close(&file), KW_OK);
        struct file_map written;
        assert_int_equal(file_map_open(&written, path), KW_OK);
        assert_int_equal(written.size, 3 + size);
        assert_memory_equal(written.data, "\0\0\0", 3);
        assert_memory_equal(written.data + 3, text, size);
        file_map_close(&written);
    }
}

static void errors_are_reported(void **state)
{
    (void)state;
    struct file file;
    const kw_span part = {"abc", 3};
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    most = 0;
    last_error = EDQUOT;
    assert_int_equal(file_write(&file, 0, &part, 1), KW_ERR_FILE);
    assert_int_equal(errno, EDQUOT);
    assert_true(is_full(KW_ERR_FILE));
    last_error = 0; /* nothing is written, and no reason given */
    assert_int_equal(file_write(&file, 0, &part, 1), KW_ERR_FILE);
    assert_int_equal(errno, EIO);
    assert_false(is_full(KW_ERR_FILE));
    assert_int_equal(file_close(&file), KW_OK);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: test_server_short_writes FOLDER\n");
        return 2;
    }
    (void)snprintf(path, sizeof path, "%s/short-writes", argv[1]);
    const struct CMUnitTest tests[] = {TEST(short_writes_are_continued), TEST(errors_are_reported)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
