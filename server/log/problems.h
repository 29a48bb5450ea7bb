/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_PROBLEMS_H
#define SERVER_LOG_PROBLEMS_H

/* What is wrong with files of the log directory, as lines of the console. */

#include <stdint.h>

#include "../base/problem.h"

extern const struct problem_listener report_problem;

/* A problem with the segment of a folder; `file` is filled in. */
void report_segment(const char *folder, int64_t base_offset, struct file_problem *problem);

#endif
