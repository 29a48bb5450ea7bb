/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_log.h"

#include <inttypes.h>
#include <stdio.h>

#include <kwire/disk/file.h>

#include "log.h"

static void report(void *context, const kw_disk_problem *problem)
{
    char text[1024];
    (void)context;
    (void)kw_disk_problem_text(problem, text, sizeof text);
    log_line("%s", text);
}

const kw_disk_listener disk_log = {report, NULL};

void disk_log_segment(const char *folder, int64_t base_offset, kw_disk_problem *problem)
{
    char path[KW_PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/%020" PRId64 ".log", folder, base_offset);
    problem->file = path;
    report(NULL, problem);
    problem->file = NULL;
}
