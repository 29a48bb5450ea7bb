/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_FILE_H
#define SERVER_BASE_FILE_H

/* All that the broker asks of the file system, by the layer that file_layer.h chooses. Statuses: KW_OK; KW_ERR_NO_FILE,
 * also where a folder of the path is missing; KW_ERR_FILE, errno says why; those of an arena. Any thread may call these
 * functions; two that change the same file or folder at once must agree among themselves. */

#include <stdatomic.h>
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
kw_status path_of_segment_file(char path[KW_PATH_SIZE], const char *folder, kw_segment_file file, int64_t offset,
                               kw_file_state state);

/* The same path from the root on; nothing in it is resolved. */
kw_status path_absolute(char absolute[KW_PATH_SIZE], const char *path);

/* Whether a file was not read because memory or descriptors were short. That says nothing about the file, so it is no
 * problem to be worked around: who opens something then gets the error, and may come again. Reads errno where the
 * status is KW_ERR_FILE. */
bool is_shortage(kw_status status);

/* Whether a write failed because the disk, or what this user may use of it, is full; reads errno likewise. Writing can
 * succeed later. */
bool is_full(kw_status status);

/* Whether a file could not be used because of the disk, and neither of these two, nor because of its name; reads errno
 * likewise. A file that is missing where it must not be is one. */
bool is_disk_failure(kw_status status);

/* ---- files that are written ---- */

/* A file that is open for reading and writing; it takes a descriptor. */
struct file {
    intptr_t handle; /* private */
};

/* One that is not open. */
#define FILE_NONE \
    {             \
        -1        \
    }

/* How a file is opened; or'ed together. Without FILE_CREATE it must exist. */
enum {
    FILE_CREATE = 1,
    FILE_EXCLUSIVE = 2, /* with FILE_CREATE: EEXIST if it exists */
    FILE_TRUNCATE = 4   /* what it contains is removed */
};

/* On an error it is as FILE_NONE. A folder is EISDIR. */
kw_status file_open(struct file *file, const char *path, unsigned how);

/* Closes it, whatever the status; does nothing to one that is not open. It is not synced. */
kw_status file_close(struct file *file);
bool file_is_open(const struct file *file);

/* Writes all parts, one after the other, at a position; a gap before it reads as zeros. On an error some of the bytes
 * may have been written. */
kw_status file_write(struct file *file, size_t position, const kw_span *parts, size_t count);

/* Reads bytes that the file has; EIO: it ends before. For much data that is read once: a mapping costs more, as each of
 * its pages is put into it and taken out again. False: this layer has mappings only. */
kw_status file_read_at(struct file *file, size_t position, void *to, size_t size);
bool file_can_read(void);

/* Has the disk start with what was written there, so that less is left for file_sync(), without which nothing is sure.
 */
void file_write_back(struct file *file, size_t position, size_t size);

/* Makes the file shorter, or longer by zeros. */
kw_status file_truncate(struct file *file, size_t size);
kw_status file_size(struct file *file, size_t *size);

/* Gives the file the size that it will have, by zeros, where that takes no space before it is written. */
kw_status file_preallocate(struct file *file, size_t size);

/* Returns once the disk has what was written, by anybody, and the size. After an error nobody knows what the disk has,
 * and a later success does not change that: the descriptor must not be used to sync again. The name of a new file is
 * on the disk after folder_sync(). */
kw_status file_sync(struct file *file);

/* The same of a file that is not open. KW_ERR_NO_FILE. */
kw_status file_sync_path(const char *path);

/* Replaces what has the other name. On the disk after folder_sync() of both folders. Of folders as well. */
kw_status file_rename(const char *from, const char *to);

/* Removes a file. What is mapped or open stays usable until it is closed. */
kw_status file_remove(const char *path);

struct file_facts {
    bool is_folder;
    size_t size;         /* of a file */
    int64_t modified_ms; /* when it was written to last, in milliseconds since 1970 */
    uint64_t device;     /* with `number`: which file it is, whatever its path */
    uint64_t number;
};

kw_status file_look(const char *path, struct file_facts *out);

bool file_exists(const char *path);

/* When it was written to last; -1: not known. */
int64_t file_modified_ms(const char *path);

/* Makes it as if the file had been written to last at that time. */
kw_status file_set_modified(const char *path, int64_t modified_ms);

/* ---- mappings ---- */

/* A mapped file. It needs no descriptor, and stays as it is when the file gets another name or is removed.
 *
 * Touching a page that the disk cannot read, or that somebody else has truncated away, raises SIGBUS, which ends the
 * process but for what is between file_reading_start() and file_reading_end(). */
struct file_map {
    const uint8_t *data; /* never NULL once open, also if size is 0 */
    size_t size;         /* that the file had when it was opened */
    size_t capacity;     /* of the mapping; only file_map_open_growing() makes it larger than the file */
    void *content;       /* private */
    bool is_open;
    atomic_bool *has_failed; /* private: a page could not be read, and has zeros instead; NULL: that cannot happen */
};

/* One that is not open. */
#define FILE_MAP_NONE                 \
    {                                 \
        NULL, 0, 0, NULL, false, NULL \
    }

/* Maps what the file contains now. On an error it is as FILE_MAP_NONE. A folder or device is EINVAL, a file larger than
 * the address space EFBIG. */
kw_status file_map_open(struct file_map *file, const char *path);

/* Maps `capacity` bytes, or the whole file if that is more, so that what is appended later can be read at the same
 * addresses. Touching bytes at or above what the file contains raises SIGBUS: the caller knows, from whoever writes the
 * file, how far it may read. */
kw_status file_map_open_growing(struct file_map *file, const char *path, size_t capacity);

/* Does nothing to one that is not open. */
void file_map_close(struct file_map *file);

/* Whether bytes can be read without waiting for the disk, at least now. */
bool file_map_is_resident(const struct file_map *file, size_t from, size_t to);

enum { FILE_READING_MAPS = 4 };

/* What one thread does with mappings of which a page may be unreadable. Private fields. */
struct file_reading {
    struct file_map maps[FILE_READING_MAPS];
    size_t count;
    struct file_reading *outer; /* of the thread; they end in the opposite order */
};

/* From now on until file_reading_end(), pages of these mappings that cannot be read are zeros for this thread. Those
 * that are not open are left out. The mappings must stay open until then. */
void file_reading_start(struct file_reading *reading, const struct file_map *const *maps, size_t count);

/* The same for one mapping. */
void file_map_reading_start(struct file_reading *reading, const struct file_map *map);

/* KW_OK; KW_ERR_FILE and errno EIO: one of the mappings has such a page, found by this thread or another one. Nothing
 * that was read since the start can be relied on then, and the mapping is to be closed. Keeps errno otherwise. */
kw_status file_reading_end(struct file_reading *reading);

/* Whether a page of it could not be read, so far. */
bool file_map_has_failed(const struct file_map *file);

/* Reads bytes from the disk that are not in memory. To be called while the mapping is read, see above. */
void file_map_load(const struct file_map *file, size_t from, size_t to);

/* ---- small files ---- */

/* Copies a whole file of at most `limit` bytes to the arena; EFBIG: above the limit. */
kw_status file_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out);

/* The first bytes of what may also be a pipe, at most `limit`, to be freed. NULL: errno says why. Always of the system,
 * whichever layer is in use. */
char *file_read(const char *path, size_t limit, size_t *size);

/* Writes a file so that it is there whole or not at all, also after a loss of power, by way of <name>.tmp. False: errno
 * says why. */
bool file_replace(const char *folder, const char *name, kw_string text);

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

/* One that does not exist yet; EEXIST. */
kw_status folder_make(const char *path);

/* With all that lead to it. False: errno says why. */
bool folder_create(const char *path);

/* Returns once the disk has the names in the folder. */
kw_status folder_sync(const char *path);

/* Removes a folder with all that is in it. Links are removed and not followed. On an error some of it may be gone. */
kw_status folder_remove(const char *path);

/* Bytes of the file system that the folder is on; those that this user can still write. */
kw_status folder_space(const char *path, uint64_t *total, uint64_t *usable);

#endif
