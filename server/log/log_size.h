/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_SIZE_H
#define SERVER_LOG_LOG_SIZE_H

#include "log_contents.h"

/* Bytes of the segments in a snapshot. May wait for the disk. Segments that are gone meanwhile do not count. */
uint64_t log_size(const struct log_snapshot *log);

/* Bytes of the segments in a folder, without opening the log. */
uint64_t log_folder_size(const char *folder);

#endif
