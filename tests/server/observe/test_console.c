/* SPDX-License-Identifier: Apache-2.0 */
/* Standard error is a pipe that the tests read, or do not; on Linux they also choose what its calls return, and the
 * time. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll() */
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

#include <cmocka.h>

#include "base/clock.h"
#include "observe/console.h"

enum { TEXT_SIZE = 1 << 20, PATIENCE_MS = 20000 };

/* ---- the system ---- */

static struct {
    int64_t clock_ms;              /* 0: the system's */
    int write_errors[4];           /* of the next calls; 0: none */
    size_t write_limit;            /* bytes of one call; 0: none */
    struct terminal *read_by_poll; /* polling reads from it first, once */
    int timeout_ms;                /* that poll() had then */
} system_calls;

#ifdef __linux__
int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (clock != CLOCK_MONOTONIC || system_calls.clock_ms == 0)
        return (int)syscall(SYS_clock_gettime, clock, now);
    now->tv_sec = (time_t)(system_calls.clock_ms / 1000);
    now->tv_nsec = (long)(system_calls.clock_ms % 1000) * 1000000;
    return 0;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (fd == STDERR_FILENO && system_calls.write_errors[0] != 0) {
        errno = system_calls.write_errors[0];
        memmove(system_calls.write_errors, system_calls.write_errors + 1,
                sizeof system_calls.write_errors - sizeof(int));
        return -1;
    }
    if (fd == STDERR_FILENO && system_calls.write_limit != 0 && size > system_calls.write_limit)
        size = system_calls.write_limit;
    return syscall(SYS_write, fd, bytes, size);
}

static void read_all(struct terminal *t);

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    struct terminal *t = system_calls.read_by_poll;
    system_calls.read_by_poll = NULL;
    const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
    if (t != NULL) {
        system_calls.timeout_ms = timeout_ms;
        read_all(t);
    }
    return ppoll(fds, count, timeout_ms >= 0 ? &timeout : NULL, NULL);
}
#endif

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
    memset(&system_calls, 0, sizeof system_calls);
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

static int64_t time_of(const char *line)
{
    struct tm utc = {0};
    int ms = -1;
    assert_int_equal(sscanf(line, "%d-%d-%dT%d:%d:%d.%dZ ", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour,
                            &utc.tm_min, &utc.tm_sec, &ms),
                     7);
    utc.tm_year -= 1900;
    utc.tm_mon--;
    return (int64_t)timegm(&utc) * 1000 + ms;
}

static void the_time_is_that_of_the_clock(void **state)
{
    struct terminal *t = *state;
    int64_t before = clock_wall_ms();
    for (int i = 0; i < 5; i++, clock_sleep_ms(7)) {
        t->size = 0;
        console_line("x");
        read_all(t);
        int64_t at = time_of(t->text), after = clock_wall_ms();
        assert_true(before <= at && at <= after);
        before = at;
    }
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

/* A line of `size` bytes, as complain() makes it. */
static void complain_in(size_t size, char c)
{
    char text[CONSOLE_LINE];
    size -= sizeof "kwire-broker: \n" - 1;
    memset(text, c, size);
    text[size] = '\0';
    complain("%s", text);
}

static void a_line_may_be_as_long_as_that(void **state)
{
    struct terminal *t = *state;
    complain_in(CONSOLE_LINE - 2, 'x');
    complain_in(CONSOLE_LINE - 1, 'y');
    complain_in(CONSOLE_LINE, 'z');
    read_all(t);
    assert_int_equal(t->size, CONSOLE_LINE - 2 + 2 * (CONSOLE_LINE - 1));
    assert_memory_equal(t->text + CONSOLE_LINE - 4, "x\nkwire-broker: y", 17);
}

/* Forgets what fill() has written. */
static void drain_fill(struct terminal *t)
{
    t->size = 0;
    read_all(t);
    assert_int_equal(strspn(t->text, "."), t->size);
    t->size = 0;
}

/* Has the thread write what waits, which is so much. */
static void read_kept(struct terminal *t, size_t size)
{
    assert_true(console_start());
    for (int ms = 0; ms < PATIENCE_MS && t->size < size; ms++) {
        clock_sleep_ms(1);
        read_all(t);
    }
    console_stop();
    read_all(t);
    assert_int_equal(t->size, size);
}

enum { LINE = 1000, LINES = CONSOLE_KEPT / LINE, LEFT = CONSOLE_KEPT % LINE, NOTE = 41 };

/* Keeps so many lines that those after them have LEFT bytes. The ring starts elsewhere each time. */
static void keep_lines(struct terminal *t, int turn)
{
    for (int i = 0; i < 9 * turn; i++) {
        t->size = 0;
        complain_in(LINE - 1, 'x');
        read_all(t);
        for (int ms = 0; ms < PATIENCE_MS && t->size == 0; ms++) { /* a slow thread of before may write the first one */
            clock_sleep_ms(1);
            read_all(t);
        }
        assert_int_equal(t->size, LINE - 1);
    }
    fill();
    for (int i = 0; i < LINES; i++)
        complain_in(LINE, (char)('a' + i % 26));
}

static void assert_line(const char *text, size_t size, char c)
{
    const char same[2] = {c, '\0'};
    assert_memory_equal(text, "kwire-broker: ", 14);
    assert_int_equal(strspn(text + 14, same), size - 15);
    assert_int_equal(text[size - 1], '\n');
}

static void assert_kept_lines(const struct terminal *t)
{
    for (int i = 0; i < LINES; i++)
        assert_line(t->text + i * LINE, LINE, (char)('a' + i % 26));
}

static void assert_note(const char *text, const char *rest)
{
    assert_true(time_of(text) <= clock_wall_ms());
    assert_memory_equal(text + 24, rest, strlen(rest));
}

static void what_waits_is_kept_to_the_byte(void **state)
{
    struct terminal *t = *state;
    for (int turn = 0; turn < 8; turn++) {
        keep_lines(t, turn);
        complain_in(LEFT, '1');
        complain_in(20, '2');
        drain_fill(t);
        read_kept(t, CONSOLE_KEPT + NOTE);
        assert_kept_lines(t);
        assert_line(t->text + LINES * LINE, LEFT, '1');
        assert_note(t->text + CONSOLE_KEPT, " 1 lines dropped\n");
    }
}

/* The note needs space, too. */
static void a_note_is_kept_with_the_next_line(void **state)
{
    struct terminal *t = *state;
    for (int turn = 0; turn < 8; turn++) {
        keep_lines(t, turn);
        complain_in(LEFT + 1, '1');
        complain_in(LEFT - NOTE + 1, '2');
        complain_in(LEFT - NOTE, '3');
        drain_fill(t);
        read_kept(t, CONSOLE_KEPT);
        assert_kept_lines(t);
        assert_note(t->text + LINES * LINE, " 2 lines dropped\n");
        assert_line(t->text + LINES * LINE + NOTE, LEFT - NOTE, '3');
    }
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

static void *report_as(void *name)
{
    for (int i = 0; i < 150; i++)
        complain("%s", (const char *)name);
    return NULL;
}

static void threads_report_whole_lines(void **state)
{
    struct terminal *t = *state;
    static const char *const names[] = {"first thread", "second", "the third of the threads", "4"};
    enum { THREADS = sizeof names / sizeof names[0] };
    pthread_t threads[THREADS];
    size_t counts[THREADS] = {0};
    assert_true(console_start());
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, report_as, (void *)(uintptr_t)names[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    console_stop();
    read_all(t);
    for (const char *line = t->text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        for (size_t i = 0; i < THREADS; i++)
            counts[i] +=
                (size_t)(end - line) == 14 + strlen(names[i]) && memcmp(line + 14, names[i], strlen(names[i])) == 0;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(counts[i], 150);
}

static int64_t processor_ms(void)
{
    return clock_read_ms(CLOCK_PROCESS_CPUTIME_ID);
}

static void an_idle_thread_ends_at_once(void **state)
{
    (void)state;
    assert_true(console_start());
    int64_t used = processor_ms();
    clock_sleep_ms(100); /* so that it waits */
    assert_in_range(processor_ms() - used, 0, 50);
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

/* What nobody will ever read is dropped, and does not come when somebody else reads. */
static void what_nobody_reads_is_not_kept(void **state)
{
    struct terminal *t = *state;
    int ends[2];
    close(t->reader);
    complain("to nobody");
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    close(ends[1]);
    t->reader = ends[0];
    complain("to somebody");
    read_all(t);
    assert_string_equal(t->text, "kwire-broker: to somebody\n");
}

#ifdef __linux__
static void what_fails_for_now_is_written_later(void **state)
{
    struct terminal *t = *state;
    static const int errors[] = {EAGAIN, EWOULDBLOCK, EINTR};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        system_calls.write_errors[0] = errors[i];
        t->size = 0;
        complain("one");
        read_all(t);
        assert_int_equal(t->size, 0);
        complain("two");
        read_all(t);
        assert_string_equal(t->text, "kwire-broker: one\nkwire-broker: two\n");
    }
    system_calls.write_errors[0] = EIO;
    t->size = 0;
    complain("lost");
    complain("three");
    read_all(t);
    assert_string_equal(t->text, "kwire-broker: three\n");
}

static void standard_error_may_take_a_part(void **state)
{
    struct terminal *t = *state;
    system_calls.write_limit = 7;
    complain("a line of some length");
    complain("another one");
    read_all(t);
    assert_string_equal(t->text, "kwire-broker: a line of some length\nkwire-broker: another one\n");
}

/* Before there is a thread, the end waits for who reads late; who complains does not. */
static void the_end_waits_a_while(void **state)
{
    struct terminal *t = *state;
    fill();
    system_calls.clock_ms = 5000;
    system_calls.read_by_poll = NULL;
    complain("late");
    system_calls.read_by_poll = t;
    console_stop();
    assert_int_equal(system_calls.timeout_ms, CONSOLE_LAST_WAIT_MS);
    t->size = 0;
    read_all(t);
    assert_string_equal(t->text, "kwire-broker: late\n");
    fill();
    system_calls.read_by_poll = t;
    t->size = 0;
    complain("at once"); /* while it is read */
    assert_int_equal(system_calls.timeout_ms, 0);
    t->size = 0;
    read_all(t);
    assert_string_equal(t->text, "kwire-broker: at once\n");
}

static void lines_about_peers_are_limited(void **state)
{
    struct terminal *t = *state;
    for (int turn = 0; turn < 3; turn++) {
        system_calls.clock_ms = 5000000 + turn * 7919000;
        for (int i = 0; i < CONSOLE_PEER_LINES + 50; i++) {
            console_peer("peer %d", i);
            read_all(t);
        }
        assert_int_equal(lines_in(t), CONSOLE_PEER_LINES);
        assert_non_null(strstr(t->text, "peer 199\n"));
        system_calls.clock_ms += 999;
        console_peer("too early");
        system_calls.clock_ms += 1;
        t->size = 0;
        console_peer("another");
        console_peer("one more");
        read_all(t);
        assert_int_equal(lines_in(t), 3);
        assert_non_null(strstr(t->text, " 51 lines about peers are left out here\n"));
        assert_non_null(strstr(t->text, " one more\n"));
        t->size = 0;
    }
}
#endif

static sig_atomic_t signals;

static void count_signal(int number)
{
    (void)number;
    signals++;
}

/* They are for the thread that waits for them. */
static void the_thread_takes_no_signals(void **state)
{
    (void)state;
    sigset_t one, before, after;
    struct sigaction action = {.sa_handler = count_signal}, old;
    assert_int_equal(sigaction(SIGUSR1, &action, &old), 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
    assert_true(console_start());
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (int number = 1; number < 32; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &one, NULL), 0);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    clock_sleep_ms(20);
    assert_int_equal(signals, 0);
    assert_int_equal(pthread_sigmask(SIG_UNBLOCK, &one, NULL), 0);
    assert_int_equal(signals, 1);
    console_stop();
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
}

#define ON_A_PIPE(test) cmocka_unit_test_setup_teardown(test, make_pipe, close_pipe)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_PIPE(a_line_has_a_time),
        ON_A_PIPE(the_time_is_that_of_the_clock),
        ON_A_PIPE(a_complaint_has_the_name),
        ON_A_PIPE(long_lines_are_cut),
        ON_A_PIPE(a_line_may_be_as_long_as_that),
        ON_A_PIPE(what_waits_is_kept_to_the_byte),
        ON_A_PIPE(a_note_is_kept_with_the_next_line),
        ON_A_PIPE(the_thread_writes_all),
        ON_A_PIPE(threads_report_whole_lines),
        ON_A_PIPE(an_idle_thread_ends_at_once),
        ON_A_PIPE(nobody_waits_for_a_full_pipe),
        ON_A_PIPE(the_end_does_not_wait_for_a_full_pipe),
        ON_A_PIPE(the_start_does_not_wait_either),
        ON_A_PIPE(nobody_reads_any_more),
        ON_A_PIPE(what_nobody_reads_is_not_kept),
#ifdef __linux__
        ON_A_PIPE(what_fails_for_now_is_written_later),
        ON_A_PIPE(standard_error_may_take_a_part),
        ON_A_PIPE(the_end_waits_a_while),
        ON_A_PIPE(lines_about_peers_are_limited),
#endif
        ON_A_PIPE(the_thread_takes_no_signals),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
