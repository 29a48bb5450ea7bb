/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void report(const struct problem_listener *listener, const struct file_problem *problem)
{
    if (listener != NULL && listener->report != NULL)
        listener->report(listener->context, problem);
}

void problem_with_file(const struct problem_listener *listener, const char *file, kw_status status, const char *detail)
{
    int system_error = status == KW_ERR_FILE ? errno : 0;
    const struct file_problem problem = {file, -1, -1, status, system_error, detail};
    report(listener, &problem);
}

void problem_at(const struct problem_listener *listener, const char *file, size_t position, int64_t offset,
                kw_status status, const char *detail)
{
    const struct file_problem problem = {file, (int64_t)position, offset, status, 0, detail};
    report(listener, &problem);
}

static void count(void *context, const struct file_problem *problem)
{
    struct problem_counter *counter = context;
    counter->count++;
    report(counter->next, problem);
}

void problem_counter_init(struct problem_counter *counter, const struct problem_listener *next)
{
    *counter = (struct problem_counter){{count, counter}, next, 0};
}

size_t file_problem_text(const struct file_problem *problem, char *text, size_t size)
{
    char position[32] = "";
    char offset[40] = "";
    char reason[160] = "";
    if (problem->position >= 0)
        (void)snprintf(position, sizeof position, ": byte %" PRId64, problem->position);
    if (problem->offset >= 0)
        (void)snprintf(offset, sizeof offset, " (offset %" PRId64 ")", problem->offset);
    if (problem->system_error != 0)
        (void)snprintf(reason, sizeof reason, " (%s)", strerror(problem->system_error));
    int length = snprintf(text, size, "%s%s%s: %s%s: %s", problem->file, position, offset,
                          kw_status_text(problem->status), reason, problem->detail);
    return length > 0 ? (size_t)length : 0;
}
