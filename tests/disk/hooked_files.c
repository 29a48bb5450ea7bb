/* SPDX-License-Identifier: Apache-2.0 */
#include "hooked_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_memory.h"
#include "base/file_reading.h"

enum { MOST_PARTS = 64 };

static const struct file_layer *const below = &file_layer_memory;
static const struct file_hooks *hooks;
static bool is_hooked;

/* An open file is the handle of what the broker knows. */
struct opened {
    struct file file;
    int32_t number;
    char path[];
};

static struct opened *opened_of(const struct file *file)
{
    return (struct opened *)file->handle;
}

static struct file_call call_of(unsigned kind, const char *path)
{
    return (struct file_call){.kind = kind, .path = path, .number = NO_NUMBER, .replaced = NO_NUMBER};
}

static struct file_call call_with(unsigned kind, const struct file *file)
{
    struct opened *opened = opened_of(file);
    struct file_call call = call_of(kind, opened->path);
    call.file = &opened->file;
    call.number = opened->number;
    return call;
}

static bool may(struct file_call *call)
{
    return !is_hooked || hooks->before(call);
}

static bool may_only(unsigned kind, const char *path)
{
    struct file_call call = call_of(kind, path);
    return may(&call);
}

static kw_status failure(void)
{
    return errno == ENOENT ? KW_ERR_NO_FILE : KW_ERR_FILE;
}

static kw_status end(const struct file_call *call, kw_status status)
{
    if (status == KW_OK && is_hooked)
        hooks->after(call);
    return status;
}

/* The same of a call whose path stays that of the file. */
static kw_status end_of_path(struct file_call *call, kw_status status)
{
    if (status == KW_OK)
        call->number = number_of(call->path);
    return end(call, status);
}

/* A call that succeeds leaves errno as it is. */
static bool is_there(const char *path)
{
    struct file_facts facts;
    int error = errno;
    bool exists = below->look(path, &facts) == KW_OK;
    errno = error;
    return exists;
}

/* ---- open files ---- */

static kw_status open_file(struct file *file, const char *path, unsigned how)
{
    struct file_call call = call_of((how & (FILE_CREATE | FILE_TRUNCATE)) != 0 ? CALL_CREATE : CALL_OPEN, path);
    call.makes = (how & FILE_CREATE) != 0 && !is_there(path);
    call.empties = (how & FILE_TRUNCATE) != 0;
    if (!may(&call))
        return failure();
    size_t size = strlen(path) + 1;
    struct opened *opened = malloc(sizeof *opened + size);
    if (opened == NULL)
        abort();
    opened->file = (struct file)FILE_NONE;
    memcpy(opened->path, path, size);
    kw_status status = below->open(&opened->file, path, how);
    if (status != KW_OK) {
        free(opened);
        return status;
    }
    opened->number = call.number = number_of(path);
    call.file = &opened->file;
    file->handle = (intptr_t)opened;
    return end(&call, status);
}

/* Whatever the hook says, it is closed. */
static kw_status close_file(struct file *file)
{
    struct file_call call = call_with(CALL_CLOSE, file);
    bool fails = !may(&call);
    int error = errno;
    kw_status status = below->close(call.file);
    free(opened_of(file));
    errno = error;
    return fails ? KW_ERR_FILE : status;
}

static void write_some(struct file_call *call)
{
    kw_span some[MOST_PARTS];
    size_t used = 0;
    if (call->size > call->some)
        call->size = call->some;
    for (size_t rest = call->size; used < call->count && used < MOST_PARTS && rest != 0; used++) {
        some[used] = call->parts[used];
        if (some[used].size > rest)
            some[used].size = rest;
        rest -= some[used].size;
    }
    call->parts = some;
    call->count = used;
    if (used != 0)
        (void)end(call, below->write(call->file, call->position, some, used));
}

static kw_status write_file(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    struct file_call call = call_with(CALL_WRITE, file);
    call.position = position;
    call.parts = parts;
    call.count = count;
    for (size_t i = 0; i < count; i++)
        call.size += parts[i].size;
    if (may(&call))
        return end(&call, below->write(call.file, position, parts, count));
    int error = errno;
    write_some(&call);
    errno = error;
    return KW_ERR_FILE;
}

static kw_status truncate_file(struct file *file, size_t size)
{
    struct file_call call = call_with(CALL_TRUNCATE, file);
    call.size = size;
    return may(&call) ? end(&call, below->truncate(call.file, size)) : failure();
}

static kw_status size_of(struct file *file, size_t *size)
{
    struct file_call call = call_with(CALL_SIZE, file);
    return may(&call) ? below->size(call.file, size) : failure();
}

static kw_status sync_file(struct file *file)
{
    struct file_call call = call_with(CALL_SYNC, file);
    return may(&call) ? end(&call, below->sync(call.file)) : failure();
}

/* ---- names ---- */

static kw_status rename_path(const char *from, const char *to)
{
    struct file_call call = call_of(CALL_RENAME, from);
    call.to = to;
    if (!may(&call))
        return failure();
    call.number = number_of(from);
    int32_t replaced = number_of(to);
    call.replaced = replaced != call.number ? replaced : NO_NUMBER;
    kw_status status = below->rename(from, to);
    if (status == KW_OK)
        number_forget(call.replaced);
    return end(&call, status);
}

static kw_status remove_path(const char *path, bool is_folder)
{
    struct file_call call = call_of(CALL_REMOVE, path);
    call.is_folder = is_folder;
    if (!may(&call))
        return failure();
    call.number = number_of(path);
    kw_status status = is_folder ? below->remove_folder(path) : below->remove(path);
    if (status == KW_OK)
        number_forget(call.number);
    return end(&call, status);
}

static kw_status remove_file(const char *path)
{
    return remove_path(path, false);
}

static kw_status remove_folder(const char *path)
{
    return remove_path(path, true);
}

static kw_status create_folder(const char *path)
{
    struct file_call call = call_of(CALL_MAKE_FOLDER, path);
    return may(&call) ? end_of_path(&call, below->create_folder(path)) : failure();
}

static kw_status sync_folder(const char *path)
{
    struct file_call call = call_of(CALL_SYNC, path);
    call.is_folder = true;
    return may(&call) ? end_of_path(&call, below->sync_folder(path)) : failure();
}

static kw_status set_modified(const char *path, int64_t modified_ms)
{
    struct file_call call = call_of(CALL_TOUCH, path);
    call.modified_ms = modified_ms;
    return may(&call) ? end_of_path(&call, below->set_modified(path, modified_ms)) : failure();
}

static enum file_lock_outcome lock_file(const char *folder, const char *path)
{
    struct file_call call = call_of(CALL_LOCK, path);
    call.makes = !is_there(path);
    enum file_lock_outcome outcome = may(&call) ? below->lock(folder, path) : FILE_LOCK_FAILED;
    (void)end_of_path(&call, outcome == FILE_LOCKED ? KW_OK : KW_ERR_FILE);
    return outcome;
}

/* ---- what only reads ---- */

static kw_status look(const char *path, struct file_facts *out)
{
    return may_only(CALL_LOOK, path) ? below->look(path, out) : failure();
}

/* As who reads it sees it: zeros, and an error in the end. */
static void make_unreadable(struct file_map *file)
{
    file->has_failed = file_reading_flag();
    file->data = calloc(1, file->capacity);
    if (file->has_failed == NULL || file->data == NULL)
        abort();
    atomic_store(file->has_failed, true);
}

static kw_status map_file(struct file_map *file, const char *path, size_t capacity)
{
    if (!may_only(CALL_MAP, path))
        return failure();
    kw_status status = below->map(file, path, capacity);
    if (status == KW_OK && file->size != 0 && !may_only(CALL_PAGES, path))
        make_unreadable(file);
    return status;
}

static void unmap_file(struct file_map *file)
{
    if (file->has_failed != NULL)
        free((void *)(uintptr_t)file->data);
    free(file->has_failed);
    below->unmap(file);
}

static kw_status load_file(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    return may_only(CALL_LOAD, path) ? below->load(path, limit, arena, out) : failure();
}

static kw_status list_folder(const char *path, kw_arena *arena, struct folder_names *out)
{
    return may_only(CALL_LIST, path) ? below->list(path, arena, out) : failure();
}

static kw_status space(const char *path, uint64_t *total, uint64_t *usable)
{
    return may_only(CALL_SPACE, path) ? below->space(path, total, usable) : failure();
}

/* ---- all files ---- */

void hooked_files_start(size_t capacity, const struct file_hooks *of)
{
    static struct file_layer layer;
    layer = *below;
    layer.open = open_file;
    layer.close = close_file;
    layer.write = write_file;
    layer.truncate = truncate_file;
    layer.size = size_of;
    layer.sync = sync_file;
    layer.rename = rename_path;
    layer.remove = remove_file;
    layer.look = look;
    layer.set_modified = set_modified;
    layer.map = map_file;
    layer.unmap = unmap_file;
    layer.load = load_file;
    layer.lock = lock_file;
    layer.list = list_folder;
    layer.create_folder = create_folder;
    layer.remove_folder = remove_folder;
    layer.sync_folder = sync_folder;
    layer.space = space;
    layer.is_sparse = of->is_sparse;
    hooks = of;
    is_hooked = true;
    if (!file_memory_start(capacity))
        abort();
    file_layer_use(&layer);
}

void hooked_files_stop(void)
{
    file_layer_use(&file_layer_system);
    file_memory_stop();
    numbers_stop();
}

void hooked_files_hook(bool calls)
{
    is_hooked = calls;
}
