/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_FILE_H
#define SERVER_BASE_FILE_H

/* All that the broker asks of the file system. Statuses: KW_ERR_NO_FILE; KW_ERR_FILE, errno says why; those of an
 * arena. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/status.h>
#include <kwire/storage/file.h>
#include <kwire/storage/names.h>
#include <kwire/view.h>

/* ---- paths ---- */

/* kw_file_path() and kw_segment_path(), with KW_ERR_FILE and errno ENAMETOOLONG for what is too long. */
kw_status path_join(char path[KW_PATH_SIZE], const char *folder, kw_string name);
kw_status path_of_segment(char path[KW_PATH_SIZE], const char *folder, kw_segment_file file, int64_t offset);

/* Whether a file was not read because memory or descriptors were short. That says nothing about the file, so it is no
 * problem to be worked around: who opens something then gets the error, and may come again. Reads errno where the
 * status is KW_ERR_FILE. */
bool is_shortage(kw_status status);

/* ---- mappings ---- */

/* A mapped file, as long as it was when it was opened: what is appended later is not seen. It needs no descriptor.
 *
 * Should another process truncate the file while it is mapped, touching what is gone raises SIGBUS. */
struct file_map {
    const uint8_t *data; /* never NULL once open, also if size is 0 */
    size_t size;
    bool is_open;
};

/* One that is not open. */
#define FILE_MAP_NONE  \
    {                  \
        NULL, 0, false \
    }

/* On an error it is as FILE_MAP_NONE. A folder or device is EINVAL, a file larger than the address space EFBIG. */
kw_status file_map_open(struct file_map *file, const char *path);

/* Does nothing to one that is not open. */
void file_map_close(struct file_map *file);

/* Whether bytes can be read without waiting for the disk, at least now. */
bool file_map_is_resident(const struct file_map *file, size_t from, size_t to);

/* ---- small files ---- */

/* Copies a whole file of at most `limit` bytes to the arena; EFBIG: above the limit. */
kw_status file_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out);

/* The first bytes of what may also be a pipe, at most `limit`, to be freed. NULL: errno says why. */
char *file_read(const char *path, size_t limit, size_t *size);

/* Writes a file so that it is there whole or not at all, also after a loss of power. False: errno says why. */
bool file_replace(const char *folder, const char *name, kw_string text);

bool file_exists(const char *path);

/* When it was written to last; -1: not known. */
int64_t file_modified_ms(const char *path);

enum file_lock_outcome { FILE_LOCKED, FILE_LOCK_TAKEN, FILE_LOCK_FAILED };

/* Locks a file of the folder for as long as the process runs, and creates it if it is missing. FAILED: errno says why.
 */
enum file_lock_outcome file_lock(const char *folder, const char *name);

/* ---- folders ---- */

struct folder_names {
    kw_string *items; /* sorted by their bytes; each has a zero byte behind it */
    size_t len;
};

/* What is in a folder, "." and ".." left out, copied to the arena. */
kw_status folder_list(const char *path, kw_arena *arena, struct folder_names *out);

/* Whether the path is that of a folder. */
bool folder_exists(const char *path);

/* With all that lead to it. False: errno says why. */
bool folder_create(const char *path);

#endif
