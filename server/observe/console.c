/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "printable.h"

/* POSIX: a pipe that poll() finds writable takes so much whole, without blocking. */
enum { CHUNK = PIPE_BUF, TICK_MS = 100, NOTE_SIZE = 96 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char kept[CONSOLE_KEPT]; /* whole lines, a ring; the writer may be within one */
    size_t start, size;
    unsigned long dropped; /* since the last line that was kept */
    bool threaded;         /* the writer exists */
    bool stopping;
    int64_t give_up_ms; /* when stopping */
} console = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static size_t write_time(char *text, size_t size)
{
    int64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm utc = {0};
    (void)gmtime_r(&seconds, &utc);
    size_t n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
    return n + (size_t)snprintf(text + n, size - n, ".%03dZ ", (int)(now % 1000));
}

static void keep_bytes(const char *text, size_t size)
{
    size_t end = (console.start + console.size) % CONSOLE_KEPT;
    size_t first = size < CONSOLE_KEPT - end ? size : CONSOLE_KEPT - end;
    memcpy(console.kept + end, text, first);
    memcpy(console.kept, text + first, size - first);
    console.size += size;
}

/* Keeps the line, after a note on those that were dropped before it. */
static void keep_line(const char *line, size_t size)
{
    char note[NOTE_SIZE];
    size_t note_size = 0;
    if (console.dropped != 0) {
        note_size = write_time(note, sizeof note);
        note_size +=
            (size_t)snprintf(note + note_size, sizeof note - note_size, "%lu lines dropped\n", console.dropped);
    }
    if (console.size + note_size + size > CONSOLE_KEPT) {
        console.dropped++;
        return;
    }
    keep_bytes(note, note_size);
    keep_bytes(line, size);
    console.dropped = 0;
}

/* The first of what is kept. */
static size_t copy_chunk(char chunk[CHUNK])
{
    size_t size = console.size < CHUNK ? console.size : CHUNK;
    size_t first = size < CONSOLE_KEPT - console.start ? size : CONSOLE_KEPT - console.start;
    memcpy(chunk, console.kept + console.start, first);
    memcpy(chunk + first, console.kept, size - first);
    return size;
}

static void forget(size_t size)
{
    console.start = (console.start + size) % CONSOLE_KEPT;
    console.size -= size;
    if (console.size == 0)
        keep_line("", 0);
}

/* Writes without blocking what standard error takes. Returns 0 if that is nothing; what it will never take counts as
 * written. */
static size_t write_some(const char *text, size_t size, int timeout_ms)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, timeout_ms) <= 0)
        return 0;
    ssize_t written = write(STDERR_FILENO, text, size);
    if (written < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : size;
    return (size_t)written;
}

/* Without a thread: the lock is held. */
static void write_kept(int64_t until_ms)
{
    char chunk[CHUNK];
    while (console.size != 0) {
        int64_t left = until_ms - clock_ms();
        size_t written = write_some(chunk, copy_chunk(chunk), left > 0 ? (int)left : 0);
        forget(written);
        if (written == 0 && left <= 0)
            return;
    }
}

static bool should_end(void)
{
    return console.stopping && (console.size == 0 || clock_ms() >= console.give_up_ms);
}

static void *write_lines(void *unused)
{
    char chunk[CHUNK];
    (void)unused;
    (void)pthread_mutex_lock(&console.lock);
    while (!should_end()) {
        if (console.size == 0) {
            (void)pthread_cond_wait(&console.changed, &console.lock);
            continue;
        }
        size_t size = copy_chunk(chunk);
        (void)pthread_mutex_unlock(&console.lock);
        size = write_some(chunk, size, TICK_MS);
        (void)pthread_mutex_lock(&console.lock);
        forget(size);
    }
    console.threaded = false;
    (void)pthread_mutex_unlock(&console.lock);
    return NULL;
}

bool console_start(void)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    (void)pthread_mutex_lock(&console.lock);
    console.stopping = false;
    console.threaded = pthread_create(&thread, NULL, write_lines, NULL) == 0;
    bool started = console.threaded;
    (void)pthread_mutex_unlock(&console.lock);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        (void)pthread_detach(thread);
    return started;
}

static bool writer_exists(void)
{
    (void)pthread_mutex_lock(&console.lock);
    bool exists = console.threaded;
    (void)pthread_mutex_unlock(&console.lock);
    return exists;
}

/* The writer is not joined: if something else fills the pipe between its poll() and its write(), it may block there for
 * as long as it likes, and the program ends none the less. */
void console_stop(void)
{
    int64_t until_ms = clock_ms() + CONSOLE_LAST_WAIT_MS;
    (void)pthread_mutex_lock(&console.lock);
    console.stopping = true;
    console.give_up_ms = until_ms;
    if (!console.threaded)
        write_kept(until_ms);
    (void)pthread_cond_signal(&console.changed);
    (void)pthread_mutex_unlock(&console.lock);
    while (writer_exists() && clock_ms() < until_ms + TICK_MS)
        clock_sleep_ms(1);
}

static void put_line(char line[CONSOLE_LINE], size_t prefix, const char *format, va_list arguments)
{
    int n = vsnprintf(line + prefix, CONSOLE_LINE - 1 - prefix, format, arguments);
    size_t size = prefix + (n > 0 ? (size_t)n : 0);
    if (size > CONSOLE_LINE - 2)
        size = CONSOLE_LINE - 2;
    make_printable(line, size);
    line[size++] = '\n';
    (void)pthread_mutex_lock(&console.lock);
    keep_line(line, size);
    if (!console.threaded)
        write_kept(0);
    (void)pthread_cond_signal(&console.changed);
    (void)pthread_mutex_unlock(&console.lock);
}

void console_line(const char *format, ...)
{
    char line[CONSOLE_LINE];
    va_list arguments;
    va_start(arguments, format);
    put_line(line, write_time(line, 64), format, arguments);
    va_end(arguments);
}

/* *left_out: how many were refused since the last that was not. */
static bool may_log(unsigned long *left_out)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t second;
    static unsigned lines;
    static unsigned long refused;
    (void)pthread_mutex_lock(&lock);
    int64_t now = clock_ms() / 1000;
    if (now != second)
        lines = 0;
    second = now;
    bool allowed = lines < CONSOLE_PEER_LINES;
    *left_out = allowed ? refused : 0;
    refused = allowed ? 0 : refused + 1;
    lines += allowed;
    (void)pthread_mutex_unlock(&lock);
    return allowed;
}

void console_peer(const char *format, ...)
{
    char line[CONSOLE_LINE];
    va_list arguments;
    unsigned long left_out;
    if (!may_log(&left_out))
        return;
    if (left_out != 0)
        console_line("%lu lines about peers are left out here", left_out);
    va_start(arguments, format);
    put_line(line, write_time(line, 64), format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    char line[CONSOLE_LINE] = "kwire-broker: ";
    va_list arguments;
    va_start(arguments, format);
    put_line(line, sizeof "kwire-broker: " - 1, format, arguments);
    va_end(arguments);
}
