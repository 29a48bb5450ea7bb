/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_DISK_LOG_H
#define SERVER_DISK_LOG_H

/* What is wrong with files of the data directory, as lines of the log. */

#include <stdint.h>

#include <kwire/disk/problem.h>

/* Logs each problem that it is told. */
extern const kw_disk_listener disk_log;

/* Logs a problem with the segment of a folder; `file` is filled in. */
void disk_log_segment(const char *folder, int64_t base_offset, kw_disk_problem *problem);

#endif
