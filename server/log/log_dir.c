/* SPDX-License-Identifier: Apache-2.0 */
#include "log_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/storage/clean_shutdown.h>

#include "../observe/console.h"

enum { CLEAN_LIMIT = 4096 };

struct log_dir *log_dir_create(const char *path)
{
    size_t size = strlen(path) + 1;
    struct log_dir *dir = calloc(1, sizeof *dir);
    char *copy = malloc(size);
    if (dir == NULL || copy == NULL) {
        free(copy);
        free(dir);
        return NULL;
    }
    memcpy(copy, path, size);
    dir->path = copy;
    dir->clean_epoch = -1;
    disk_pace_init(&dir->pace, &disk_watch_system);
    atomic_init(&dir->is_offline, false);
    atomic_init(&dir->is_unclean, false);
    atomic_init(&dir->log_count, 0);
    return dir;
}

void log_dir_destroy(struct log_dir *dir)
{
    if (dir != NULL)
        free(dir->path);
    free(dir);
}

bool log_dir_fail(struct log_dir *dir)
{
    if (dir == NULL || dir->has_metadata)
        return false;
    if (atomic_exchange(&dir->is_offline, true))
        return true;
    console_line("%s: this log directory is offline, with all its partitions, until the next start", dir->path);
    if (dir->listener != NULL)
        dir->listener->failed(dir->listener->context, dir);
    return true;
}

bool log_dir_fail_with(struct log_dir *dir, kw_status status)
{
    int error = errno;
    if (!is_disk_failure(status))
        return false;
    bool offline = log_dir_fail(dir);
    errno = error;
    return offline;
}

enum file_lock_outcome log_dir_lock(const char *path)
{
    if (!folder_create(path) || !file_exists(path)) {
        complain("%s: %s", path, strerror(errno));
        return FILE_LOCK_FAILED;
    }
    if (!folder_exists(path)) {
        complain("%s: not a directory", path);
        return FILE_LOCK_FAILED;
    }
    enum file_lock_outcome outcome = file_lock(path, ".lock");
    if (outcome == FILE_LOCK_TAKEN)
        complain("%s: another broker uses this directory: stop it, or choose another directory", path);
    else if (outcome != FILE_LOCKED)
        complain("%s/.lock: %s", path, strerror(errno));
    return outcome;
}

/* The file counts if it exists, whatever is in it: before 3.7 it was empty. */
kw_status log_dir_read_clean(struct log_dir *dir)
{
    char path[KW_PATH_SIZE];
    kw_arena arena;
    kw_bytes text;
    size_t at;
    kw_status status = path_join(path, dir->path, kw_string_of(KW_CLEAN_SHUTDOWN_NAME));
    dir->was_clean = status == KW_OK && file_exists(path);
    dir->clean_epoch = -1;
    if (!dir->was_clean)
        return KW_OK;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), CLEAN_LIMIT);
    status = file_load(path, CLEAN_LIMIT / 2, &arena, &text);
    if (status == KW_OK)
        (void)!kw_clean_shutdown_parse(&dir->clean_epoch, kw_string_of_bytes(text), &at);
    int error = errno;
    kw_arena_finish(&arena);
    errno = error;
    return is_shortage(status) ? status : KW_OK;
}

bool log_dir_remove_clean(struct log_dir *dir)
{
    char path[KW_PATH_SIZE];
    if (path_join(path, dir->path, kw_string_of(KW_CLEAN_SHUTDOWN_NAME)) != KW_OK)
        return false;
    kw_status status = file_remove(path);
    return status == KW_ERR_NO_FILE || (status == KW_OK && folder_sync(dir->path) == KW_OK);
}

bool log_dir_write_clean(struct log_dir *dir, int64_t broker_epoch)
{
    char text[64];
    kw_writer w;
    kw_writer_init(&w, text, sizeof text);
    if (kw_clean_shutdown_write(&w, broker_epoch) != KW_OK) {
        errno = EINVAL;
        return false;
    }
    const kw_string written = {text, (int32_t)kw_writer_data(&w).size};
    return file_replace(dir->path, KW_CLEAN_SHUTDOWN_NAME, written);
}
