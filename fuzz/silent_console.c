/* SPDX-License-Identifier: Apache-2.0 */
/* The broker's console for targets: lines are formatted and dropped, so that an engine's output stays readable. With
 * KWIRE_FUZZ_CONSOLE=1 in the environment they are printed. */
#include "observe/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void take(const char *format, va_list arguments)
{
    static _Thread_local char line[CONSOLE_LINE];
    (void)vsnprintf(line, sizeof line, format, arguments);
    if (getenv("KWIRE_FUZZ_CONSOLE") != NULL)
        fprintf(stderr, "%s\n", line);
}

bool console_start(void)
{
    return true;
}

void console_stop(void)
{
}

void console_line(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    take(format, arguments);
    va_end(arguments);
}

void console_peer(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    take(format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    take(format, arguments);
    va_end(arguments);
}
