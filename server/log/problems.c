/* SPDX-License-Identifier: Apache-2.0 */
#include "problems.h"

#include <inttypes.h>
#include <stdio.h>

#include <kwire/storage/file.h>

#include "../observe/console.h"

static void report(void *context, const kw_disk_problem *problem)
{
    char text[1024];
    (void)context;
    (void)kw_disk_problem_text(problem, text, sizeof text);
    console_line("%s", text);
}

const kw_disk_listener report_problem = {report, NULL};

void report_segment(const char *folder, int64_t base_offset, kw_disk_problem *problem)
{
    char path[KW_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%020" PRId64 ".log", folder, base_offset);
    problem->file = path;
    report(NULL, problem);
    problem->file = NULL;
}
