/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

/* The files of a target for the broker: those in memory of base/file_memory.h, in one folder. */

#include <stddef.h>

#include <kwire/arena.h>
#include <kwire/view.h>

/* The path of the folder, which is made by the first call; always the same one. */
const char *folder_path(void);

/* Writes a file with a path relative to the folder; missing folders are made. */
void folder_write(const char *name, const void *data, size_t size);

/* A copy in the arena of a whole file of it; null: there is none. */
kw_bytes folder_read(const char *name, kw_arena *arena);

/* Removes everything in it; nothing may be open. */
void folder_clear(void);

/* The process seems to have ended: from now on nothing changes any file, and every attempt fails. Until the next
 * call with false, before which nothing may be open. */
void folder_freeze(bool frozen);

#endif
