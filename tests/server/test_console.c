/* SPDX-License-Identifier: Apache-2.0 */
/* Standard error is a pipe that the tests read, or do not. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "observe/console.h"

enum { TEXT_SIZE = 1 << 20 };

struct terminal {
    int real, reader;
    char text[TEXT_SIZE]; /* that was read */
    size_t size;
};

static int make_pipe(void **state)
{
    struct terminal *t = calloc(1, sizeof *t);
    int ends[2];
    assert_non_null(t);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    t->reader = ends[0];
    t->real = dup(STDERR_FILENO);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
    *state = t;
    return 0;
}

static int close_pipe(void **state)
{
    struct terminal *t = *state;
    console_stop();
    (void)dup2(t->real, STDERR_FILENO);
    close(t->real);
    if (t->reader >= 0)
        close(t->reader);
    free(t);
    return 0;
}

static void read_all(struct terminal *t)
{
    ssize_t n;
    while ((n = read(t->reader, t->text + t->size, TEXT_SIZE - 1 - t->size)) > 0)
        t->size += (size_t)n;
    t->text[t->size] = '\0';
}

static void fill(void)
{
    char dots[4096];
    memset(dots, '.', sizeof dots);
    int flags = fcntl(STDERR_FILENO, F_GETFL);
    assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, flags | O_NONBLOCK), 0);
    while (write(STDERR_FILENO, dots, sizeof dots) > 0)
        ;
    assert_int_equal(fcntl(STDERR_FILENO, F_SETFL, flags), 0);
}

static size_t lines_in(const struct terminal *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->size; i++)
        n += t->text[i] == '\n';
    return n;
}

static void report_some(int lines)
{
    for (int i = 0; i < lines; i++)
        console_line("line %d, of no great length, as lines are", i);
}

static void a_line_has_a_time(void **state)
{
    struct terminal *t = *state;
    int year, ms, more = 0;
    console_line("%s", "x\ny\x1b");
    read_all(t);
    assert_int_equal(sscanf(t->text, "%d-%*d-%*dT%*d:%*d:%*d.%dZ %n", &year, &ms, &more), 2);
    assert_true(year > 2000 && ms < 1000);
    assert_string_equal(t->text + more, "x?y?\n");
}

static void a_complaint_has_the_name(void **state)
{
    struct terminal *t = *state;
    complain("%d of %s", 7, "\xc2\x9b");
    read_all(t);
    assert_string_equal(t->text, "kwire-broker: 7 of ??\n");
}

static void long_lines_are_cut(void **state)
{
    struct terminal *t = *state;
    char text[3000] = {0};
    memset(text, 'x', sizeof text - 1);
    complain("%s", text);
    read_all(t);
    assert_int_equal(t->size, CONSOLE_LINE - 1);
    assert_int_equal(t->text[t->size - 1], '\n');
    assert_int_equal(lines_in(t), 1);
}

static void the_thread_writes_all(void **state)
{
    struct terminal *t = *state;
    assert_true(console_start());
    report_some(500);
    console_stop();
    read_all(t);
    assert_int_equal(lines_in(t), 500);
    assert_non_null(strstr(t->text, "line 499,"));
    assert_null(strstr(t->text, "dropped"));
}

static void an_idle_thread_ends_at_once(void **state)
{
    (void)state;
    assert_true(console_start());
    clock_sleep_ms(50); /* so that it waits */
    int64_t before = clock_ms();
    console_stop();
    assert_true(clock_ms() - before < CONSOLE_LAST_WAIT_MS);
}

/* What has not been written is kept as far as it fits, in order; the rest is counted where it would have been. */
static void nobody_waits_for_a_full_pipe(void **state)
{
    struct terminal *t = *state;
    fill();
    assert_true(console_start());
    int64_t before = clock_ms();
    report_some(10000);
    assert_true(clock_ms() - before < 1000);
    for (int i = 0; i < 1000 && strstr(t->text, "dropped") == NULL; i++) {
        clock_sleep_ms(10);
        read_all(t);
    }
    console_line("the last");
    console_stop();
    read_all(t);
    const char *note = strstr(t->text, " lines dropped\n");
    assert_non_null(note);
    while (note[-1] != ' ')
        note--;
    assert_int_equal(lines_in(t) - 2 + strtoul(note, NULL, 10), 10000);
    assert_non_null(strstr(t->text, "line 0,"));
    assert_null(strstr(t->text, "line 9999,"));
    assert_non_null(strstr(note, "the last"));
    assert_null(strstr(note + 20, "dropped"));
}

static void the_end_does_not_wait_for_a_full_pipe(void **state)
{
    (void)state;
    fill();
    assert_true(console_start());
    report_some(100);
    int64_t before = clock_ms();
    console_stop();
    int64_t took = clock_ms() - before;
    assert_in_range(took, CONSOLE_LAST_WAIT_MS - 1, CONSOLE_LAST_WAIT_MS + 2000);
}

static void the_start_does_not_wait_either(void **state)
{
    struct terminal *t = *state;
    fill();
    int64_t before = clock_ms();
    report_some(1000);
    assert_true(clock_ms() - before < 500);
    read_all(t);
    assert_true(console_start());
    console_stop();
    read_all(t);
    assert_non_null(strstr(t->text, "line 0,"));
}

static void nobody_reads_any_more(void **state)
{
    struct terminal *t = *state;
    close(t->reader);
    t->reader = -1;
    assert_true(console_start());
    report_some(5000);
    int64_t before = clock_ms();
    console_stop();
    assert_true(clock_ms() - before < CONSOLE_LAST_WAIT_MS + 2000);
}

static void lines_about_peers_are_limited(void **state)
{
    struct terminal *t = *state;
    assert_true(console_start());
    int64_t second = clock_ms() / 1000;
    while (clock_ms() / 1000 == second)
        clock_sleep_ms(1);
    for (int i = 0; i < CONSOLE_PEER_LINES + 50; i++)
        console_peer("peer %d", i);
    second = clock_ms() / 1000;
    while (clock_ms() / 1000 == second)
        clock_sleep_ms(1);
    console_peer("another");
    console_stop();
    read_all(t);
    assert_int_equal(lines_in(t), CONSOLE_PEER_LINES + 2);
    assert_non_null(strstr(t->text, "peer 199\n"));
    assert_non_null(strstr(t->text, " 50 lines about peers are left out here\n"));
}

#define ON_A_PIPE(test) cmocka_unit_test_setup_teardown(test, make_pipe, close_pipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_PIPE(a_line_has_a_time),
        ON_A_PIPE(a_complaint_has_the_name),
        ON_A_PIPE(long_lines_are_cut),
        ON_A_PIPE(the_thread_writes_all),
        ON_A_PIPE(an_idle_thread_ends_at_once),
        ON_A_PIPE(nobody_waits_for_a_full_pipe),
        ON_A_PIPE(the_end_does_not_wait_for_a_full_pipe),
        ON_A_PIPE(the_start_does_not_wait_either),
        ON_A_PIPE(nobody_reads_any_more),
        ON_A_PIPE(lines_about_peers_are_limited),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
