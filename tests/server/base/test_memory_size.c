/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory there is: the machine's, or less if a control group says so. */
#include "../../unit/support.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory_size.h"

static char path[] = "/tmp/kwire-memory-size-XXXXXX";

static size_t limit_of(const char *text)
{
    strcpy(path + sizeof path - 7, "XXXXXX");
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(close(file), 0);
    size_t limit = memory_limit_in(path);
    assert_int_equal(unlink(path), 0);
    return limit;
}

static void limits_of_groups(void **state)
{
    (void)state;
    assert_int_equal(limit_of("1\n"), 1);
    assert_int_equal(limit_of("536870912\n"), 536870912);
    assert_int_equal(limit_of("18446744073709551614\n"), SIZE_MAX - 1);
    static const char *const none[] = {
        "max\n",
        "",
        "\n",
        "0\n",
        "-1\n",
        "/5\n",
        ":5\n",
        "18446744073709551615\n",
        "99999999999999999999999\n",
        ("0000000000000000000000000000000000000000000000000000000000000055"
         "\n"),
        ("1111111111111111111111111111111111111111111111111111111111111111"
         "1\n"),
    };
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_int_equal(limit_of(none[i]), SIZE_MAX);
    assert_int_equal(memory_limit_in("/nonexistent/memory.max"), SIZE_MAX);
}

static void size_of_the_machine(void **state)
{
    (void)state;
    size_t size = memory_size();
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t limit = memory_limit_in("/sys/fs/cgroup/memory.max");
    assert_true(pages > 0 && page > 0);
    size_t machine = (size_t)pages * (size_t)page;
    assert_int_equal(size, machine < limit ? machine : limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(limits_of_groups), TEST(size_of_the_machine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
