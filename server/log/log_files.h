/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_FILES_H
#define SERVER_LOG_LOG_FILES_H

/* The files of a log's segments on the disk. */

#include <stdbool.h>
#include <stdint.h>

#include <kwire/status.h>
#include <kwire/storage/names.h>

#include "log_contents.h"

/* Returns once the disk has the file. One that is missing has been removed with its segment, or was never needed: no
 * error. */
kw_status log_files_sync_one(const char *folder, kw_segment_file kind, int64_t offset);

/* Returns once the disk has all records of the log; it has what is below `from` already. `is_end`: and all that belongs
 * to the last segment, as nothing is written to it any more. The status is of the file system and of memory. */
kw_status log_files_sync(const struct log_snapshot *log, int64_t from, bool is_end);

#endif
