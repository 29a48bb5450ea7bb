/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void report(const kw_disk_listener *listener, const kw_disk_problem *problem)
{
    if (listener != NULL && listener->report != NULL)
        listener->report(listener->context, problem);
}

bool kwi_is_shortage(kw_status status)
{
    if (status == KW_ERR_FILE)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
}

void kwi_report_file(const kw_disk_listener *listener, const char *file, kw_status status, const char *detail)
{
    int system_error = status == KW_ERR_FILE ? errno : 0;
    const kw_disk_problem problem = {file, -1, -1, status, system_error, detail};
    report(listener, &problem);
}

void kwi_report_at(const kw_disk_listener *listener, const char *file, size_t position, int64_t offset,
                   kw_status status, const char *detail)
{
    const kw_disk_problem problem = {file, (int64_t)position, offset, status, 0, detail};
    report(listener, &problem);
}

static kw_status check_path(int length)
{
    if (length >= 0 && (size_t)length < KW_PATH_SIZE)
        return KW_OK;
    errno = ENAMETOOLONG;
    return KW_ERR_FILE;
}

kw_status kwi_path(char path[KW_PATH_SIZE], const char *folder, kw_string name)
{
    return check_path(snprintf(path, KW_PATH_SIZE, "%s/%.*s", folder, KW_FMT(name)));
}

kw_status kwi_segment_path(char path[KW_PATH_SIZE], const char *folder, int64_t offset, const char *suffix)
{
    return check_path(snprintf(path, KW_PATH_SIZE, "%s/%020" PRId64 "%s", folder, offset, suffix));
}

size_t kw_disk_problem_text(const kw_disk_problem *problem, char *text, size_t size)
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
