/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

/* A temporary folder, in memory where the system has such a place, that is removed when the process ends. */

#include <stddef.h>

#define FOLDER_PATH_SIZE ((size_t)256)

/* Its path, the same for as long as the process runs. */
const char *folder_path(void);

/* Writes a file with a path that begins in the folder; folders on the way to it are made. */
void folder_write(const char *name, const void *data, size_t size);

/* Removes everything in it. */
void folder_clear(void);

#endif
