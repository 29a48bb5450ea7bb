/* SPDX-License-Identifier: Apache-2.0 */
/* What hooks see and decide, and which file has which number. */
#include "../unit/support.h"

#include <errno.h>
#include <string.h>

#include "contents.h"
#include "hooked_files.h"

enum { CAPACITY = 1 << 20 };

static struct file_call last; /* that succeeded */
static unsigned refused;      /* kinds */
static size_t some;           /* of a write that is refused */
static size_t calls, ends;

static bool before(struct file_call *call)
{
    calls++;
    call->some = some;
    errno = (call->kind & refused) != 0 ? ENOSPC : errno;
    return (call->kind & refused) == 0;
}

static void after(const struct file_call *call)
{
    last = *call;
    ends++;
}

static int start(void **state)
{
    static const struct file_hooks hooks = {.before = before, .after = after};
    (void)state;
    refused = 0;
    some = 0;
    hooked_files_start(CAPACITY, &hooks);
    numbers_start();
    calls = ends = 0;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    hooked_files_stop();
    return 0;
}

static kw_status write_text(const char *path, const char *first, const char *second)
{
    struct file file = FILE_NONE;
    const kw_span parts[] = {{first, strlen(first)}, {second, strlen(second)}};
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    kw_status status = file_write(&file, 0, parts, 2);
    int error = errno;
    assert_int_equal(file_close(&file), KW_OK);
    errno = error;
    return status;
}

static void assert_contents(const char *path, const char *expected)
{
    size_t size = 0;
    uint8_t *bytes = contents_of(path, &size);
    assert_non_null(bytes);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(bytes, expected, size);
    free(bytes);
}

static void test_write_that_ends_early(void **state)
{
    (void)state;
    refused = CALL_WRITE;
    for (some = 0; some < 9; some++) {
        ends = 0;
        assert_int_equal(write_text("/f", "abc", "defg"), KW_ERR_FILE);
        assert_int_equal(errno, ENOSPC);
        size_t written = some < 7 ? some : 7;
        char expected[8] = "abcdefg";
        expected[written] = '\0';
        assert_contents("/f", expected);
        assert_int_equal(ends, written != 0 ? 2 : 1); /* that which opened it is one */
        assert_true(written == 0 || (last.kind == CALL_WRITE && last.size == written));
        assert_int_equal(file_remove("/f"), KW_OK);
    }
}

static void test_calls(void **state)
{
    (void)state;
    assert_int_equal(write_text("/f", "abc", ""), KW_OK);
    assert_int_equal(calls, 3);
    assert_int_equal(ends, 2);
    refused = CALL_RENAME | CALL_REMOVE | CALL_LOOK;
    assert_int_equal(file_rename("/f", "/g"), KW_ERR_FILE);
    assert_int_equal(file_remove("/f"), KW_ERR_FILE);
    assert_false(file_exists("/f"));
    assert_int_equal(ends, 2);
    hooked_files_hook(false);
    assert_int_equal(file_rename("/f", "/g"), KW_OK);
    assert_int_equal(ends, 2);
    assert_contents("/g", "abc");
}

/* Who reports an error after it has removed what is left over. */
static void test_success_leaves_errno(void **state)
{
    struct file file = FILE_NONE;
    (void)state;
    errno = EDQUOT;
    assert_int_equal(file_open(&file, "/f", FILE_CREATE), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
    assert_int_equal(file_rename("/f", "/g"), KW_OK);
    assert_int_equal(file_remove("/g"), KW_OK);
    assert_int_equal(errno, EDQUOT);
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(number_of("/"), 0);
    assert_int_equal(folder_make("/a"), KW_OK);
    assert_int_equal(last.number, 1);
    assert_int_equal(write_text("/a/f", "1", ""), KW_OK);
    assert_int_equal(number_of("/a/f"), 2);
    assert_int_equal(file_rename("/a", "/b"), KW_OK);
    assert_int_equal(last.number, 1);
    assert_int_equal(last.replaced, NO_NUMBER);
    assert_int_equal(number_of("/b/f"), 2);
    assert_int_equal(number_of("/a/f"), NO_NUMBER);
    const char *name;
    assert_int_equal(number_of_folder("/b/none", &name), 1);
    assert_string_equal(name, "none");
    assert_int_equal(number_of_folder("/none", &name), 0);
}

/* The memory of a file that is gone may be that of the next one. */
static void test_numbers_of_files_that_are_gone(void **state)
{
    int32_t next = 0;
    (void)state;
    for (; next < 100; next += 2) {
        assert_int_equal(write_text("/f", "1", ""), KW_OK);
        assert_int_equal(number_of("/f"), next);
        assert_int_equal(write_text("/g", "2", ""), KW_OK);
        assert_int_equal(number_of("/g"), next + 1);
        assert_int_equal(file_rename("/f", "/g"), KW_OK);
        assert_int_equal(last.number, next);
        assert_int_equal(last.replaced, next + 1);
        assert_int_equal(file_remove("/g"), KW_OK);
        assert_int_equal(last.number, next);
    }
    assert_int_equal(numbers_count(), next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_that_ends_early, start, finish),
        cmocka_unit_test_setup_teardown(test_calls, start, finish),
        cmocka_unit_test_setup_teardown(test_success_leaves_errno, start, finish),
        cmocka_unit_test_setup_teardown(test_numbers, start, finish),
        cmocka_unit_test_setup_teardown(test_numbers_of_files_that_are_gone, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
