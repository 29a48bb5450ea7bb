/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_PROBLEM_LOG_H
#define TESTS_SERVER_SUPPORT_PROBLEM_LOG_H

/* A listener that stores the first problem with a file. */

#include "../../unit/disk_support.h"

#include <kwire/storage/file.h>

#include "base/problem.h"

typedef struct problem_log {
    size_t count;
    kw_status status; /* of the first */
    int64_t position;
    int64_t offset;
    char text[KW_PATH_SIZE + 256];
} problem_log;

static inline void log_problem(void *context, const struct file_problem *problem)
{
    problem_log *log = context;
    assert_true(problem->status != KW_OK);
    assert_true(problem->detail != NULL);
    if (log->count++ == 0) {
        log->status = problem->status;
        log->position = problem->position;
        log->offset = problem->offset;
        size_t length = file_problem_text(problem, log->text, sizeof log->text);
        assert_true(length > 0 && length < sizeof log->text);
    }
}

static inline void check_problem(const problem_log *log, kw_status status, int64_t position, const char *file, int line)
{
    if (log->count != 0 && log->status == status && log->position == position)
        return;
    print_error("want %s at byte %lld, ", kw_status_name(status), (long long)position);
    print_error("got %zu problems: %s\n", log->count, log->count != 0 ? log->text : "");
    _fail(file, line);
}
#define assert_problem(log, status, position) check_problem((log), (status), (position), __FILE__, __LINE__)

static inline void check_no_problem(const problem_log *log, const char *file, int line)
{
    if (log->count == 0)
        return;
    print_error("%s\n", log->text);
    _fail(file, line);
}
#define assert_no_problem(log) check_no_problem((log), __FILE__, __LINE__)

#endif
