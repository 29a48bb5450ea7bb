/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

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

void log_line(const char *format, ...)
{
    char line[LINE_SIZE];
    va_list arguments;
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
