/* SPDX-License-Identifier: Apache-2.0 */
#include "problems.h"

#include "../base/file.h"
#include "../observe/console.h"

static void report(void *context, const struct file_problem *problem)
{
    char text[CONSOLE_LINE];
    (void)context;
    (void)file_problem_text(problem, text, sizeof text);
    console_line("%s", text);
}

const struct problem_listener report_problem = {report, NULL};

void report_segment(const char *folder, int64_t base_offset, struct file_problem *problem)
{
    char path[KW_PATH_SIZE];
    if (path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, base_offset) != KW_OK)
        return;
    problem->file = path;
    report(NULL, problem);
    problem->file = NULL;
}
