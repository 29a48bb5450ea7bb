/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_layer.h"
#include "growth.h"

/* Of the names in one folder that is removed. */
enum { LARGEST_FOLDER = 256 * 1024 * 1024 };

static const struct file_layer *layer = &file_layer_system;

void file_layer_use(const struct file_layer *chosen)
{
    layer = chosen;
}

const struct file_layer *file_layer_in_use(void)
{
    return layer;
}

bool is_shortage(kw_status status)
{
    if (status == KW_ERR_FILE)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
}

bool is_full(kw_status status)
{
#ifdef EDQUOT
    if (status == KW_ERR_FILE && errno == EDQUOT)
        return true;
#endif
    return status == KW_ERR_FILE && errno == ENOSPC;
}

bool is_disk_failure(kw_status status)
{
    if (status != KW_ERR_FILE)
        return status == KW_ERR_NO_FILE;
    bool is_of_name = errno == EEXIST || errno == ENAMETOOLONG || errno == EINVAL;
    return !is_of_name && !is_full(status) && !is_shortage(status);
}

/* ---- paths ---- */

static kw_status check_path(kw_status status)
{
    if (status == KW_OK)
        return KW_OK;
    errno = ENAMETOOLONG;
    return KW_ERR_FILE;
}

kw_status path_join(char path[KW_PATH_SIZE], const char *folder, kw_string name)
{
    return check_path(kw_file_path(path, KW_PATH_SIZE, folder, name));
}

kw_status path_of_segment(char path[KW_PATH_SIZE], const char *folder, kw_segment_file file, int64_t offset)
{
    return check_path(kw_segment_path(path, KW_PATH_SIZE, folder, kw_segment_name_of(file, offset)));
}

kw_status path_of_segment_file(char path[KW_PATH_SIZE], const char *folder, kw_segment_file file, int64_t offset,
                               kw_file_state state)
{
    kw_segment_name name = kw_segment_name_of(file, offset);
    name.state = state;
    return check_path(kw_segment_path(path, KW_PATH_SIZE, folder, name));
}

kw_status path_absolute(char absolute[KW_PATH_SIZE], const char *path)
{
    if (path[0] == '/') {
        size_t size = strlen(path) + 1;
        if (size > KW_PATH_SIZE)
            return check_path(KW_ERR_LENGTH);
        memcpy(absolute, path, size);
        return KW_OK;
    }
    char *folder = getcwd(NULL, 0);
    if (folder == NULL)
        return KW_ERR_FILE;
    kw_status status = path_join(absolute, folder, kw_string_of(path));
    free(folder);
    return status;
}

/* ---- files that are written ---- */

kw_status file_open(struct file *file, const char *path, unsigned how)
{
    const struct file none = FILE_NONE;
    *file = none;
    return layer->open(file, path, how);
}

kw_status file_close(struct file *file)
{
    const struct file none = FILE_NONE;
    kw_status status = file_is_open(file) ? layer->close(file) : KW_OK;
    *file = none;
    return status;
}

bool file_is_open(const struct file *file)
{
    return file->handle != -1;
}

kw_status file_write(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    return layer->write(file, position, parts, count);
}

kw_status file_read_at(struct file *file, size_t position, void *to, size_t size)
{
    return layer->read(file, position, to, size);
}

bool file_can_read(void)
{
    return layer->read != NULL;
}

void file_write_back(struct file *file, size_t position, size_t size)
{
    if (layer->write_back != NULL)
        layer->write_back(file, position, size);
}

kw_status file_truncate(struct file *file, size_t size)
{
    return layer->truncate(file, size);
}

kw_status file_size(struct file *file, size_t *size)
{
    return layer->size(file, size);
}

kw_status file_preallocate(struct file *file, size_t size)
{
    return layer->is_sparse ? layer->truncate(file, size) : KW_OK;
}

/* What could not be written because memory was short is lost as after any other error, so it is no shortage after which
 * it could be tried again. */
kw_status file_sync(struct file *file)
{
    kw_status status = layer->sync(file);
    if (is_shortage(status))
        errno = EIO;
    return status;
}

kw_status file_sync_path(const char *path)
{
    struct file file;
    kw_status status = file_open(&file, path, 0);
    if (status != KW_OK)
        return status;
    status = file_sync(&file);
    int error = errno;
    kw_status closed = file_close(&file);
    if (status == KW_OK)
        return closed;
    errno = error;
    return status;
}

kw_status file_rename(const char *from, const char *to)
{
    return layer->rename(from, to);
}

kw_status file_remove(const char *path)
{
    return layer->remove(path);
}

kw_status file_look(const char *path, struct file_facts *out)
{
    return layer->look(path, out);
}

bool file_exists(const char *path)
{
    struct file_facts facts;
    return file_look(path, &facts) == KW_OK;
}

int64_t file_modified_ms(const char *path)
{
    struct file_facts facts;
    return file_look(path, &facts) == KW_OK ? facts.modified_ms : -1;
}

kw_status file_set_modified(const char *path, int64_t modified_ms)
{
    return layer->set_modified(path, modified_ms);
}

/* ---- mappings ---- */

kw_status file_map_open(struct file_map *file, const char *path)
{
    return file_map_open_growing(file, path, 0);
}

kw_status file_map_open_growing(struct file_map *file, const char *path, size_t capacity)
{
    const struct file_map none = FILE_MAP_NONE;
    *file = none;
    return layer->map(file, path, capacity);
}

void file_map_close(struct file_map *file)
{
    const struct file_map none = FILE_MAP_NONE;
    if (file->is_open)
        layer->unmap(file);
    *file = none;
}

bool file_map_is_resident(const struct file_map *file, size_t from, size_t to)
{
    if (!file->is_open)
        return true;
    if (to > file->capacity)
        to = file->capacity;
    return from >= to || layer->is_resident(file, from, to);
}

/* ---- small files ---- */

kw_status file_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    return layer->load(path, limit, arena, out);
}

static bool write_and_sync(const char *path, kw_string text)
{
    struct file file;
    const kw_span part = {text.data, text.len > 0 ? (size_t)text.len : 0};
    if (file_open(&file, path, FILE_CREATE | FILE_TRUNCATE) != KW_OK)
        return false;
    bool synced = file_write(&file, 0, &part, 1) == KW_OK && file_sync(&file) == KW_OK;
    int error = errno;
    bool closed = file_close(&file) == KW_OK;
    if (!synced)
        errno = error;
    return synced && closed;
}

bool file_replace(const char *folder, const char *name, kw_string text)
{
    char path[KW_PATH_SIZE], unfinished[sizeof path + sizeof ".tmp"];
    if (path_join(path, folder, kw_string_of(name)) != KW_OK)
        return false;
    (void)snprintf(unfinished, sizeof unfinished, "%s.tmp", path);
    return write_and_sync(unfinished, text) && file_rename(unfinished, path) == KW_OK && folder_sync(folder) == KW_OK;
}

enum file_lock_outcome file_lock(const char *folder, const char *name)
{
    char path[KW_PATH_SIZE];
    return path_join(path, folder, kw_string_of(name)) == KW_OK ? layer->lock(folder, path) : FILE_LOCK_FAILED;
}

/* ---- folders ---- */

kw_status folder_make(const char *path)
{
    return layer->create_folder(path);
}

bool folder_create(const char *path)
{
    char part[KW_PATH_SIZE];
    size_t size = strlen(path);
    if (size >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        kw_status status = layer->create_folder(part);
        if (status != KW_OK && errno != EEXIST)
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return kw_string_compare(*(const kw_string *)a, *(const kw_string *)b);
}

kw_status folder_names_add(struct folder_names *names, size_t *capacity, kw_string name, kw_arena *arena)
{
    void *items = arena_grow(arena, names->items, names->len, capacity, sizeof *names->items);
    if (items == NULL)
        return kw_arena_status(arena);
    names->items = items;
    kw_string copy = arena_copy_string(arena, name);
    if (copy.data == NULL)
        return kw_arena_status(arena);
    names->items[names->len++] = copy;
    return KW_OK;
}

kw_status folder_list(const char *path, kw_arena *arena, struct folder_names *out)
{
    out->items = NULL;
    out->len = 0;
    kw_status status = layer->list(path, arena, out);
    if (out->len > 1)
        qsort(out->items, out->len, sizeof *out->items, compare_names);
    return status;
}

bool folder_exists(const char *path)
{
    struct file_facts facts;
    return file_look(path, &facts) == KW_OK && facts.is_folder;
}

kw_status folder_sync(const char *path)
{
    return layer->sync_folder(path);
}

kw_status folder_space(const char *path, uint64_t *total, uint64_t *usable)
{
    return layer->space(path, total, usable);
}

/* Removes what is in the folder, as far as it is no folder itself. The first one that is is appended to the path. */
static kw_status remove_files(char path[KW_PATH_SIZE], kw_arena *arena, bool *descended)
{
    struct folder_names names;
    size_t length = strlen(path);
    *descended = false;
    kw_arena_reset(arena);
    kw_status status = folder_list(path, arena, &names);
    for (size_t i = 0; status == KW_OK && i < names.len && !*descended; i++) {
        char below[KW_PATH_SIZE];
        status = path_join(below, path, names.items[i]);
        if (status == KW_OK)
            status = file_remove(below);
        *descended = status == KW_ERR_FILE && (errno == EISDIR || errno == EPERM) && folder_exists(below);
        if (*descended)
            memcpy(path + length, below + length, strlen(below) - length + 1);
        if (*descended || status == KW_ERR_NO_FILE)
            status = KW_OK;
    }
    return status;
}

/* Without recursion, as threads have small stacks and folders may be deep. */
kw_status folder_remove(const char *path)
{
    char at[KW_PATH_SIZE];
    kw_arena arena;
    bool descended;
    size_t top = strlen(path);
    kw_status status;
    if (top >= sizeof at)
        return check_path(KW_ERR_SPACE);
    memcpy(at, path, top + 1);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LARGEST_FOLDER);
    for (;;) {
        status = remove_files(at, &arena, &descended);
        if (status == KW_OK && descended)
            continue;
        if (status == KW_OK)
            status = layer->remove_folder(at);
        if (status != KW_OK || strlen(at) == top)
            break;
        *strrchr(at, '/') = '\0';
    }
    int error = errno;
    kw_arena_finish(&arena);
    errno = error;
    return status;
}
