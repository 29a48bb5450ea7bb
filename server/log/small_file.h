/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_SMALL_FILE_H
#define SERVER_LOG_SMALL_FILE_H

/* Files that are written as a whole, and whose reader knows when they are damaged: they are not synced. */

#include "../base/file.h"

kw_status small_file_write(const char *path, kw_span bytes);

/* Replaces the file at once. */
kw_status small_file_replace(const char *folder, const char *name, kw_span bytes);

#endif
