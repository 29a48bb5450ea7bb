/* SPDX-License-Identifier: Apache-2.0 */
#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>

#include "../base/growth.h"

enum { LONGEST = 2048 };

bool refuse_with(struct refusal *refusal, kw_arena *arena, int16_t error, const char *format, ...)
{
    char text[LONGEST];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    refusal->error = error;
    refusal->message = (kw_string){NULL, -1};
    if (size < 0)
        return false;
    const kw_string message = {text, size < LONGEST ? size : LONGEST - 1};
    refusal->message = arena_copy_string(arena, message);
    if (refusal->message.data == NULL)
        refusal->message.len = -1;
    return false;
}
