/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

/* A temporary folder that is removed when the process ends; in memory where the system supports that. */

#include <stddef.h>

#define FOLDER_PATH_SIZE ((size_t)256)

/* Its path, the same for as long as the process runs. */
const char *folder_path(void);

/* Writes a file with a path relative to the folder; missing folders are made. */
void folder_write(const char *name, const void *data, size_t size);

/* Removes everything in it. */
void folder_clear(void);

#endif
