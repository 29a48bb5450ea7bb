/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_PROBLEMS_H
#define SERVER_LOG_PROBLEMS_H

/* What is wrong with files of the data directory, as lines of the log. */

#include <stdint.h>

#include <kwire/storage/problem.h>

/* Logs each problem that it is told. */
extern const kw_disk_listener report_problem;

/* Logs a problem with the segment of a folder; `file` is filled in. */
void report_segment(const char *folder, int64_t base_offset, kw_disk_problem *problem);

#endif
