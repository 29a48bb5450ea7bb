/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void set(problem *p, int64_t position, int64_t offset, const char *format, va_list list)
{
    p->position = position;
    p->offset = offset;
    p->system_error = 0;
    vsnprintf(p->detail, sizeof p->detail, format, list);
}

void problem_set(problem *p, int64_t position, int64_t offset, kw_status status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    set(p, position, offset, format, list);
    va_end(list);
    p->code = kw_status_name(status);
    p->reason = kw_status_text(status);
}

void problem_set_coded(problem *p, int64_t position, int64_t offset, const char *code, const char *reason,
                       const char *format, ...)
{
    va_list list;
    va_start(list, format);
    set(p, position, offset, format, list);
    va_end(list);
    p->code = code;
    p->reason = reason;
}

void problem_add(problem_list *list, const problem *p, size_t mark)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        problem *items = realloc(list->items, list->capacity * sizeof *items);
        size_t *marks = realloc(list->marks, list->capacity * sizeof *marks);
        if (items == NULL || marks == NULL)
            die("out of memory");
        list->items = items;
        list->marks = marks;
    }
    list->items[list->count] = *p;
    list->marks[list->count++] = mark;
}

void problem_list_finish(problem_list *list)
{
    free(list->items);
    free(list->marks);
    *list = (problem_list){0};
}
