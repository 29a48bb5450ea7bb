/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_FILE_MEMORY_H
#define SERVER_BASE_FILE_MEMORY_H

/* Files in memory, with the folders, names, mappings and errors that the system's have; paths from the root and those
 * from the current folder are the same. They last as long as the process, or until file_memory_stop(). */

#include <stdbool.h>
#include <stddef.h>

#include "file_layer.h"

/* To be used between start and stop. What would write more than the limit fails with ENOSPC. */
extern const struct file_layer file_layer_memory;

/* No files yet, and at most `limit` bytes in all of them later. False: there is no memory. */
bool file_memory_start(size_t limit);

/* Frees all files; none may be open or mapped. */
void file_memory_stop(void);

/* Bytes in all files, also those that have been removed and are still open or mapped. */
size_t file_memory_used(void);

#endif
