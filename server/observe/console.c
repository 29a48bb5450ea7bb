/* SPDX-License-Identifier: Apache-2.0 */
#include "console.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"

enum { LINE_SIZE = 1024 };

static void write_line(char line[LINE_SIZE], size_t prefix, const char *format, va_list arguments)
{
    int n = vsnprintf(line + prefix, LINE_SIZE - 1 - prefix, format, arguments);
    size_t size = prefix + (n > 0 ? (size_t)n : 0);
    if (size > LINE_SIZE - 2)
        size = LINE_SIZE - 2;
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
            line[i] = '?';
    line[size++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* there is nobody left to tell */
}

static size_t write_time(char *text, size_t size)
{
    struct timespec now;
    struct tm utc;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &utc) == NULL)
        return 0;
    size_t n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &utc);
    int more = snprintf(text + n, size - n, ".%03dZ ", (int)(now.tv_nsec / 1000000));
    return n + (more > 0 ? (size_t)more : 0);
}

void console_line(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    write_line(line, write_time(line, 64), format, arguments);
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
    char line[LINE_SIZE];
    va_list arguments;
    unsigned long left_out;
    if (!may_log(&left_out))
        return;
    if (left_out != 0)
        console_line("%lu lines about peers are left out here", left_out);
    va_start(arguments, format);
    write_line(line, write_time(line, 64), format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    char line[LINE_SIZE] = "kwire-broker: ";
    va_list arguments;
    va_start(arguments, format);
    write_line(line, sizeof "kwire-broker: " - 1, format, arguments);
    va_end(arguments);
}
