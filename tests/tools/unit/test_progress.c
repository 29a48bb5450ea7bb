/* SPDX-License-Identifier: Apache-2.0 */
/* The progress line on a terminal: standard error is a pseudo terminal. */
#define _XOPEN_SOURCE 700
#include "../../unit/support.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "../../../tools/command/progress.h"

static int terminal = -1; /* reads what was written to standard error */
static int before = -1;

static int set_up(void **state)
{
    (void)state;
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0)
        return 0; /* not available: the tests are skipped */
    if (grantpt(terminal) != 0 || unlockpt(terminal) != 0)
        return -1;
    int other_end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    before = dup(STDERR_FILENO);
    if (other_end < 0 || before < 0 || dup2(other_end, STDERR_FILENO) < 0)
        return -1;
    (void)close(other_end);
    return fcntl(terminal, F_SETFL, O_NONBLOCK);
}

static int tear_down(void **state)
{
    (void)state;
    if (terminal < 0)
        return 0;
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    return close(terminal);
}

static void need_terminal(void)
{
    if (terminal < 0)
        skip();
}

static void wait_ms(long ms)
{
    const struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* The output on the terminal since the last call. */
static const char *seen(void)
{
    static char text[1024];
    fflush(stderr);
    wait_ms(10);
    ssize_t n = read(terminal, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void test_nothing_in_the_first_second(void **state)
{
    (void)state;
    need_terminal();
    progress p;
    progress_begin(&p, "file", 4 << 20, true);
    for (int i = 0; i < 5; i++) {
        progress_set(&p, (uint64_t)i << 20);
        wait_ms(20);
    }
    progress_hide(&p);
    assert_string_equal(seen(), "");
}

static void test_line_that_appears_and_disappears(void **state)
{
    (void)state;
    need_terminal();
    progress p;
    progress_begin(&p, "file", 4 << 20, true);
    wait_ms(1050);
    progress_set(&p, 1 << 20);
    const char *line = seen();
    assert_true(strncmp(line, "\rfile: 25 % of 4 MiB, ", 22) == 0);
    assert_true(strstr(line, " MiB/s\033[K") != NULL);
    progress_set(&p, 2 << 20); /* too soon after the last one */
    assert_string_equal(seen(), "");
    progress_hide(&p);
    assert_string_equal(seen(), "\r\033[K");
    progress_hide(&p);
    assert_string_equal(seen(), "");
}

/* One line, with the end of a long name. */
static void test_long_name(void **state)
{
    (void)state;
    need_terminal();
    progress p;
    char name[301];
    memset(name, 'x', 300);
    memcpy(name + 297, "end", 4);
    progress_begin(&p, name, 0, true);
    wait_ms(1050);
    progress_set(&p, 3 << 20);
    const char *line = seen();
    const char *end = strstr(line, "end: 3 MiB, ");
    assert_true(end != NULL && strlen(line) < 90);
    progress_hide(&p);
}

static void test_none_without_a_terminal(void **state)
{
    (void)state;
    need_terminal();
    progress p;
    int null = open("/dev/null", O_WRONLY);
    assert_true(null >= 0 && dup2(null, STDERR_FILENO) >= 0);
    progress_begin(&p, "file", 4 << 20, true);
    assert_false(p.wanted);
    (void)close(null);
}

#define TEST_TERMINAL(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_TERMINAL(test_nothing_in_the_first_second),
        TEST_TERMINAL(test_line_that_appears_and_disappears),
        TEST_TERMINAL(test_long_name),
        TEST_TERMINAL(test_none_without_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
