/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

void output_write(const void *data, size_t size)
{
    if (size != 0 && fwrite(data, 1, size, stdout) != size)
        die("standard output: %s", strerror(errno));
}

void output_flush(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        die("standard output: %s", strerror(errno));
}

static void print_line(const char *format, va_list list)
{
    fputs("kwire: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
}

void complain(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    print_line(format, list);
    va_end(list);
}

void die(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    print_line(format, list);
    va_end(list);
    exit(STATUS_SYSTEM);
}
